// When policies of other domains are fetched again, and how long they count. RFC 8461 §3.3, §5.1. The clock is a fake.
#include "server/queue/sts_policies.h"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <exception>

#include "tests/unit/server/queue/queue_house.h"

using namespace queue_test;
using server::queue::OutboundOptions;
using server::queue::StsPolicies;

namespace {

constexpr std::int64_t one_day = 86'400;

struct FakePolicyHost : https::Fetcher {
    asio::awaitable<https::Outcome> fetch(https::Request request) override {
        asked.push_back(std::move(request));
        if (away) co_return std::unexpected(https::Failure{.fault = https::Fault::connect, .text = "nobody is there"});
        co_return https::Response{.status = status, .headers = {{"content-type", "text/plain"}}, .body = policy};
    }
    void say(sts::Mode mode, std::uint32_t max_age) {
        policy = sts::render_policy({.mode = mode, .mx = {"mx.there.test"}, .max_age = max_age});
    }
    std::string policy;
    int status = 200;
    bool away = false;
    std::vector<https::Request> asked;
};

// The domain there.test, whose policy host is at 127.0.0.3.
struct StsScene {
    StsScene() {
        house.names.forbid_caching();
        announce("1");
        house.address("mta-sts.there.test", 3);
        host.say(sts::Mode::enforce, 30 * one_day);
    }
    ~StsScene() { resolver.stop(); }
    StsScene(const StsScene&) = delete;
    StsScene& operator=(const StsScene&) = delete;

    void announce(const std::string& id) {
        const std::string text = "v=STSv1; id=" + id + ";";
        house.names.replace(wire_name("_mta-sts.there.test"), 16, static_cast<char>(text.size()) + text);
    }
    std::optional<sts::Policy> ask() {
        std::optional<sts::Policy> found;
        bool done = false;
        const auto options = std::make_shared<const OutboundOptions>(house.options.outbound);
        asio::co_spawn(loop, policies.policy_of("a", "there.test", options),
                       [&](const std::exception_ptr& fault, std::optional<sts::Policy> policy) {
                           CHECK_FALSE(fault);
                           found = std::move(policy);
                           done = true;
                       });
        while (!done) {
            loop.restart();
            loop.run_one_for(1s);
        }
        return found;
    }
    // How many fetches more that makes, so much later.
    std::size_t fetches_after(std::int64_t seconds) {
        house.clock += seconds;
        const std::size_t before = host.asked.size();
        policy = ask();
        return host.asked.size() - before;
    }

    QueueHouse house;
    FakePolicyHost host;
    asio::io_context loop;
    dns::Resolver resolver{loop.get_executor(),
                           dns::ResolverOptions{.servers = {house.names.address()}, .timeout = 1s, .lookups = 64}};
    server::queue::TlsResults results;
    StsPolicies policies{resolver, &host, *house.store, house.log, results, [this] { return house.clock; }};
    std::optional<sts::Policy> policy;
};

}  // namespace

TEST_CASE("a policy is fetched once a day, or when half of its time is over") {
    for (const auto& [max_age, again_after] :
         {std::pair{30 * one_day, one_day}, std::pair{std::int64_t{1'000}, std::int64_t{500}}}) {
        CAPTURE(max_age);
        StsScene scene;
        scene.host.say(sts::Mode::enforce, static_cast<std::uint32_t>(max_age));
        CHECK(scene.fetches_after(0) == 1);
        CHECK(scene.fetches_after(again_after - 1) == 0);
        REQUIRE(scene.policy);
        scene.host.say(sts::Mode::testing, static_cast<std::uint32_t>(max_age));
        CHECK(scene.fetches_after(1) == 1);
        REQUIRE(scene.policy);
        CHECK(scene.policy->mode == sts::Mode::testing);
        // Its time begins anew.
        CHECK(scene.fetches_after(again_after - 1) == 0);
        CHECK(scene.fetches_after(1) == 1);
    }
}

TEST_CASE("a policy whose host is away counts until it expires; its host is asked every five minutes") {
    StsScene scene;
    CHECK(scene.fetches_after(0) == 1);
    CHECK_FALSE(scene.policies.is_out_of_reach("there.test"));
    scene.host.away = true;
    CHECK(scene.fetches_after(one_day) == 1);
    CHECK(scene.policy);
    CHECK(scene.policies.is_out_of_reach("there.test"));
    CHECK(scene.fetches_after(299) == 0);
    CHECK(scene.policy);
    CHECK(scene.fetches_after(1) == 1);
    CHECK(scene.policy);
    CHECK(scene.fetches_after(29 * one_day - 301) == 1);
    CHECK(scene.policy);
    CHECK(scene.fetches_after(1) == 0);
    CHECK_FALSE(scene.policy);
    scene.host.away = false;
    CHECK(scene.fetches_after(300) == 1);
    CHECK(scene.policy);
    CHECK_FALSE(scene.policies.is_out_of_reach("there.test"));
}

TEST_CASE("a new id has the new policy fetched at once, though not more than every five minutes if that fails") {
    StsScene scene;
    CHECK(scene.fetches_after(0) == 1);
    scene.announce("2");
    scene.host.status = 302;  // RFC 8461 §3.3: no redirect is followed
    scene.host.say(sts::Mode::none, one_day);
    CHECK(scene.fetches_after(1) == 1);
    CHECK(scene.host.asked.back().redirects == 0);
    REQUIRE(scene.policy);
    CHECK(scene.policy->mode == sts::Mode::enforce);
    scene.host.status = 200;
    CHECK(scene.fetches_after(299) == 0);
    CHECK(scene.fetches_after(1) == 1);
    REQUIRE(scene.policy);
    CHECK(scene.policy->mode == sts::Mode::none);
}

TEST_CASE("a policy host has no longer than any other server has") {
    StsScene scene;
    CHECK(scene.fetches_after(0) == 1);
    CHECK(scene.host.asked.back().timeout == 1s);  // as the house's options say
    scene.house.options.outbound.connect_timeout = 20ms;
    scene.house.options.outbound.timeouts.command = 1h;
    CHECK(scene.fetches_after(one_day) == 1);
    CHECK(scene.host.asked.back().timeout == 60s);
    CHECK(scene.host.asked.back().connect_timeout == 20ms);
}
