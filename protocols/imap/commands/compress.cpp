// COMPRESS. RFC 4978.
// Answered in plain text, and from then on everything is deflated, both ways; the stream does it.
// What was pipelined behind the command, which clients must not do, is taken for compressed.
#include <utility>

#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Compress command) {
    if (command.mechanism != "DEFLATE") {
        answer_bad("DEFLATE is the only mechanism here");
        co_return;
    }
    if (stream_.is_deflating()) {
        answer(wire::Condition::bad, "DEFLATE is active already", "COMPRESSIONACTIVE");
        co_return;
    }
    tells_changes_ = false;  // nothing may come between the answer and the first compressed octet
    answer_ok("DEFLATE is active");
    stream_.write(std::exchange(reply_, {}));
    co_await stream_.flush();
    stream_.start_deflate();
}

}  // namespace imap
