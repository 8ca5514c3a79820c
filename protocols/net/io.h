// What came of trying to move octets without waiting.
#pragma once

namespace net {

enum class Io {
    done,
    want_read,
    want_write,
    want_turn,  // others first: much was moved, and there may be more
    gone,
};

}  // namespace net
