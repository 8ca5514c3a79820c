// Clients behind one address: when a warning is due, and the gateways of a machine. CLIENTS.md 26.
#include "server/doors/hidden_clients.h"

#include <doctest/doctest.h>

#include "server/auth/gateways.h"
#include "server/config/config.h"

using namespace server;

namespace {

// How often it warns while this many connections come from there.
int times_told(HiddenClients& hidden_clients, std::string_view address, std::uint32_t connections) {
    int told = 0;
    for (std::uint32_t i = 0; i < connections; ++i) told += hidden_clients.tell(address) ? 1 : 0;
    return told;
}

}  // namespace

TEST_CASE("all from one private address: said once, when enough have come") {
    HiddenClients hidden_clients;
    CHECK(times_told(hidden_clients, "127.0.0.1", 100) == 0);  // a health check
    CHECK(times_told(hidden_clients, "172.17.0.1", HiddenClients::enough - 1) == 0);
    CHECK(times_told(hidden_clients, "::1", 100) == 0);
    CHECK(times_told(hidden_clients, "::ffff:172.17.0.1", 1) == 1);
    CHECK(times_told(hidden_clients, "172.17.0.1", 100) == 0);
}

TEST_CASE("different addresses, or a public one, are nothing to speak of") {
    HiddenClients different;
    CHECK(times_told(different, "192.168.1.5", HiddenClients::enough - 1) == 0);
    CHECK(times_told(different, "192.168.1.6", 1) == 0);
    CHECK(times_told(different, "192.168.1.5", 100) == 0);
    HiddenClients open;
    CHECK(times_told(open, "192.0.2.1", 100) == 0);
}

TEST_CASE("private addresses") {
    const struct {
        const char* address;
        bool is_private;
    } rows[] = {{"10.0.0.1", true},        {"172.16.0.1", true},   {"172.31.255.255", true}, {"172.32.0.1", false},
                {"192.168.0.1", true},     {"192.169.0.1", false}, {"100.64.0.1", true},     {"100.128.0.1", false},
                {"169.254.1.1", true},     {"127.0.0.1", false},   {"127.0.0.2", false},     {"192.0.2.1", false},
                {"fd00::1", true},         {"fe80::1%eth0", true}, {"2001:db8::1", false},   {"::1", false},
                {"::ffff:10.1.2.3", true}, {"11.0.0.1", false}};
    for (const auto& row : rows) {
        CAPTURE(row.address);
        CHECK(auth::is_private(*auth::parse_address(row.address)) == row.is_private);
    }
}

TEST_CASE("gateways are where default routes lead, the private ones") {
    constexpr std::string_view header =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
    const std::string in_container = std::string(header) +
                                     "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                                     "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
                                     "eth1\t0000A8C0\t0100A8C0\t0003\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
    const std::string ipv6 =
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 "
        "00000400 00000001 00000000 00000003 eth0\n"
        "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 00000000000000000000000000000000 "
        "00000100 00000001 00000000 00000001 eth0\n";
    const std::vector<auth::AddressOctets> found = auth::parse_gateways(in_container, ipv6);
    REQUIRE(found.size() == 2);
    CHECK(found[0] == *auth::parse_address("172.17.0.1"));
    CHECK(found[1] == *auth::parse_address("fd00::1"));
    // 192.0.2.1 is not a private address.
    CHECK(auth::parse_gateways("eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n", "").empty());
    for (const std::string_view broken : {"", "eth0", "eth0 00000000 XYZ 0003 0 0 0 00000000", "\n\n"}) {
        CHECK(auth::parse_gateways(broken, broken).empty());
    }
}

TEST_CASE("no private range may log in without TLS, or speak for others, unless config says so") {
    const Config defaults;
    for (const char* address : {"10.0.0.1", "172.17.0.1", "192.168.1.1", "100.64.0.1", "fd00::1"}) {
        CHECK_FALSE(auth::any_contains(defaults.auth.plaintext_from, address));
        CHECK_FALSE(auth::any_contains(defaults.server.proxy_from, address));
    }
}
