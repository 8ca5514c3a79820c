// Each device has a coroutine while there is something to tell it, so that a push service that hangs delays no other.
#include "server/push/pusher.h"

#include <algorithm>
#include <asio/post.hpp>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/net/spawn.h"
#include "protocols/webpush/encryption.h"
#include "protocols/webpush/vapid.h"
#include "server/push/message.h"
#include "storage/push_subscriptions.h"
#include "storage/store_await.h"
#include "web/jmap/call.h"
#include "web/jmap/state_change.h"

namespace server::push {
namespace {

using storage::PushFacts;
using storage::PushSubscription;

constexpr std::int64_t first_back_off = 60;  // seconds; doubled with each failure
constexpr std::int64_t longest_back_off = 3'600;
constexpr unsigned most_unverified_attempts = 5;
constexpr int status_gone[] = {404, 410};  // RFC 8030 §7.3
constexpr int status_too_many_requests = 429;

struct Device {
    PushSubscription row;
    PushFacts told;  // what it knows of
    bool verification_sent = false;
    unsigned failures = 0;  // since the last success
    std::int64_t not_before = 0;
    bool wanted = false;  // there may be something to tell
    bool running = false;
    bool gone = false;
};

struct Watched {
    storage::Subscription feed;
    std::map<std::string, std::shared_ptr<Device>> devices;
};

enum class Step { nothing, told, failed, ended };

std::string party_of(storage::AccountId account) { return "push " + std::to_string(account.value); }

// RFC 9110 §10.2.3, as a number of seconds; 0: there is none.
std::int64_t retry_after(const https::Response& response) {
    std::int64_t seconds = 0;
    for (const char c : response.header("retry-after")) {
        if (c < '0' || c > '9' || seconds > longest_back_off) break;
        seconds = seconds * 10 + (c - '0');
    }
    return seconds;
}

}  // namespace

struct Pusher::Implementation : std::enable_shared_from_this<Implementation> {
    Services services;
    Options options;
    std::optional<asio::any_io_executor> executor;
    storage::Subscription accounts;
    std::map<storage::AccountId, Watched> watched;
    std::map<storage::AccountId, std::uint64_t> looks;  // the last begun: an earlier one that ends later is too old
    std::optional<jose::P256Key> key;
    bool stopped = false;

    Implementation(Services given, Options how) : services(std::move(given)), options(std::move(how)) {}

    // Callbacks of the store come on its threads.
    template <class Function>
    auto on_executor(Function function) {
        return [weak = weak_from_this(), where = *executor, function](auto&&... about) {
            asio::post(where, [weak, function, about...] {
                const std::shared_ptr<Implementation> self = weak.lock();
                if (self && !self->stopped) function(*self, about...);
            });
        };
    }

    void log(const char* event, storage::AccountId account, const Device& device, const std::string& reason) const {
        services.log.write(services::Level::info, "push", "", event,
                           {{"account_id", account.value}, {"subscription", device.row.id}, {"reason", reason}});
    }

    static asio::awaitable<void> begin(std::shared_ptr<Implementation> self) {
        const storage::Result<std::vector<storage::AccountId>> found =
            co_await self->services.store.read(storage::accounts_with_push());
        if (!found) co_return;
        for (const storage::AccountId account : *found) self->look_at(account);
    }

    // Of account 0: perhaps all of them.
    void look_at(storage::AccountId account) {
        if (account.value == 0) {
            net::spawn("push", *executor, begin(shared_from_this()));
            return;
        }
        net::spawn("push", *executor, look(shared_from_this(), account, ++looks[account]));
    }

    // Whatever is subscribed now is watched.
    static asio::awaitable<void> look(std::shared_ptr<Implementation> self, storage::AccountId account,
                                      std::uint64_t number) {
        storage::Store& store = self->services.store;
        const auto rows =
            co_await store.read_for(account, storage::list_push_subscriptions(account, self->services.now()));
        storage::Result<PushFacts> facts;
        if (rows && !rows->empty()) facts = co_await store.read_for(account, storage::push_facts(account));
        if (self->stopped || self->looks[account] != number) co_return;
        if (!rows || !facts || rows->empty()) {
            self->forget(account);
        } else {
            self->watch(account, *rows, *facts);
        }
    }

