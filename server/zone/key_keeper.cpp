// A chore: one server on a store does it.
#include "server/zone/key_keeper.h"

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "protocols/dns/answer.h"
#include "protocols/dns/resolver.h"
#include "protocols/mailauth/dkim_key.h"
#include "server/zone/dkim_keys.h"
#include "server/zone/records.h"
#include "storage/chores.h"
#include "storage/store_await.h"

namespace server::zone {

namespace {

constexpr const char* chore = "dkim-keys";
constexpr std::int64_t lease = 600;  // seconds
constexpr std::chrono::minutes interval{10};

template <class T>
T value_or_throw(storage::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().text);
    return std::move(*result);
}

}  // namespace

KeyKeeper::KeyKeeper(storage::Store& store, dns::Source& source, services::EventLog& log, net::WorkerPool& compute,
                     std::string holder, Rotation rotation, Clock now, Publisher* publisher)
    : store_(store),
      source_(source),
      log_(log),
      compute_(compute),
      holder_(std::move(holder)),
      rotation_(rotation),
      now_(std::move(now)),
      publisher_(publisher) {}

asio::awaitable<std::chrono::seconds> KeyKeeper::look_after() {
    const std::int64_t now = now_();
    storage::Operation<bool> take = storage::take_chore(chore, holder_, now, now + lease);
    const bool taken = value_or_throw(co_await store_.write(std::move(take)));
    if (!taken) co_return interval;
    const std::vector<std::string> without = value_or_throw(co_await store_.read(storage::domains_without_dkim_key()));
    std::map<std::string, std::vector<storage::DkimKey>> by_domain;
    for (storage::DkimKey& key : value_or_throw(co_await store_.read(storage::list_dkim_keys()))) {
        by_domain[key.domain].push_back(std::move(key));
    }
    for (const std::string& domain : without) {
        co_await make_key(domain, storage::DkimAlgorithm::rsa, by_domain[domain], true);
    }
    for (auto& [domain, keys] : by_domain) {
        co_await look_after_domain(domain, std::move(keys));
        if (publisher_ != nullptr) co_await publish(domain);
    }
    storage::Operation<std::monostate> end = storage::end_chore(chore, holder_, now_() + interval.count() * 60);
    value_or_throw(co_await store_.write(std::move(end)));
    co_return interval;
}

asio::awaitable<void> KeyKeeper::make_key(std::string domain, storage::DkimAlgorithm algorithm,
                                          std::vector<storage::DkimKey> taken, bool first) {
    const auto key = std::make_shared<storage::DkimKey>();
    net::WorkerPool::Slice make = [key, domain, algorithm, taken = std::move(taken), now = now_()] {
        *key = new_dkim_key(domain, algorithm, taken, now);
        return false;
    };
    net::WorkerPool::Party party = {"dkim"};
    co_await compute_.complete(std::move(party), std::move(make));
    if (first) key->state = storage::DkimState::signing;
    storage::Operation<std::monostate> add = first ? storage::add_first_dkim_key(*key) : storage::add_dkim_key(*key);
    const storage::Result<std::monostate> added = co_await store_.write(std::move(add));
    if (!added) co_return;  // the domain is gone, or a command was quicker
    log_.write(services::Level::info, "dkim", "", "key-made",
               {{"domain", domain},
                {"selector", key->selector},
                {"then", first ? "signs" : "signs once it is seen in the DNS: mailstead dns prints its record"}});
}

asio::awaitable<void> KeyKeeper::look_after_domain(std::string domain, std::vector<storage::DkimKey> keys) {
    const Sightings sightings = co_await look_for(keys);
    const std::int64_t now = now_();
    const std::vector<storage::DkimChange> changes = changes_of(keys, sightings, now, rotation_);
    if (!changes.empty()) {
        storage::Operation<std::monostate> change = storage::change_dkim_keys(domain, changes, now);
        const storage::Result<std::monostate> changed = co_await store_.write(std::move(change));
        if (!changed) co_return;  // a command was quicker: next time
        tell(domain, changes);
    }
    for (const storage::DkimAlgorithm algorithm : due_for_a_key(keys, now, rotation_)) {
        co_await make_key(domain, algorithm, keys, false);
    }
}

// Only new keys are looked for.
asio::awaitable<Sightings> KeyKeeper::look_for(const std::vector<storage::DkimKey>& keys) {
    Sightings sightings;
    for (const storage::DkimKey& key : keys) {
        if (key.state != storage::DkimState::published) continue;
        const std::string domain = dns::to_a_labels(key.domain).value_or(key.domain);
        const dns::Answer<dns::Txt> answer = co_await source_.txt(key_name(key, domain));
        if (dns::why_not(answer) != nullptr) continue;
        const auto* found = std::get_if<dns::Found<dns::Txt>>(&answer);
        const bool seen = found != nullptr && std::ranges::any_of(found->records, [&](const dns::Txt& txt) {
                              return publishes(txt.text, key);
                          });
        sightings[key.selector] = seen ? Sighting::seen : Sighting::missing;
    }
    co_return sightings;
}

// Once for each change of the domain's keys, and after each start; what fails is tried again next time.
asio::awaitable<void> KeyKeeper::publish(std::string domain) {
    const std::vector<storage::DkimKey> keys = value_or_throw(co_await store_.read(storage::list_dkim_keys(domain)));
    const std::string zone_name = dns::to_a_labels(domain).value_or(domain);
    Wishes wishes;
    std::string state;
    for (const storage::DkimKey& key : keys) {
        const bool is_withdrawn = key.state == storage::DkimState::withdrawn;
        const std::string name = key_name(key, zone_name);
        state += (is_withdrawn ? "-" : "+") + name + " ";
        if (is_withdrawn) {
            wishes.withdrawn.push_back(name);
        } else {
            const std::string record = mailauth::key_record(algorithm_of(key.algorithm), key.public_key);
            wishes.records.push_back({.name = name, .data = Text{record}, .purpose = {}});
        }
    }
    if (published_[domain] == state) co_return;
    std::string fault;
    try {
        const Updated updated = co_await publisher_->publish(std::move(wishes));
        published_[domain] = state;
        if (updated.zones.empty()) co_return;
        log_.write(services::Level::info, "dkim", "", "keys-published",
                   {{"domain", domain},
                    {"added", std::to_string(updated.added.size())},
                    {"removed", std::to_string(updated.removed.size())}});
    } catch (const UpdateFailure& failure) {
        fault = failure.what();
    }
    if (fault.empty()) co_return;
    log_.write(services::Level::warn, "dkim", "", "keys-not-published", {{"domain", domain}, {"reason", fault}});
}

void KeyKeeper::tell(const std::string& domain, const std::vector<storage::DkimChange>& changes) const {
    for (const storage::DkimChange& change : changes) {
        const char* event = change.to == storage::DkimState::signing     ? "key-signs"
                            : change.to == storage::DkimState::retired   ? "key-retired"
                            : change.to == storage::DkimState::withdrawn ? "key-withdrawn"
                            : change.seen_at != 0                        ? "key-seen"
                                                                         : "key-not-seen";
        log_.write(services::Level::info, "dkim", "", event, {{"domain", domain}, {"selector", change.selector}});
    }
}

}  // namespace server::zone
