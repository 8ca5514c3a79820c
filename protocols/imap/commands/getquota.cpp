// GETQUOTA. RFC 9208 §4.1.1, §4.2.1; STORAGE and MESSAGE: §5.1, §5.2.
// Each account is one quota root, which has the account's name and covers all of its mailboxes.
// What others use is none of a user's business (§8): their roots are answered like names that do not exist.
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
    } else if (command.root != owner->name) {
        answer_no("There is no such quota root", "NONEXISTENT");
    } else {
        tell_quota(*owner);
        answer_ok("That is the quota");
    }
}

// Only what is limited is named (RFC 9208 §4.2.1).
void Session::tell_quota(const storage::Account& owner) {
    std::vector<wire::QuotaResource> resources;
    if (owner.quota_octets) {
        resources.push_back({"STORAGE", in_kibibytes(owner.used_octets), in_kibibytes(*owner.quota_octets)});
    }
    if (owner.quota_messages) resources.push_back({"MESSAGE", owner.messages, *owner.quota_messages});
    say().quota(owner.name, resources);
}

}  // namespace imap
