// NAMESPACE. RFC 2342.
// One personal namespace without a prefix (clients doubled "INBOX.", CLIENTS.md 9); none of others, none shared.
// Folders of other users come with ACL.
#include "protocols/imap/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Namespace /*command*/) {
    say().personal_namespace();
    answer_ok("That is all");
    co_return;
}

}  // namespace imap
