// The store knows a token by its hash alone. That a session was used is written once a minute.
#include "web/sessions.h"

#include <utility>

#include "storage/sha256.h"
#include "storage/store_await.h"
#include "storage/web_sessions.h"

namespace web {

namespace {

constexpr std::size_t token_octets = 32;
constexpr std::int64_t use_noted_seconds = 60;

std::string hash_of(std::string_view token) {
    storage::Sha256 hash;
    hash.update(token);
    const auto digest = hash.finish();
    return {digest.begin(), digest.end()};
}

}  // namespace

Sessions::Sessions(storage::Store& store, std::function<std::string(std::size_t)> random, std::chrono::seconds lifetime,
                   std::size_t most_per_account)
    : store_(store), random_(std::move(random)), lifetime_(lifetime), most_per_account_(most_per_account) {}

asio::awaitable<storage::Result<Sessions::Begun>> Sessions::start(LoginSession session, Visitor visitor,
                                                                  std::int64_t now) {
    std::string token = random_(token_octets);
    storage::WebSession row{.id = std::move(session.log_id),
                            .log_in = session.identity.log_in(),
                            .form_token = random_(token_octets),
                            .since = now,
                            .used_at = now,
                            .expires_at = now + lifetime_.count(),
                            .address = std::move(visitor.address),
                            .user_agent = std::move(visitor.user_agent)};
    storage::Operation<std::vector<std::string>> begin =
        storage::begin_web_session(std::move(row), hash_of(token), most_per_account_);
    storage::Result<std::vector<std::string>> ended = co_await store_.write(std::move(begin));
    if (!ended) co_return std::unexpected(std::move(ended.error()));
    co_return Begun{.token = std::move(token), .ended = *std::move(ended)};
}

asio::awaitable<std::optional<LoginSession>> Sessions::find(std::string token, Visitor visitor, std::int64_t now) {
    if (token.empty()) co_return std::nullopt;
    storage::Query<std::optional<storage::OpenWebSession>> query = storage::find_web_session(hash_of(token), now);
    storage::Result<std::optional<storage::OpenWebSession>> found = co_await store_.read(std::move(query));
    if (!found || !*found) co_return std::nullopt;
    storage::OpenWebSession open = **std::move(found);
    if (now - open.session.used_at >= use_noted_seconds) {
        storage::Operation<std::monostate> note =
            storage::note_web_session_use(open.session.id, std::move(visitor.address), now, now + lifetime_.count());
        // On a full disk it expires a little earlier: no reason to refuse a page.
        [[maybe_unused]] const storage::Result<std::monostate> noted = co_await store_.write(std::move(note));
    }
    LoginSession session{.identity = {.account = open.session.log_in.account,
                                      .name = std::move(open.account),
                                      .generation = open.session.log_in.generation},
                         .form_token = std::move(open.session.form_token),
                         .log_id = std::move(open.session.id)};
    co_return session;
}

asio::awaitable<void> Sessions::end(LoginSession session) {
    storage::Operation<std::monostate> operation = storage::end_web_session(std::move(session.log_id));
    // It may have been ended by somebody else.
    [[maybe_unused]] const storage::Result<std::monostate> ended = co_await store_.write(std::move(operation));
}

}  // namespace web
