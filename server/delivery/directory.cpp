// storage/domains.h does the look-ups; this file adds the addresses that must always work, and return addresses
// (srs.h), which go before a catch-all.
#include "server/delivery/directory.h"

#include <fmt/format.h>

#include <ctime>

#include "protocols/base/text.h"
#include "server/delivery/list_mail.h"
#include "server/delivery/return_addresses.h"
#include "server/delivery/srs.h"
#include "storage/accounts.h"
#include "storage/failing_addresses.h"
#include "storage/lists.h"
#include "storage/normal_names.h"
#include "storage/return_addresses.h"
#include "storage/store_await.h"

namespace server::delivery {

using storage::Reason;
using storage::Result;

namespace {

// Mail to these at any domain of ours is always accepted, configured or not: RFC 5321 §4.5.1, RFC 2142 §2 and §4.
bool is_role(std::string_view address) {
    const std::string_view local_part = address.substr(0, address.find('@'));
    return base::iequals(local_part, "postmaster") || base::iequals(local_part, "abuse");
}

storage::KnownAlias among(std::shared_ptr<const services::KnownDestinations> known) {
    if (!known) return {};
    return [known = std::move(known)](const std::string& name) { return known->contains(name); };
}

// "2026-12-01", UTC.
std::string day_of(std::int64_t at) {
    const std::time_t seconds = at;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{}-{:02}-{:02}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday);
}

// For a reply, which has 512 octets at most.
std::string words_for_suppressed(const storage::SuppressedAddress& suppressed) {
    return fmt::format(
        "Your mail to this address has failed for good {} times, the last on {}; it is refused until {}. If the "
        "address "
        "works again, ask your administrator to lift this: mailstead queue suppressed lift",
        suppressed.failures, day_of(suppressed.last_at), day_of(suppressed.until));
}

}  // namespace

asio::awaitable<Result<services::Recipient>> Directory::resolve(std::string address, Known known) {
    services::Recipient recipient;
    recipient.address = address;
    if (base::iequals(address, "postmaster")) {
        Result<std::string> domain = co_await store_.read(storage::default_domain());
        if (!domain) co_return storage::refuse(Reason::no_such_account, "there is no domain here yet");
        address += "@" + *domain;
    }
    Result<bool> returns = co_await is_return_address(address);
    if (!returns) co_return std::unexpected(std::move(returns.error()));
    if (*returns) co_return co_await resolve_return(std::move(address));
    Result<std::string> left = co_await list_left_by(address);
    if (!left) co_return std::unexpected(std::move(left.error()));
    if (!left->empty()) {
        recipient.ours = true;
        recipient.left_list = *std::move(left);
        recipient.destinations = services::Destinations(storage::ResolvedRecipient{.name = base::lower(address)});
        co_return recipient;
    }
    Result<storage::ResolvedRecipient> found = co_await store_.read(storage::resolve_recipient(address, among(known)));
    if (!found && found.error().reason == Reason::no_such_domain) {
        recipient.forbidden = is_forbidden(address);
        co_return recipient;
    }
    if (!found && found.error().reason == Reason::no_such_account && is_role(address)) {
        found = co_await resolve_role(std::move(address), known);
    }
    if (!found) co_return std::unexpected(std::move(found.error()));
    recipient.ours = true;
    const auto same = known ? known->find(found->name) : services::KnownDestinations::const_iterator();
    recipient.destinations = known && same != known->end() ? same->second : services::Destinations(std::move(*found));
    co_return recipient;
}

bool Directory::is_forbidden(const std::string& address) const {
    const std::shared_ptr<const Forbids> forbids = forbids_.get();
    return *forbids && (*forbids)(address.substr(address.rfind('@') + 1));
}

// The list that one leaves by a message to this address; empty: none.
asio::awaitable<Result<std::string>> Directory::list_left_by(std::string address) {
    if (!is_unsubscribe_address(address)) co_return std::string();
    Result<std::string> list = co_await store_.read(storage::list_left_by(std::move(address)));
    co_return list;
}

asio::awaitable<Result<bool>> Directory::is_return_address(std::string address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string::npos) co_return false;
    if (!srs::is_return_address(std::string_view(address).substr(0, at)) && !is_bounce_address(address))
        co_return false;
    Result<bool> ours = co_await store_.read(storage::is_our_domain(address.substr(at + 1)));
    co_return ours;
}

