// Look-ups are storage/domains.h's; here stand the rules for postmaster, who must always be reachable.
#include "server/delivery/directory.h"

#include <algorithm>

#include "protocols/base/text.h"
#include "storage/accounts.h"

namespace server::delivery {

using storage::Reason;
using storage::Result;

namespace {

bool is_postmaster(std::string_view address) {
    return base::iequals(address.substr(0, address.find('@')), "postmaster");
}

}  // namespace

asio::awaitable<Result<services::Recipient>> Directory::resolve(std::string address) {
    services::Recipient recipient;
    recipient.address = address;
    if (base::iequals(address, "postmaster")) {
        Result<std::string> domain = co_await store_.read(storage::default_domain());
        if (!domain) co_return storage::refuse(Reason::no_such_account, "there is no domain here yet");
        address += "@" + *domain;
    }
    Result<storage::ResolvedRecipient> found = co_await store_.read(storage::resolve_recipient(address));
    if (!found && found.error().reason == Reason::no_such_domain) co_return recipient;
    if (!found && found.error().reason == Reason::no_such_account && is_postmaster(address)) {
        found = co_await resolve_postmaster(std::move(found.error()));
    }
    if (!found) co_return std::unexpected(std::move(found.error()));
    recipient.ours = true;
    recipient.destinations = std::move(*found);
    co_return recipient;
}

// RFC 5321 §4.5.1: mail for postmaster of any domain here is accepted. Where neither an account nor an alias of that
// name exists, it goes to the account that has been here longest.
asio::awaitable<Result<storage::ResolvedRecipient>> Directory::resolve_postmaster(storage::Refusal otherwise) {
    const Result<std::vector<storage::Account>> accounts = co_await store_.read(storage::list_accounts());
    if (!accounts || accounts->empty()) co_return std::unexpected(std::move(otherwise));
    const auto first = std::ranges::min_element(*accounts, {}, [](const storage::Account& a) { return a.id; });
    Result<storage::ResolvedRecipient> found = co_await store_.read(storage::resolve_recipient(first->name));
    co_return found;
}

asio::awaitable<Result<bool>> Directory::may_send_as(storage::AccountId account, std::string address) {
    Result<bool> allowed = co_await store_.read(storage::may_send_as(account, std::move(address)));
    co_return allowed;
}

}  // namespace server::delivery
