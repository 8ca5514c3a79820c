// A new password by whoever knows the old one.
#include <utility>

#include "server/auth/authenticator.h"
#include "storage/audit.h"
#include "storage/store_await.h"
#include "storage/web_sessions.h"

namespace server::auth {

using services::Identity;
using services::LoginAttempt;
using storage::Reason;
using storage::Refusal;
using storage::Result;

namespace {

std::optional<Refusal> no_password(const std::string& fresh) {
    if (fresh.size() < password_octets_advised)
        return Refusal{Reason::not_permitted,
                       "a password has " + std::to_string(password_octets_advised) + " characters at least"};
    if (fresh.size() > password_octets_most) return Refusal{Reason::not_permitted, "that password is too long"};
    return std::nullopt;
}

}  // namespace

asio::awaitable<Result<std::monostate>> Authenticator::change_password(LoginAttempt attempt, PasswordChange change) {
    attempt.asks_code = true;  // the log-in that asks has given one
    const Result<Identity> known = co_await check_password(attempt, std::move(change.old_password));
    if (!known) co_return std::unexpected(known.error());
    if (known->account != change.log_in.account)
        co_return storage::refuse(Reason::authentication_failed, "that is another account");
    if (std::optional<Refusal> refusal = no_password(change.new_password))
        co_return std::unexpected(*std::move(refusal));
    const auto fresh = std::make_shared<storage::Credentials>();
    std::function<bool()> make = [fresh, password = std::move(change.new_password), cost = cost_] {
        *fresh = make_credentials(password, cost);
        return true;
    };
    net::WorkerPool::Party party{"known", std::to_string(known->account.value)};
    const std::optional<bool> made = co_await hash(std::move(party), std::move(make));
    if (!made) co_return storage::refuse(Reason::unavailable, "too busy to make a password: try again");
    storage::AuditEntry entry{.at = now_(),
                              .kind = storage::AuditKind::change,
                              .actor = known->name,
                              .action = "account.passwd",
                              .subject = known->name,
                              .detail = {},
                              .address = attempt.address};
    storage::Operation<std::int64_t> operation =
        storage::audited(storage::change_password(change.log_in, *fresh, std::move(change.session)), std::move(entry));
    const Result<std::int64_t> changed = co_await store_.write(std::move(operation));
    if (!changed) co_return std::unexpected(changed.error());
    log(services::Level::info, "password-changed", attempt, {{"account", known->name}});
    co_return std::monostate();
}

}  // namespace server::auth
