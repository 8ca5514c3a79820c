// Quotas: GETQUOTA, GETQUOTAROOT, SETQUOTA. RFC 9208.
#include "protocols/imap/commands/quota.h"

#include "protocols/base/text.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "storage/normal_names.h"
#include "storage/store.h"

namespace imap {

using asio::awaitable;

using storage::Result;

// GETQUOTA. RFC 9208 §4.1.1, §4.2.1; STORAGE and MESSAGE: §5.1, §5.2.
// An account with a limit is one quota root, which has the account's name and covers all of its mailboxes. Without a
// limit there is no root: QUOTA must name a resource (§7, quota-list), and Thunderbird gives the server up over one
// that does not (CLIENTS.md 28). What others use is none of a user's business (§8): their roots are answered like names
// that do not exist.

namespace {

// The unit of STORAGE. Rounded up on both sides: an account with any mail does not look empty.
std::uint64_t in_kibibytes(std::uint64_t octets) { return octets / 1024 + (octets % 1024 != 0 ? 1 : 0); }

// What QUOTA names: the resources that are limited (RFC 9208 §4.2.1). None: there is no quota root.
std::vector<wire::QuotaResource> limited_resources(const storage::Account& owner) {
    std::vector<wire::QuotaResource> resources;
    if (owner.quota_octets) {
        resources.push_back({"STORAGE", in_kibibytes(owner.used_octets), in_kibibytes(*owner.quota_octets)});
    }
    if (owner.quota_messages) resources.push_back({"MESSAGE", owner.messages, *owner.quota_messages});
    return resources;
}

}  // namespace

awaitable<void> run(Client& client, wire::GetQuota command) {
    const Result<storage::Account> owner =
        co_await client.services.store.read(storage::get_account(client.login.account()));
    if (!owner) {
        client.answers.no(owner.error());
        co_return;
    }
    const std::vector<wire::QuotaResource> resources = limited_resources(*owner);
    if (command.root != owner->name || resources.empty()) {
        client.answers.no("There is no such quota root", "NONEXISTENT");
        co_return;
    }
    client.answers.say().quota(owner->name, resources);
    client.answers.ok("That is the quota");
}

// GETQUOTAROOT. RFC 9208 §4.1.2.
// The mailbox need not exist: one that is made under this name falls under the same quota.
// What a quota root is, and when there is none, GETQUOTA says. Mailboxes of others have one that is none
// of this user's business (§8): no root is told.
awaitable<void> run(Client& client, wire::GetQuotaRoot command) {
    const Result<storage::Account> owner =
        co_await client.services.store.read(storage::get_account(client.login.account()));
    if (!owner) {
        client.answers.no(owner.error());
        co_return;
    }
    if (!base::is_utf8(command.mailbox)) {
        client.answers.no(storage::Refusal{storage::Reason::invalid_name, "This is no name of a mailbox"});
        co_return;
    }
    if (storage::is_in_other_users(command.mailbox)) {
        client.answers.say().quota_root(command.mailbox, {});
        client.answers.ok("Its quota is its owner's");
        co_return;
    }
    const std::vector<wire::QuotaResource> resources = limited_resources(*owner);
    if (resources.empty()) {
        client.answers.say().quota_root(command.mailbox, {});
        client.answers.ok("There is no limit");
        co_return;
    }
    const std::string_view root = owner->name;
    client.answers.say().quota_root(command.mailbox, std::span(&root, 1));
    client.answers.say().quota(root, resources);
    client.answers.ok("That is the quota root");
}

// SETQUOTA. RFC 9208 §4.1.3.
// Quotas are the administrator's to set, at the command line, and no administrator logs in here: always refused.
// QUOTASET is not announced, and clients that try all the same learn why.
awaitable<void> run(Client& client, wire::SetQuota /*command*/) {
    client.answers.no("Quotas are set by the administrator", "NOPERM");
    co_return;
}

}  // namespace imap
