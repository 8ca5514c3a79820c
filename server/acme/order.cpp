// Each step is one request, or a few until the server has done its part.
#include "server/acme/order.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"
#include "server/acme/keys.h"
#include "storage/certificates.h"
#include "storage/store_await.h"

namespace server::acme {

namespace {

using nlohmann::json;

constexpr int looks_most = 40;                // of asking whether the server has done its part
constexpr int looks_after_restart = 4;        // whether it has done it by itself, before it is told again
constexpr std::int64_t pause_most = 15;       // seconds, between two of them
constexpr std::int64_t answer_stays = 3'600;  // a challenge's answer stays so long, at most

Trouble stopped() { return {.text = "the server ends", .stopped = true}; }

std::string problem_text(const std::optional<Problem>& problem) {
    return problem ? text_of(*problem) : "no reason is given";
}

bool covers(const std::string& chain_pem, const std::vector<std::string>& names) {
    const std::vector<std::string> has = net::read_certificate(chain_pem).names;
    return std::ranges::all_of(names,
                               [&](const std::string& name) { return std::ranges::find(has, name) != has.end(); });
}

}  // namespace

const Challenge* choose_challenge(const Authorization& authorization, const ChallengeTypes& types,
                                  std::uint32_t failures) {
    std::vector<const Challenge*> possible;
    for (const std::string& type : types) {
        const auto found = std::ranges::find(authorization.challenges, type, &Challenge::type);
        if (found != authorization.challenges.end() && !found->token.empty()) possible.push_back(&*found);
    }
    return possible.empty() ? nullptr : possible[failures % possible.size()];
}

// The key that the next chain has.
const std::string& OrderRun::key() const {
    const bool next = certificate_.switch_key && !certificate_.next_key_pem.empty();
    return next ? certificate_.next_key_pem : certificate_.key_pem;
}

void OrderRun::note(std::string_view event, services::EventLog::Fields more) const {
    services::EventLog::Fields fields{{"certificate", certificate_.id}};
    fields.insert(fields.end(), more.begin(), more.end());
    services_.log.write(services::Level::info, "acme", "", event, fields);
}

asio::awaitable<bool> OrderRun::pause_before(int round, std::int64_t retry_after) {
    const std::int64_t wish = retry_after > 0 ? retry_after : 1 + round;
    const bool goes_on = co_await services_.pause(std::chrono::seconds(std::clamp<std::int64_t>(wish, 1, pause_most)));
    co_return goes_on;
}

asio::awaitable<Outcome<Obtained>> OrderRun::run() {
    std::optional<Trouble> failed = co_await make_key_and_order();
    if (failed) co_return std::unexpected(*failed);
    Outcome<Order> order = co_await read_the_order();
    if (!order) co_return std::unexpected(order.error());
    if (order->status == Status::pending) {
        for (const std::string& url : order->authorizations) {
            failed = co_await authorize(url);
            if (failed) co_return std::unexpected(*failed);
        }
        order = co_await await_order(Status::pending);
        if (!order) co_return std::unexpected(order.error());
    }
    if (order->status == Status::ready) {
        failed = co_await finalize(*order);
        if (failed) co_return std::unexpected(*failed);
        order = co_await await_order(Status::ready);
        if (!order) co_return std::unexpected(order.error());
    }
    if (order->status == Status::processing) {
        order = co_await await_order(Status::processing);
        if (!order) co_return std::unexpected(order.error());
    }
    Outcome<Obtained> obtained = co_await download(*order);
    co_return obtained;
}

// The self-signed certificate's, if there is one for this name: a TLSA record that was published for it stays true.
asio::awaitable<std::string> OrderRun::first_key() {
    if (certificate_.id.ends_with("/rsa")) co_return make_key(KeyKind::rsa);
    const storage::Result<storage::Certificate> own =
        co_await services_.store.read(storage::find_certificate(certificate_.id));
    co_return own ? own->key_pem : make_key(KeyKind::ecdsa);
}

// Both are kept before anything depends on them: a restart goes on with them.
asio::awaitable<std::optional<Trouble>> OrderRun::make_key_and_order() {
    if (certificate_.key_pem.empty()) certificate_.key_pem = co_await first_key();
    order_url_ = certificate_.order_url;
    if (!order_url_.empty() && order_url_ != storage::asked_acme_order) {
        note("order-goes-on", {{"order", order_url_}});
        co_return std::nullopt;
    }
    const Outcome<Authority::Reply> made = co_await new_order();
    if (!made) co_return made.error();
    if (made->location.empty()) co_return trouble("the ACME server does not name the order");
    order_url_ = made->location;
    note("ordered", {{"names", fmt::format("{}", fmt::join(certificate_.names, ","))}, {"order", order_url_}});
    storage::Operation<std::monostate> keep = storage::keep_acme_order(certificate_, order_url_);
    const storage::Result<std::monostate> kept = co_await services_.store.write(std::move(keep));
    if (!kept) co_return trouble(kept.error().text);
    co_return std::nullopt;
}

// RFC 8555 §7.4; which certificate it replaces, where the server wants to know: RFC 9773 §5.
asio::awaitable<Outcome<Authority::Reply>> OrderRun::new_order() {
    const Outcome<Directory> urls = co_await services_.authority.directory();
    if (!urls) co_return std::unexpected(urls.error());
    json payload{{"identifiers", json::array()}};
    for (const std::string& name : certificate_.names) {
        payload["identifiers"].push_back({{"type", "dns"}, {"value", name}});
    }
    std::string replaces;
    if (!urls->renewal_info.empty() && !certificate_.certificate_pem.empty()) {
        replaces = renewal_id(certificate_.certificate_pem);
    }
    if (!replaces.empty()) {
        json with = payload;
        with["replaces"] = replaces;
        Outcome<Authority::Reply> made = co_await services_.authority.post(urls->new_order, with.dump());
        // A server that has lost sight of the old one, or has another for it already, still makes a new one.
        const bool refused = !made && (made.error().type == "alreadyReplaced" || made.error().type == "malformed");
        if (!refused) co_return made;
    }
    Outcome<Authority::Reply> made = co_await services_.authority.post(urls->new_order, payload.dump());
    co_return made;
}

asio::awaitable<Outcome<Order>> OrderRun::read_the_order() {
    const Outcome<Authority::Reply> reply = co_await services_.authority.post(order_url_, "");
    if (!reply) {
        // What the server says itself ends it: it does not know the order any more, or not the account.
        can_go_on_ = reply.error().type.empty() || reply.error().type == "rateLimited";
        co_return std::unexpected(reply.error());
    }
    co_return order_in(*reply);
}

// One that has failed is no order any more.
Outcome<Order> OrderRun::order_in(const Authority::Reply& reply) {
    Read<Order> order = read_order(reply.body);
    if (!order) return std::unexpected(trouble("the ACME server's order: " + order.error()));
    if (order->status == Status::invalid || order->status == Status::ended) {
        can_go_on_ = false;
        return std::unexpected(trouble("the order has failed: " + problem_text(order->error)));
    }
    return std::move(*order);
}

asio::awaitable<Outcome<Order>> OrderRun::await_order(Status from) {
    for (int round = 0; round < looks_most; ++round) {
        const Outcome<Authority::Reply> reply = co_await services_.authority.post(order_url_, "");
        if (!reply) co_return std::unexpected(reply.error());
        Outcome<Order> order = order_in(*reply);
        if (!order || order->status != from) co_return order;
        const bool goes_on = co_await pause_before(round, reply->retry_after);
        if (!goes_on) co_return std::unexpected(stopped());
    }
    co_return std::unexpected(trouble("the ACME server does not go on with the order"));
}

// RFC 8555 §7.5.
asio::awaitable<std::optional<Trouble>> OrderRun::authorize(std::string url) {
    const Outcome<Authority::Reply> reply = co_await services_.authority.post(url, "");
    if (!reply) co_return reply.error();
    const Read<Authorization> read = read_authorization(reply->body);
    if (!read) co_return trouble("the ACME server's authorization: " + read.error());
    if (read->status == Status::valid) co_return std::nullopt;
    if (read->status != Status::pending) {
        can_go_on_ = false;
        co_return trouble(read->name + ": the authorization is over");
    }
    const Challenge* chosen = choose_challenge(*read, types_, certificate_.failures);
    if (chosen == nullptr) {
        can_go_on_ = false;
        co_return trouble(fmt::format("{}: the ACME server offers no challenge of those that can be answered here: {}",
                                      read->name,
                                      types_.empty() ? "none" : fmt::format("{}", fmt::join(types_, ", "))));
    }
    std::optional<Trouble> failed = co_await answer(std::move(url), read->name, *chosen);
    co_return failed;
}

asio::awaitable<std::optional<Trouble>> OrderRun::answer(std::string url, std::string name, Challenge challenge) {
    Outcome<std::string> authorization = co_await services_.authority.key_authorization_for(challenge.token);
    if (!authorization) co_return authorization.error();
    const storage::AcmeChallenge given{.token = challenge.token,
                                       .name = name,
                                       .type = challenge.type,
                                       .key_authorization = std::move(*authorization),
                                       .until = services_.now() + answer_stays};
    const bool given_before = co_await services_.answers.was_given(challenge.token);
    const std::optional<std::string> fault = co_await services_.answers.give(given);
    std::optional<Trouble> failed;
    if (fault) {
        failed = trouble(name + ": " + challenge.type + ": " + *fault);
    } else {
        note("challenge", {{"name", name}, {"type", challenge.type}});
        // After a restart the server may have been told already. A second word would make it look once more, perhaps
        // when the answer has gone.
        bool looks = challenge.status != Status::pending;
        if (!looks && given_before) looks = co_await has_looked(url);
        if (!looks) failed = co_await tell(url, challenge.url);
        if (!failed) failed = co_await await_authorization(std::move(url), name, challenge.type);
    }
    // A server that ends goes on with it after its next start.
    if (!failed || !failed->stopped) co_await services_.answers.take_back(given);
    co_return failed;
}

// That the answer is there. A server that has begun to look meanwhile takes it amiss.
asio::awaitable<std::optional<Trouble>> OrderRun::tell(std::string authorization_url, std::string challenge_url) {
    const Outcome<Authority::Reply> told = co_await services_.authority.post(challenge_url, "{}");
    if (told) co_return std::nullopt;
    const bool looks = told.error().type == "malformed" && co_await has_looked(std::move(authorization_url));
    if (looks) co_return std::nullopt;
    co_return told.error();
}

// Whether the authorization has an end, or has one soon.
asio::awaitable<bool> OrderRun::has_looked(std::string authorization_url) {
    for (int round = 0; round < looks_after_restart; ++round) {
        const Outcome<Authority::Reply> reply = co_await services_.authority.post(authorization_url, "");
        const Read<Authorization> read = reply ? read_authorization(reply->body) : std::unexpected(std::string());
        if (!read) co_return false;
        if (read->status != Status::pending) co_return true;
        const bool goes_on = co_await pause_before(round, reply->retry_after);
        if (!goes_on) co_return false;
    }
    co_return false;
}

asio::awaitable<std::optional<Trouble>> OrderRun::await_authorization(std::string url, std::string name,
                                                                      std::string type) {
    for (int round = 0; round < looks_most; ++round) {
        const Outcome<Authority::Reply> reply = co_await services_.authority.post(url, "");
        if (!reply) co_return reply.error();
        const Read<Authorization> read = read_authorization(reply->body);
        if (!read) co_return trouble("the ACME server's authorization: " + read.error());
        if (read->status == Status::valid) co_return std::nullopt;
        if (read->status != Status::pending) {
            can_go_on_ = false;
            const auto found = std::ranges::find(read->challenges, type, &Challenge::type);
            const std::string why = found == read->challenges.end() ? "no reason is given" : problem_text(found->error);
            co_return trouble(name + ": " + type + ": " + why);
        }
        const bool goes_on = co_await pause_before(round, reply->retry_after);
        if (!goes_on) co_return stopped();
    }
    co_return trouble(name + ": " + type + ": the ACME server does not come to an end");
}

asio::awaitable<std::optional<Trouble>> OrderRun::finalize(Order order) {
    const json payload{{"csr", base::encode_base64url(make_request(key(), certificate_.names))}};
    const Outcome<Authority::Reply> reply = co_await services_.authority.post(order.finalize, payload.dump());
    if (!reply) {
        can_go_on_ = reply.error().type.empty() || reply.error().type == "orderNotReady";
        co_return reply.error();
    }
    co_return std::nullopt;
}

asio::awaitable<Outcome<Obtained>> OrderRun::download(Order order) {
    const Outcome<Authority::Reply> reply = co_await services_.authority.post(order.certificate, "");
    if (!reply) co_return std::unexpected(reply.error());
    can_go_on_ = false;  // whatever is wrong with this chain, the same order gives no other
    try {
        if (!belongs_to(reply->body, key())) {
            co_return std::unexpected(trouble("the certificate that came has another key than ours"));
        }
        if (!covers(reply->body, certificate_.names)) {
            co_return std::unexpected(trouble("the certificate that came is for other names than ours"));
        }
    } catch (const std::exception& error) {
        co_return std::unexpected(trouble(std::string("what came is no certificate: ") + error.what()));
    }
    co_return Obtained{.chain_pem = reply->body, .key_pem = key()};
}

}  // namespace server::acme
