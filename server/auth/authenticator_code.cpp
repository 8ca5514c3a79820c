// The second step of a log-in: a code of the authenticator app (RFC 6238), or a recovery code.
#include <utility>

#include "server/auth/authenticator.h"
#include "server/auth/totp.h"
#include "storage/store_await.h"

namespace server::auth {

using services::Identity;
using services::LoginAttempt;
using storage::Refusal;
using storage::Result;

// Taken by the store, in one operation: two attempts at once with the same code are one log-in.
asio::awaitable<bool> Authenticator::take_code(Identity identity, std::string code) {
    if (const std::optional<std::string> hash = recovery_code_hash(code)) {
        storage::Operation<bool> take = storage::take_recovery_code(identity.account, *hash);
        const Result<bool> taken = co_await store_.write(std::move(take));
        co_return taken.value_or(false);
    }
    storage::Query<std::optional<storage::SecondFactor>> find = storage::find_second_factor(identity.account);
    const Result<std::optional<storage::SecondFactor>> factor = co_await store_.read(std::move(find));
    if (!factor || !*factor) co_return false;
    const std::optional<std::int64_t> step = matching_step((*factor)->secret, code, now_());
    if (!step) co_return false;
    storage::Operation<bool> take = storage::take_code(identity.account, (*factor)->secret, *step);
    const Result<bool> taken = co_await store_.write(std::move(take));
    co_return taken.value_or(false);
}

asio::awaitable<Result<Identity>> Authenticator::check_code(LoginAttempt attempt, Identity identity, std::string code) {
    std::optional<Refusal> away = co_await refuse_shut_out(attempt);
    if (away) co_return std::unexpected(std::move(*away));
    const Subject subject = co_await look_up(attempt, nullptr);
    // Counted before it is judged: many at once are as many as one after the other.
    storage::Operation<std::monostate> count =
        storage::count_code_attempt(identity.account, {.most = codes_most_.load()}, now_());
    const Result<std::monostate> counted = co_await store_.write(std::move(count));
    if (!counted) {
        log(services::Level::warn, "code-refused", attempt,
            {{"account", identity.name}, {"reason", counted.error().text}});
        co_return std::unexpected(counted.error());
    }
    const bool right = co_await take_code(identity, code);
    if (!right || !subject.found) {
        Refusal refusal = co_await answer_failure(
            attempt, count_failure(attempt, subject, remembered_.proof_of(identity.name, code)));
        co_return std::unexpected(std::move(refusal));
    }
    co_await note_success(attempt, subject);
    log(services::Level::debug, "code-right", attempt, {{"account", identity.name}});
    identity.code_needed = false;
    co_return identity;
}

}  // namespace server::auth
