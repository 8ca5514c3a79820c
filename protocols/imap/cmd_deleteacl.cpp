// DELETEACL. RFC 4314 §3.2.
// The entry of this identifier goes, its negative stays, and the other way round.
// An owner has all rights again then.
#include "protocols/imap/acl.h"
#include "protocols/imap/session.h"

namespace imap {

using storage::Result;

asio::awaitable<void> Session::run(wire::DeleteAcl command) {
    std::optional<std::string> identifier = prepare_identifier(command.identifier);
    if (!identifier) {
        answer_bad("That is no identifier");
        co_return;
    }
    Result<AclSubject> subject =
        co_await services_.store.read(find_acl_subject(account(), std::move(command.mailbox), *identifier));
    if (!subject) {
        answer_no(subject.error());
        co_return;
    }
    const storage::MailboxId mailbox = subject->mailbox.id;
    const Result<std::monostate> done =
        co_await services_.store.write(storage::remove_rights(account(), mailbox, std::move(subject->entry)));
    if (!done) {
        answer_no(done.error());
        co_return;
    }
    log_.info("deleteacl", {{"mailbox", std::to_string(mailbox.value)}, {"identifier", *identifier}});
    answer_ok("Deleted");
}

}  // namespace imap
