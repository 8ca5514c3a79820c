// SETACL. RFC 4314 §3.1.
// An owner cannot lose "l" and "a": what is taken of these is kept.
// What changes is seen at once by all sessions (§5.1.1): the store checks rights in each operation.
#include "protocols/imap/commands/acl.h"
#include "protocols/imap/session/session.h"

namespace imap {

using storage::Result;

namespace {

storage::RightsEdit edit_of(wire::SetAcl::Mode mode) {
    switch (mode) {
        case wire::SetAcl::Mode::add:
            return storage::RightsEdit::add;
        case wire::SetAcl::Mode::remove:
            return storage::RightsEdit::remove;
        case wire::SetAcl::Mode::replace:
            break;
    }
    return storage::RightsEdit::replace;
}

}  // namespace

asio::awaitable<void> Session::run(wire::SetAcl command) {
    std::optional<AclSubject> subject = co_await acl_subject(std::move(command.mailbox), command.identifier);
    if (!subject) co_return;
    const storage::MailboxId mailbox = subject->mailbox.id;
    subject->entry.rights = command.rights;
    const Result<std::monostate> done = co_await services_.store.write(storage::set_rights(
        account(), mailbox, std::move(subject->entry), edit_of(command.mode), options_.acl_entries));
    if (!done) {
        answer_no(done.error());
        co_return;
    }
    log_.info("setacl", {{"mailbox", std::to_string(mailbox.value)}, {"identifier", command.identifier}});
    answer_ok("Set");
}

}  // namespace imap
