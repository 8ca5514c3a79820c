// Devices are told of changes, and only those that want to hear of them: RFC 8620 §7.2. The clock, the push services
// and the pauses are the test's own.
#include "server/push/pusher.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include "protocols/jose/p256_key.h"
#include "storage/push_subscriptions.h"
#include "tests/unit/server/temporary_house.h"

using namespace server::push;
using nlohmann::json;
using storage::PushSubscription;

namespace {

struct PushService final : https::Fetcher {
    std::vector<https::Request> taken;
    int status = 201;
    std::string retry_after;
    bool unreachable = false;

    asio::awaitable<https::Outcome> fetch(https::Request request) override {
        taken.push_back(std::move(request));
        if (unreachable) co_return std::unexpected(https::Failure{https::Fault::connect, "nobody is there"});
        https::Response response{.status = status};
        if (!retry_after.empty()) response.headers.emplace_back("retry-after", retry_after);
        co_return response;
    }
    json object(std::size_t i) const { return json::parse(taken.at(i).body); }
};

struct PushWorld {
    TemporaryHouse house;
    asio::io_context loop;
    PushService service;
    std::int64_t now = 1'800'000'000;
    std::vector<std::chrono::milliseconds> pauses;
    std::vector<asio::ip::address> found{asio::ip::make_address("192.0.2.7")};
    std::unique_ptr<Pusher> pusher;

    PushWorld() {
        pusher = std::make_unique<Pusher>(
            Services{.store = *house.store,
                     .log = house.log,
                     .fetcher = service,
                     .addresses = [this](std::string, std::string) -> asio::awaitable<dns::Answer<asio::ip::address>> {
                         co_return dns::Found<asio::ip::address>{.records = found};
                     },
                     .may_push_to = [](const asio::ip::address& to) { return !to.is_loopback(); },
                     .now = [this] { return now; },
                     .random_octets = [](std::size_t n) { return std::string(n, 'r'); },
                     .pause = [this](std::chrono::milliseconds time) -> asio::awaitable<void> {
                         pauses.push_back(time);
                         now += std::chrono::duration_cast<std::chrono::seconds>(time).count();
                         asio::steady_timer none(loop, std::chrono::milliseconds(0));
                         co_await none.async_wait(asio::use_awaitable);
                     }},
            Options{.contact = "mailto:postmaster@hamburger.edu"});
    }
    ~PushWorld() {
        pusher->stop();
        turn();
    }
    // Until so many devices are watched.
    void start(std::size_t devices) {
        pusher->start(loop.get_executor());
        until([&] { return pusher->devices() == devices; }, "they are watched");
    }
    void turn() {
        loop.restart();
        loop.run_for(std::chrono::milliseconds(30));
    }
    void until(const std::function<bool()>& so, const char* what) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!so() && std::chrono::steady_clock::now() < end) {
            loop.restart();
            loop.run_one_for(std::chrono::milliseconds(10));
        }
        REQUIRE_MESSAGE(so(), what);
    }
    void until_taken(std::size_t count) {
        until([&] { return service.taken.size() >= count; }, "a push is sent");
        turn();
        REQUIRE(service.taken.size() == count);
    }
    void subscribe(const std::string& id, bool verified = true,
                   std::optional<std::vector<std::string>> types = std::nullopt) {
        const PushSubscription made{.id = id,
                                    .log_in = {.account = house.bob, .generation = 1},
                                    .device = "phone",
                                    .url = "https://push.example/" + id,
                                    .verification_code = "code of " + id,
                                    .verified = verified,
                                    .expires_at = now + 100'000,
                                    .types = std::move(types)};
        REQUIRE(house.store->write_now(storage::add_push_subscription(made, 10, now)));
    }
    std::size_t subscribed() {
        return house.store->read_now(storage::list_push_subscriptions(house.bob, now)).value().size();
    }
    void change(const std::string& mailbox) {
        REQUIRE(house.store->write_now(storage::create_mailbox(house.bob, mailbox)));
    }
    bool told(const std::string& beginning) {
        return std::ranges::any_of(house.log.lines,
                                   [&](const std::string& line) { return line.starts_with(beginning); });
    }
};

}  // namespace

TEST_CASE("push: a new subscription is sent its code, once, and nothing else before it is verified (RFC 8620 §7.2.2)") {
    PushWorld world;
    world.start(0);
    world.turn();
    world.subscribe("one", false);
    world.until_taken(1);
    const https::Request& sent = world.service.taken[0];
    CHECK(sent.method == "POST");
    CHECK(sent.url == "https://push.example/one");
    CHECK(sent.addresses == world.found);
    CHECK_FALSE(sent.plain);
    CHECK(sent.redirects == 0);
    CHECK(world.service.object(0) ==
          json{{"@type", "PushVerification"}, {"pushSubscriptionId", "one"}, {"verificationCode", "code of one"}});
    const auto header = [&](const std::string& name) {
        const auto found = std::ranges::find(sent.headers, name, &std::pair<std::string, std::string>::first);
        return found == sent.headers.end() ? "" : found->second;
    };
    CHECK(header("Content-Type") == "application/json");
    CHECK(header("TTL") == "86400");
    CHECK(header("Authorization").starts_with("vapid t="));
    CHECK(header("Content-Encoding").empty());
    world.change("Lists");
    world.turn();
    CHECK(world.service.taken.size() == 1);
    // What has changed meanwhile is told at once, once it is verified.
    CHECK(world.house.store->write_now(storage::update_push_subscription(world.house.bob, "one", {.verified = true})));
    world.until_taken(2);
    CHECK(world.service.object(1).at("@type") == "StateChange");
}

