// The result of trying to move octets without waiting.
#pragma once

namespace net {

enum class Io {
    done,
    want_read,
    want_write,
    want_turn,  // much was moved and there may be more: let other connections run first
    gone,
};

}  // namespace net
