// CHECK. RFC 3501 §6.4.1.
// Every answer is given after its commit, so there is nothing left to do.
// What has changed is told as after every command.
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Check /*command*/) {
    answer_ok("All is in order");
    co_return;
}

}  // namespace imap
