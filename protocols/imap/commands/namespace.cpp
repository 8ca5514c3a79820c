// NAMESPACE. RFC 2342.
// One personal namespace without a prefix (clients doubled "INBOX.", CLIENTS.md 9), and one for mailboxes of other
// users that they share by ACL (RFC 4314): "Other Users/bob@hamburger.edu/Projects". There are no mailboxes of nobody.
#include "protocols/imap/session/session.h"
#include "storage/names.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Namespace /*command*/) {
    say().namespaces(std::string(storage::other_users) + wire::hierarchy_separator);
    answer_ok("That is all");
    co_return;
}

}  // namespace imap