TEST_CASE("push: a change is told with the states that differ, of the types that are wanted") {
    PushWorld world;
    world.subscribe("all");
    world.subscribe("arrivals", true, std::vector<std::string>{"EmailDelivery"});
    world.subscribe("lists", true, std::vector<std::string>{"Mailbox", "Unknown"});
    world.start(3);
    world.turn();
    CHECK(world.service.taken.empty());  // they know what was there before
    REQUIRE(world.house.store->write_now(storage::create_mailbox(world.house.bob, "Lists")));
    world.until_taken(2);
    std::map<std::string, json> by_url;
    for (std::size_t i = 0; i < 2; ++i) by_url[world.service.taken[i].url] = world.service.object(i);
    const std::string account = "A" + std::to_string(world.house.bob.value);
    const json& all = by_url.at("https://push.example/all").at("changed").at(account);
    CHECK(all.size() == 3);
    CHECK(all.contains("Email"));
    CHECK(all.contains("Thread"));
    const json& lists = by_url.at("https://push.example/lists").at("changed").at(account);
    CHECK(lists.size() == 1);
    CHECK(lists.at("Mailbox") == all.at("Mailbox"));
}

TEST_CASE("push: many changes become one, and the next waits for a while") {
    PushWorld world;
    world.subscribe("one");
    world.start(1);
    world.turn();
    for (const char* name : {"a", "b", "c", "d"}) world.change(name);
    world.until_taken(1);
    CHECK(std::ranges::count(world.pauses, std::chrono::milliseconds(500)) == 1);
    CHECK(std::ranges::count(world.pauses, std::chrono::milliseconds(5'000)) == 1);
}

TEST_CASE("push: a service that does not take it is asked again later, with what is true by then") {
    PushWorld world;
    world.subscribe("one");
    world.start(1);
    world.turn();
    world.service.unreachable = true;
    const std::int64_t began = world.now;
    world.change("a");
    world.until([&] { return world.service.taken.size() >= 3; }, "it is asked again");
    world.service.unreachable = false;
    const std::size_t failed = world.service.taken.size();
    world.until([&] { return world.service.taken.size() > failed; }, "it takes it");
    world.turn();
    CHECK(world.service.taken.size() == failed + 1);
    CHECK(world.now - began >= 60 + 120 + 240);
    CHECK(world.told("push-failed account_id=" + std::to_string(world.house.bob.value)));
    CHECK(world.subscribed() == 1);
}

TEST_CASE("push: 429 with Retry-After is heeded (RFC 8030 §8.4)") {
    PushWorld world;
    world.subscribe("one");
    world.start(1);
    world.turn();
    world.service.status = 429;
    world.service.retry_after = "1800";
    const std::int64_t began = world.now;
    world.change("a");
    world.until([&] { return world.service.taken.size() >= 2; }, "it is asked again");
    CHECK(world.now - began >= 1800);
    world.service.status = 201;
    const std::size_t failed = world.service.taken.size();
    world.until([&] { return world.service.taken.size() > failed; }, "it takes it");
}

TEST_CASE("push: a subscription that its service does not know any more is forgotten (RFC 8030 §7.3)") {
    PushWorld world;
    world.subscribe("one");
    world.start(1);
    world.turn();
    for (const int status : {404, 410}) {
        world.service.status = status;
        world.change("of " + std::to_string(status));
        world.until([&] { return world.subscribed() == 0; }, "it is forgotten");
        world.turn();
        world.until([&] { return world.pusher->devices() == 0; }, "it is not watched");
        world.subscribe("one");
        world.until([&] { return world.pusher->devices() == 1; }, "it is watched");
    }
}

TEST_CASE("push: what is no longer there, or whose password was changed, hears nothing") {
    PushWorld world;
    world.subscribe("one");
    world.start(1);
    world.turn();
    REQUIRE(world.house.store->write_now(storage::remove_push_subscription(world.house.bob, "one")));
    world.change("a");
    world.turn();
    CHECK(world.service.taken.empty());
    world.until([&] { return world.pusher->devices() == 0; }, "it is not watched");
    world.subscribe("two");
    world.until([&] { return world.pusher->devices() == 1; }, "it is watched");
    REQUIRE(world.house.store->write_now(storage::set_credentials(
        "bob@hamburger.edu", server::auth::make_credentials("another", TemporaryHouse::cheap))));
    world.change("b");
    world.turn();
    CHECK(world.service.taken.empty());
}

TEST_CASE("push: nothing is sent to addresses that nobody may be led to") {
    PushWorld world;
    world.subscribe("one", false);
    world.found = {asio::ip::make_address("127.0.0.1")};
    world.start(1);
    world.until([&] { return world.told("push-failed"); }, "it fails");
    world.turn();
    CHECK(world.service.taken.empty());
    CHECK(world.house.log.lines.back().contains("push.example has no public address"));
    // It is given up, not tried for ever.
    CHECK(std::ranges::count_if(world.house.log.lines,
                                [](const std::string& line) { return line.starts_with("push-failed"); }) == 5);
}