// What leads back to a domain that has become ours is delivered here.
asio::awaitable<Result<services::Recipient>> Directory::resolve_return(std::string address) {
    if (is_bounce_address(address)) co_return co_await resolve_bounce(std::move(address));
    Result<std::string> sender = co_await returned_to(address);
    if (!sender) co_return std::unexpected(std::move(sender.error()));
    Result<storage::ResolvedRecipient> found = co_await store_.read(storage::resolve_recipient(*sender));
    services::Recipient recipient{.address = address, .ours = true, .returns = true, .destinations = {}};
    if (!found && found.error().reason == Reason::no_such_domain) {
        recipient.forbidden = is_forbidden(*sender);
        found = storage::ResolvedRecipient{.local = {}, .remote = {*std::move(sender)}, .missing = {}};
    }
    if (!found) co_return std::unexpected(std::move(found.error()));
    found->name = base::lower(address);  // each is a destination of its own
    recipient.destinations = services::Destinations(*std::move(found));
    co_return recipient;
}

// Bounces of a list's mail are counted, and go nowhere.
asio::awaitable<Result<services::Recipient>> Directory::resolve_bounce(std::string address) {
    Result<Seals> seals = co_await current_seals(store_, clock_());
    if (!seals) co_return std::unexpected(std::move(seals.error()));
    const std::optional<std::int64_t> member = bounced_member(*seals, address);
    if (!member) co_return storage::refuse(Reason::no_such_account, std::string(srs::words_for(srs::Fault::forged)));
    services::Recipient recipient{.address = address, .ours = true, .returns = true, .destinations = {}};
    recipient.bounced_member = *member;
    recipient.destinations = services::Destinations(
        storage::ResolvedRecipient{.local = {}, .remote = {}, .missing = {}, .name = base::lower(address)});
    co_return recipient;
}

// The sender that a return address stands for, if it was made here and is still valid.
asio::awaitable<Result<std::string>> Directory::returned_to(std::string address) {
    const std::int64_t now = clock_();
    Result<Seals> seals = co_await current_seals(store_, now);
    if (!seals) co_return std::unexpected(std::move(seals.error()));
    const std::size_t at = address.rfind('@');
    const auto reversed = srs::reverse(*seals, address.substr(0, at), address.substr(at + 1));
    if (!reversed) {
        co_return storage::refuse(Reason::no_such_account, std::string(srs::words_for(reversed.error())));
    }
    Result<std::string> sender = reversed->address;
    if (sender->empty()) sender = co_await store_.read(storage::find_long_sender(reversed->token, now));
    co_return sender;
}

// If neither an account nor an alias of that name exists: the domain's postmaster, the default domain's, and finally
// the oldest account.
asio::awaitable<Result<storage::ResolvedRecipient>> Directory::resolve_role(std::string address, Known known) {
    std::vector<std::string> candidates{"postmaster" + address.substr(address.rfind('@'))};
    Result<std::string> domain = co_await store_.read(storage::default_domain());
    if (domain) candidates.push_back("postmaster@" + *domain);
    Result<storage::Account> oldest = co_await store_.read(storage::oldest_account());
    if (oldest) candidates.push_back(oldest->name);
    Result<storage::ResolvedRecipient> found = storage::refuse(Reason::no_such_account, "there is no account here yet");
    for (std::string& candidate : candidates) {
        found = co_await store_.read(storage::resolve_recipient(std::move(candidate), among(known)));
        if (found) break;
    }
    co_return found;
}

asio::awaitable<Result<bool>> Directory::may_send_as(storage::AccountId account, std::string address) {
    Result<bool> allowed = co_await store_.read(storage::may_send_as(account, std::move(address)));
    co_return allowed;
}

asio::awaitable<Result<std::string>> Directory::why_suppressed(storage::AccountId account, std::string address) {
    Result<std::optional<storage::SuppressedAddress>> found =
        co_await store_.read(storage::find_suppressed(account, std::move(address), clock_()));
    if (!found) co_return std::unexpected(std::move(found.error()));
    co_return *found ? words_for_suppressed(**found) : std::string();
}

}  // namespace server::delivery
