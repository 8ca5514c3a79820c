// UNSELECT: leave the mailbox as it is. RFC 3691.
// Nothing is expunged.
// CLOSE is its sibling that expunges.
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Unselect /*command*/) {
    unselect();
    answer_ok("Unselected");
    co_return;
}

}  // namespace imap
