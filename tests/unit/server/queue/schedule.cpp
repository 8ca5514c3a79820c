// The queue's schedule, and which routes share a next hop. RFC 5321 §4.5.4.1, §5.1.
#include <doctest/doctest.h>

#include <set>

#include "server/queue/next_hop.h"
#include "server/queue/schedule.h"

using namespace std::chrono_literals;

TEST_CASE("waits follow the schedule, the last one repeats, and the last attempt falls on the end of the lifetime") {
    const server::queue::Schedule schedule{.waits = {5min, 15min}, .lifetime = 1h, .delay_notice_after = 30min};
    CHECK(schedule.next_attempt_at(1, 1000, 1000) == 1000 + 300);
    CHECK(schedule.next_attempt_at(2, 1000, 1300) == 1300 + 900);
    CHECK(schedule.next_attempt_at(9, 1000, 2000) == 2000 + 900);
    CHECK(schedule.next_attempt_at(3, 1000, 4000) == 1000 + 3600);
    CHECK_FALSE(schedule.is_over(1000, 4599));
    CHECK(schedule.is_over(1000, 4600));
    CHECK_FALSE(schedule.is_delayed(1000, 2799));
    CHECK(schedule.is_delayed(1000, 2800));
    CHECK_FALSE(server::queue::Schedule{.waits = {5min}, .lifetime = 1h}.is_delayed(0, 1'000'000));
}

TEST_CASE("a host's addresses are tried with the families in turn, and the config says which is first") {
    const auto order = [](std::initializer_list<const char*> given, bool ipv6_first) {
        std::vector<asio::ip::address> addresses;
        for (const char* address : given) addresses.push_back(asio::ip::make_address(address));
        std::string out;
        for (const asio::ip::address& address : server::queue::families_in_turn(addresses, ipv6_first))
            out += address.to_string() + " ";
        return out;
    };
    CHECK(order({"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"}, false) ==
          "192.0.2.1 2001:db8::1 192.0.2.2 192.0.2.3 ");
    CHECK(order({"192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"}, true) ==
          "2001:db8::1 192.0.2.1 192.0.2.2 192.0.2.3 ");
    CHECK(order({"2001:db8::1", "2001:db8::2"}, false) == "2001:db8::1 2001:db8::2 ");
    CHECK(order({}, true).empty());
}

TEST_CASE("routes are one next hop where host, port, TLS, user and CA file are the same; its key tells no password") {
    using server::Route;
    using server::RouteTls;
    const Route route{"a.test", "relay.test", 25, RouteTls::required, "me", "secret", "/ca.pem"};
    const auto key = [](const Route& of) { return server::queue::relay(of).key; };
    Route same = route;
    same.domain = "b.test";
    same.host = "Relay.Test";
    CHECK(key(same) == key(route));
    std::vector<Route> others(5, route);
    others[0].host = "relay2.test";
    others[1].port = 587;
    others[2].tls = RouteTls::implicit;
    others[3].username = "she";
    others[4].ca_file = "/other.pem";
    std::set<std::string> keys{key(route)};
    for (const Route& other : others) keys.insert(key(other));
    CHECK(keys.size() == 6);
    CHECK(key(route) == "relay relay.test:25 tls=required as me vouched for by /ca.pem");
    Route automatic = route;
    automatic.tls = RouteTls::automatic;
    CHECK(key(automatic) == key(route));
    const auto lanes = server::queue::queue_routes({route, others[4]}, 25);
    CHECK(lanes.at(0).lane != lanes.at(1).lane);
}

TEST_CASE("lanes are renewed by whatever changes how they are sent, and by nothing else") {
    using server::Route;
    using server::RouteTls;
    using Lanes = std::set<std::string>;
    const Route relay{"a.test", "relay.test", 587, RouteTls::required, "me", "secret", ""};
    const std::string lane = server::queue::relay(relay).key;
    const auto renewed = [](const std::vector<Route>& before, const std::vector<Route>& now) {
        return server::queue::renewed_lanes(before, now, 25);
    };
    CHECK(renewed({relay}, {relay}).empty());
    Route other = relay;
    other.domain = "b.test";
    CHECK(renewed({relay}, {relay, other}).empty());  // it moves its own mail
    other = relay;
    other.password = "changed";
    CHECK(renewed({relay}, {other}) == Lanes{lane});
    other.host = "relay2.test";
    CHECK(renewed({relay}, {other}) == Lanes{lane, server::queue::relay(other).key});
    const Route direct{"Mx.test", "", 0, RouteTls::required, "", "", ""};
    Route laxer = direct;
    laxer.tls = RouteTls::opportunistic;
    CHECK(renewed({direct}, {laxer}) == Lanes{"mx.test"});
    CHECK(renewed({}, {direct}) == Lanes{"mx.test"});
    laxer.domain = "*";
    CHECK(renewed({laxer}, {}) == Lanes{"*"});
}
