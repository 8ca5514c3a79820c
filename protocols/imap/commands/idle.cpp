// IDLE. RFC 2177.
// Only begins it: waiting, telling and DONE are the loop's (session.cpp), so that an idle session is a shallow one.
// Allowed without a mailbox too: then nothing is told.
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Idle /*command*/) {
    idle_tag_ = tag_;
    say().continuation("idling");
    co_return;
}

}  // namespace imap
