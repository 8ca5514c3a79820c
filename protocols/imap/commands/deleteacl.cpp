// DELETEACL. RFC 4314 §3.2.
// The entry of this identifier goes, its negative stays, and the other way round.
// An owner has all rights again then.
#include "protocols/imap/commands/acl.h"
#include "protocols/imap/session/session.h"

namespace imap {

using storage::Result;

asio::awaitable<void> Session::run(wire::DeleteAcl command) {
    std::optional<AclSubject> subject = co_await acl_subject(std::move(command.mailbox), command.identifier);
    if (!subject) co_return;
    const storage::MailboxId mailbox = subject->mailbox.id;
    const Result<std::monostate> done =
        co_await services_.store.write(storage::remove_rights(account(), mailbox, std::move(subject->entry)));
    if (!done) {
        answer_no(done.error());
        co_return;
    }
    log_.info("deleteacl", {{"mailbox", std::to_string(mailbox.value)}, {"identifier", command.identifier}});
    answer_ok("Deleted");
}

}  // namespace imap
