// LISTRIGHTS. RFC 4314 §3.4, §3.7.
// No rights are tied together. What an owner always has is "l" and "a"; others always have nothing.
// The identifier is told as the client spelt it.
#include "protocols/imap/commands/acl.h"
#include "protocols/imap/session/session.h"

namespace imap {

using storage::Result;

namespace {

storage::Query<bool> is_owner(storage::AccountId owner, storage::RightsEntry entry) {
    return [=](storage::engine::Connection& connection) -> Result<bool> {
        const Result<storage::Account> account = storage::get_account(owner)(connection);
        return account && !entry.negative && entry.identifier == account->name;
    };
}

}  // namespace

asio::awaitable<void> Session::run(wire::ListRights command) {
    const std::optional<AclSubject> subject = co_await acl_subject(std::move(command.mailbox), command.identifier);
    if (!subject) co_return;
    const Result<bool> of_owner = co_await services_.store.read(is_owner(subject->mailbox.account, subject->entry));
    const storage::Rights required = of_owner && *of_owner ? storage::right::of_owner : storage::Rights{0};
    const auto optional = static_cast<storage::Rights>(storage::right::all & ~required);
    say().list_rights(subject->mailbox.name, command.identifier, required, optional);
    answer_ok("These can be given");
}

}  // namespace imap
