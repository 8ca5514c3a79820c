// GETQUOTAROOT. RFC 9208 §4.1.2.
// The mailbox need not exist: one that is made under this name falls under the same quota.
// What a quota root is cmd_getquota.cpp says.
#include "protocols/imap/session.h"

namespace imap {

using storage::Result;

asio::awaitable<void> Session::run(wire::GetQuotaRoot command) {
    const Result<storage::Account> owner = co_await services_.store.read(storage::get_account(account()));
    if (!owner) {
        answer_no(owner.error());
        co_return;
    }
    const std::string_view root = owner->name;
    say().quota_root(command.mailbox, std::span(&root, 1));
    tell_quota(*owner);
    answer_ok("That is the quota root");
}

}  // namespace imap
