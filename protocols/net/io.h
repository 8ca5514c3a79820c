// What came of trying to move octets without waiting.
#pragma once

namespace net {

enum class Io { done, want_read, want_write, gone };

}  // namespace net
