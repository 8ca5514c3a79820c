// Quotas: GETQUOTA, GETQUOTAROOT, SETQUOTA. RFC 9208.
#include "protocols/imap/commands/quota.h"

#include "protocols/base/text.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "storage/normal_names.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;

using storage::Result;

// GETQUOTA. RFC 9208 §4.1.1, §4.2.1; STORAGE and MESSAGE: §5.1, §5.2.
// An account with a limit is one quota root, with the account's name, for all of its mailboxes. Without a limit there
// is no root: QUOTA must name a resource (§7, quota-list), and Thunderbird gives up on a server that does not
// (CLIENTS.md 28). Other users' quotas are private (§8): their roots are answered like names that do not exist.

namespace {

// The unit of STORAGE. Usage and limit are rounded up, so that an account with any mail does not look empty.
std::uint64_t in_kibibytes(std::uint64_t octets) { return octets / 1024 + (octets % 1024 != 0 ? 1 : 0); }

// The limited resources, for QUOTA (RFC 9208 §4.2.1). Empty: there is no quota root.
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
// The mailbox need not exist: one created under this name would have the same quota. GETQUOTA explains quota roots. For
// other users' mailboxes none is named, since their quotas are private (§8).
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
// Always refused: the administrator sets quotas on the command line, and never logs in here. QUOTASET is not announced;
// clients that try anyway learn why.
awaitable<void> run(Client& client, wire::SetQuota /*command*/) {
    client.answers.no("Quotas are set by the administrator", "NOPERM");
    co_return;
}

}  // namespace imap
