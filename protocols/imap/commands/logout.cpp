// LOGOUT. RFC 3501 §6.1.3.
// Nothing is expunged by it.
// The loop ends after the answer.
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Logout /*command*/) {
    unselect();
    end("logout", "Goodbye");
    answer_ok("Logged out");
    co_return;
}

}  // namespace imap
