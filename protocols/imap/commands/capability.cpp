// CAPABILITY. RFC 3501 §6.1.1.
// What is listed is derived: capabilities() in session/answers.cpp.
// May come at any time.
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Capability /*command*/) {
    say().capability(capabilities());
    answer_ok("That is what there is");
    co_return;
}

}  // namespace imap
