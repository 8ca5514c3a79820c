// GETQUOTAROOT. RFC 9208 §4.1.2.
// The mailbox need not exist: one that is made under this name falls under the same quota.
// What a quota root is, and when there is none, commands/getquota.cpp says. Mailboxes of others have one that is none
// of this user's business (§8): no root is told.
#include "protocols/base/text.h"
#include "protocols/imap/session/session.h"
#include "storage/names.h"

namespace imap {

using storage::Result;

asio::awaitable<void> Session::run(wire::GetQuotaRoot command) {
    const Result<storage::Account> owner = co_await services_.store.read(storage::get_account(account()));
    if (!owner) {
        answer_no(owner.error());
        co_return;
    }
    if (!base::is_utf8(command.mailbox)) {
        answer_no(storage::Refusal{storage::Reason::invalid_name, "This is no name of a mailbox"});
        co_return;
    }
    if (storage::is_in_other_users(command.mailbox)) {
        say().quota_root(command.mailbox, {});
        answer_ok("Its quota is its owner's");
        co_return;
    }
    const std::vector<wire::QuotaResource> resources = limited_resources(*owner);
    if (resources.empty()) {
        say().quota_root(command.mailbox, {});
        answer_ok("There is no limit");
        co_return;
    }
    const std::string_view root = owner->name;
    say().quota_root(command.mailbox, std::span(&root, 1));
    say().quota(root, resources);
    answer_ok("That is the quota root");
}

}  // namespace imap
