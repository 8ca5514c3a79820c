// GETQUOTA. RFC 9208 §4.1.1, §4.2.1; STORAGE and MESSAGE: §5.1, §5.2.
// An account with a limit is one quota root, which has the account's name and covers all of its mailboxes. Without a
// limit there is no root: QUOTA must name a resource (§7, quota-list), and Thunderbird gives the server up over one
// that does not (CLIENTS.md 28). What others use is none of a user's business (§8): their roots are answered like names
// that do not exist.
#include "protocols/imap/session/session.h"

namespace imap {

using storage::Result;

namespace {

// The unit of STORAGE. Rounded up on both sides: an account with any mail does not look empty.
std::uint64_t in_kibibytes(std::uint64_t octets) { return octets / 1024 + (octets % 1024 != 0 ? 1 : 0); }

}  // namespace

asio::awaitable<void> Session::run(wire::GetQuota command) {
    const Result<storage::Account> owner = co_await services_.store.read(storage::get_account(account()));
    if (!owner) {
        answer_no(owner.error());
        co_return;
    }
    const std::vector<wire::QuotaResource> resources = limited_resources(*owner);
    if (command.root != owner->name || resources.empty()) {
        answer_no("There is no such quota root", "NONEXISTENT");
        co_return;
    }
    say().quota(owner->name, resources);
    answer_ok("That is the quota");
}

std::vector<wire::QuotaResource> Session::limited_resources(const storage::Account& owner) {
    std::vector<wire::QuotaResource> resources;
    if (owner.quota_octets) {
        resources.push_back({"STORAGE", in_kibibytes(owner.used_octets), in_kibibytes(*owner.quota_octets)});
    }
    if (owner.quota_messages) resources.push_back({"MESSAGE", owner.messages, *owner.quota_messages});
    return resources;
}

}  // namespace imap