    void forget(storage::AccountId account) {
        looks.erase(account);
        const auto found = watched.find(account);
        if (found == watched.end()) return;
        for (auto& [id, device] : found->second.devices) device->gone = true;
        watched.erase(found);
    }

    void watch(storage::AccountId account, const std::vector<PushSubscription>& rows, const PushFacts& facts) {
        const auto [at, is_new] = watched.try_emplace(account);
        if (is_new) {
            at->second.feed = services.store.subscribe(
                account,
                on_executor([account](Implementation& self, const storage::Change&) { self.changed(account); }));
        }
        auto& devices = at->second.devices;
        std::erase_if(devices, [&](const auto& one) {
            const bool gone = std::ranges::find(rows, one.first, &PushSubscription::id) == rows.end();
            if (gone) one.second->gone = true;
            return gone;
        });
        for (const PushSubscription& row : rows) {
            std::shared_ptr<Device>& device = devices[row.id];
            if (!device) device = std::make_shared<Device>(Device{.row = row, .told = facts});
            const bool verified_now = row.verified && !device->row.verified;
            device->row = row;
            if (verified_now || (!row.verified && !device->verification_sent)) want(account, device);
        }
    }

    void changed(storage::AccountId account) {
        const auto found = watched.find(account);
        if (found == watched.end()) return;
        for (const auto& [id, device] : found->second.devices) want(account, device);
    }

    void want(storage::AccountId account, const std::shared_ptr<Device>& device) {
        device->wanted = true;
        if (std::exchange(device->running, true)) return;
        net::spawn("push", *executor, run(shared_from_this(), account, device));
    }

    static asio::awaitable<void> run(std::shared_ptr<Implementation> self, storage::AccountId account,
                                     std::shared_ptr<Device> device) {
        const auto ends = [&] { return self->stopped || device->gone || !device->wanted; };
        try {
            co_await self->services.pause(self->options.gather);
            while (!ends()) {
                const std::int64_t early = device->not_before - self->services.now();
                if (early > 0) co_await self->services.pause(std::chrono::seconds(early));
                device->wanted = false;
                const Step step = co_await tell(*self, account, *device);
                if (step == Step::failed) device->wanted = true;
                if (step == Step::ended) device->gone = true;
                if (step == Step::told) co_await self->services.pause(self->options.between);
            }
        } catch (const std::exception& error) {
            self->log("push-fault", account, *device, error.what());
        }
        device->running = false;
    }

    // Expects that nothing else tells this device.
    static asio::awaitable<Step> tell(Implementation& self, storage::AccountId account, Device& device) {
        // It may have ended since, by itself, by its account or with the log-in that made it.
        const auto rows = co_await self.services.store.read_for(
            account, storage::list_push_subscriptions(account, self.services.now()));
        const auto facts = co_await self.services.store.read_for(account, storage::push_facts(account));
        if (!rows || !facts) co_return Step::ended;
        const auto row = std::ranges::find(*rows, device.row.id, &PushSubscription::id);
        if (row == rows->end()) co_return Step::ended;
        device.row = *row;
        const bool is_verified = device.row.verified;
        jmap::Json states = jmap::type_states(*facts, device.told, device.row.types);
        if (is_verified ? states.empty() : device.verification_sent) {
            if (is_verified) device.told = *facts;
            co_return Step::nothing;
        }
        const jmap::Json object = is_verified ? jmap::state_change(jmap::account_id_text(account), std::move(states))
                                              : jmap::push_verification(device.row.id, device.row.verification_code);
        const Step step = co_await send(self, account, device, jmap::to_text(object));
        if (step == Step::told) {
            device.told = *facts;
            device.verification_sent = device.verification_sent || !is_verified;
        }
        co_return step;
    }

