// The store first: whatever is given can be taken back after a restart.
#include "server/acme/answers.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "server/acme/keys.h"
#include "storage/store_await.h"

namespace server::acme {

namespace {

std::string record_name(const std::string& name) { return "_acme-challenge." + name; }

}  // namespace

void Answers::show(const storage::AcmeChallenge& challenge) {
    if (!shown_.contains(challenge.token)) {
        shown_.emplace(challenge.token,
                       tls::ChallengeCertificates::ByName::value_type(
                           challenge.name, challenge_certificate(challenge.name, challenge.key_authorization)));
    }
    tls::ChallengeCertificates::ByName all;
    for (const auto& [token, one] : shown_) all.insert_or_assign(one.first, one.second);
    certificates_.set(std::move(all));
}

asio::awaitable<bool> Answers::was_given(std::string token) {
    const storage::Result<std::vector<storage::AcmeChallenge>> all =
        co_await store_.read(storage::list_acme_challenges());
    co_return all&& std::ranges::find(*all, token, &storage::AcmeChallenge::token) != all->end();
}

asio::awaitable<std::optional<std::string>> Answers::give(storage::AcmeChallenge challenge) {
    storage::Operation<std::monostate> put = storage::put_acme_challenge(challenge);
    const storage::Result<std::monostate> stored = co_await store_.write(std::move(put));
    if (!stored) co_return stored.error().text;
    if (challenge.type == "tls-alpn-01") show(challenge);
    if (challenge.type != "dns-01") co_return std::nullopt;
    if (hook_ == nullptr) co_return "there is no [acme] hook";
    std::optional<std::string> fault =
        co_await hook_->run("add", record_name(challenge.name), dns_value(challenge.key_authorization));
    co_return fault;
}

asio::awaitable<void> Answers::take_back(storage::AcmeChallenge challenge) {
    if (challenge.type == "dns-01" && hook_ != nullptr) {
        // What it could not remove it says itself; the record does no harm.
        co_await hook_->run("remove", record_name(challenge.name), dns_value(challenge.key_authorization));
    }
    storage::Operation<std::monostate> remove = storage::remove_acme_challenge(challenge.token);
    const storage::Result<std::monostate> removed = co_await store_.write(std::move(remove));
    if (!removed) throw std::runtime_error(removed.error().text);
    if (shown_.erase(challenge.token) == 0) co_return;
    tls::ChallengeCertificates::ByName all;
    for (const auto& [token, one] : shown_) all.insert_or_assign(one.first, one.second);
    certificates_.set(std::move(all));
}

asio::awaitable<void> Answers::refresh(std::int64_t now) {
    const storage::Result<std::vector<storage::AcmeChallenge>> all =
        co_await store_.read(storage::list_acme_challenges());
    if (!all) throw std::runtime_error(all.error().text);
    for (const storage::AcmeChallenge& one : *all) {
        if (one.until <= now) {
            co_await take_back(one);
        } else if (one.type == "tls-alpn-01") {
            show(one);
        }
    }
}

}  // namespace server::acme
