// Mail goes to no private network because a recipient's domain says so. RFC 6890.
#include "server/queue/destinations.h"

#include <algorithm>

#include "server/queue/next_hop_lookup.h"
#include "tests/unit/server/queue/queue_house.h"

using namespace queue_test;
using namespace server::queue;
using asio::ip::make_address;

TEST_CASE("what is public, and what is special") {
    for (const char* text : {"8.8.8.8", "1.0.0.1", "172.15.255.255", "172.32.0.1", "223.255.255.255", "2606:4700::1",
                             "2a00:1450::1", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"}) {
        CAPTURE(text);
        CHECK(is_public(make_address(text)));
    }
    for (const char* text : {"0.0.0.0",      "10.1.2.3",         "100.64.0.1",      "127.0.0.1",
                             "127.9.9.9",    "169.254.169.254",  "172.16.0.1",      "192.0.2.1",
                             "192.168.0.1",  "198.18.0.1",       "198.51.100.1",    "203.0.113.1",
                             "224.0.0.1",    "240.0.0.1",        "255.255.255.255", "::",
                             "::1",          "fe80::1",          "fec0::1",         "fc00::1",
                             "fd00::1",      "ff02::1",          "2001:db8::1",     "2001::1",
                             "100::1",       "::ffff:127.0.0.1", "::127.0.0.1",     "64:ff9b::7f00:1",
                             "64:ff9b:1::1", "2002:7f00:1::1"}) {
        CAPTURE(text);
        CHECK_FALSE(is_public(make_address(text)));
    }
}

TEST_CASE("a literal must be in a configured network; what the DNS finds may also be public, but not ours") {
    OutboundOptions options;
    options.destination_networks = {*server::auth::Network::parse("10.1.0.0/16")};
    options.own_addresses = {make_address("8.8.4.4")};
    CHECK(takes_literal(make_address("10.1.2.3"), options));
    CHECK_FALSE(takes_literal(make_address("8.8.8.8"), options));
    CHECK(takes_found(make_address("10.1.2.3"), options));
    CHECK(takes_found(make_address("::ffff:10.1.2.3"), options));
    CHECK(takes_found(make_address("8.8.8.8"), options));
    CHECK_FALSE(takes_found(make_address("8.8.4.4"), options));
    CHECK_FALSE(takes_found(make_address("10.2.0.1"), options));
    options.destination_networks.push_back(*server::auth::Network::parse("0.0.0.0/0"));
    CHECK(takes_found(make_address("8.8.4.4"), options));
    const auto own = addresses_of_this_machine();
    CHECK(std::ranges::find(own, make_address("127.0.0.1")) != own.end());
}

TEST_CASE("a literal outside of the configured networks is forbidden, unless a route leads there") {
    OutboundOptions options;
    options.destination_networks = {*server::auth::Network::parse("10.1.0.0/16")};
    CHECK_FALSE(is_forbidden_literal("[10.1.2.3]", options));
    CHECK_FALSE(is_forbidden_literal("there.test", options));
    for (const char* literal : {"[10.2.0.1]", "[127.0.0.1]", "[IPv6:::1]", "[ipv6:::1]", "[IPv6:::ffff:127.0.0.1]",
                                "[8.8.8.8]", "[no-address]", "["}) {
        CAPTURE(literal);
        CHECK(is_forbidden_literal(literal, options));
    }
    options.routes = {{"[127.0.0.1]", "relay.test", 25, server::RouteTls::none, "", ""}};
    CHECK_FALSE(is_forbidden_literal("[127.0.0.1]", options));
}

TEST_CASE("mail to where it may not go comes back at once, and nobody is connected to; a route may lead there") {
    struct Row {
        const char* recipient;
        const char* status;
        bool routed;
    };
    for (const Row& row : {Row{"x@[127.0.0.2]", "5.1.2 mail does not go to [127.0.0.2]", false},
                           Row{"x@[IPv6:::ffff:127.0.0.2]", "5.1.2 mail does not go to [ipv6", false},
                           Row{"x@there.test", "5.1.2 mail does not go to 127.0.0.2, the address of a.test", false},
                           Row{"x@own.test", "5.4.6 mail for b.test would come back", false},
                           Row{"x@number.test", "5.1.2 mail does not go to 127.0.0.2", false},
                           Row{"x@there.test", "", true}, Row{"x@[127.0.0.2]", "", true}}) {
        CAPTURE(row.recipient);
        QueueHouse house;
        FakePeer& peer = house.peer(2);
        house.mx("there.test", 10, "a.test");
        house.address("a.test", 2);
        house.mx("own.test", 10, "b.test");
        house.address("b.test", 3);
        house.mx("number.test", 10, "127.0.0.2");
        house.options.outbound.destination_networks.clear();
        house.options.outbound.own_addresses = {make_address("127.0.0.3")};
        if (row.routed)
            house.options.outbound.routes = {{"*", "127.0.0.2", house.port, server::RouteTls::none, "", ""}};
        house.put({row.recipient});
        house.start();
        house.until([&] { return house.log.final.contains(row.recipient); }, "an outcome");
        CHECK(house.log.final[row.recipient] == std::vector<std::string>{row.routed ? "relayed" : "failed"});
        CHECK(peer.saw().connections == (row.routed ? 1 : 0));
        if (row.routed) continue;
        CHECK(std::ranges::any_of(house.log.lines, [&](const std::string& line) {
            return line.starts_with("failed ") && line.contains(row.status);
        }));
    }
}