    static asio::awaitable<Step> send(Implementation& self, storage::AccountId account, Device& device,
                                      std::string text) {
        if (!self.key) co_await make_key(self);
        auto request = make_message(device.row, text, *self.key, self.services.random_octets(webpush::salt_octets),
                                    self.options.contact, self.services.now());
        if (!request) {
            self.log("push-ended", account, device, request.error());
            co_await self.services.store.write(storage::remove_push_subscription(account, device.row.id));
            co_return Step::ended;
        }
        const std::string host = host_of(webpush::origin_of(request->url).value());
        request->addresses = co_await addresses_of(self, host, party_of(account));
        if (request->addresses.empty()) co_return self.failed(account, device, host + " has no public address", 0);
        request->connect_timeout = self.options.timeout;
        request->timeout = self.options.timeout;
        request->trusted = self.options.trusted;
        request->party = party_of(account);
        const https::Outcome outcome = co_await self.services.fetcher.fetch(*std::move(request));
        const Step step = co_await judge(self, account, device, outcome);
        co_return step;
    }

    static asio::awaitable<void> make_key(Implementation& self) {
        const storage::Result<std::string> pem =
            co_await self.services.store.write(storage::keep_push_key(jose::P256Key::make()));
        if (!pem) throw std::runtime_error(pem.error().text);
        self.key.emplace(*pem);
    }

    static asio::awaitable<std::vector<asio::ip::address>> addresses_of(Implementation& self, std::string host,
                                                                        std::string party) {
        std::error_code is_name;
        const asio::ip::address literal = asio::ip::make_address(host, is_name);
        std::vector<asio::ip::address> addresses;
        if (!is_name) {
            addresses.push_back(literal);
        } else {
            dns::Answer<asio::ip::address> answer = co_await self.services.addresses(std::move(host), std::move(party));
            if (auto* found = std::get_if<dns::Found<asio::ip::address>>(&answer))
                addresses = std::move(found->records);
        }
        std::erase_if(addresses, [&](const asio::ip::address& address) { return !self.services.may_push_to(address); });
        co_return addresses;
    }

    // RFC 8030 §5, §8.4.
    static asio::awaitable<Step> judge(Implementation& self, storage::AccountId account, Device& device,
                                       const https::Outcome& outcome) {
        if (!outcome) co_return self.failed(account, device, outcome.error().text, 0);
        if (outcome->status / 100 == 2) {
            device.failures = 0;
            device.not_before = 0;
            co_return Step::told;
        }
        const std::string reason = "the push service answers " + std::to_string(outcome->status);
        if (std::ranges::find(status_gone, outcome->status) != std::end(status_gone)) {
            self.log("push-ended", account, device, reason);
            co_await self.services.store.write(storage::remove_push_subscription(account, device.row.id));
            co_return Step::ended;
        }
        const bool may_wish = outcome->status == status_too_many_requests || outcome->status / 100 == 5;
        co_return self.failed(account, device, reason, may_wish ? retry_after(*outcome) : 0);
    }

    Step failed(storage::AccountId account, Device& device, const std::string& reason, std::int64_t wish) const {
        log("push-failed", account, device, reason);
        const std::int64_t own = first_back_off << std::min(device.failures, 6u);
        device.not_before = services.now() + std::min(std::max(own, wish), longest_back_off);
        ++device.failures;
        if (device.row.verified || device.failures < most_unverified_attempts) return Step::failed;
        // Nobody there has ever taken anything: it expires.
        device.verification_sent = true;
        return Step::nothing;
    }
};

Pusher::Pusher(Services services, Options options)
    : implementation_(std::make_shared<Implementation>(std::move(services), std::move(options))) {}

Pusher::~Pusher() = default;

void Pusher::start(const asio::any_io_executor& executor) {
    Implementation& self = *implementation_;
    self.executor = executor;
    self.accounts = self.services.store.subscribe_accounts(
        self.on_executor([](Implementation& pusher, storage::AccountId account) { pusher.look_at(account); }));
    net::spawn("push", executor, Implementation::begin(implementation_));
}

std::size_t Pusher::devices() const {
    std::size_t count = 0;
    for (const auto& [account, one] : implementation_->watched) count += one.devices.size();
    return count;
}

void Pusher::stop() {
    if (!implementation_->executor) return;
    asio::post(*implementation_->executor, [self = implementation_] {
        self->stopped = true;
        self->accounts = {};
        self->watched.clear();
    });
}

}  // namespace server::push
