// Mail hosts. RFC 5321 §5.1, RFC 7505.
#include "protocols/dns/mail_hosts.h"

#include <doctest/doctest.h>

TEST_CASE("hosts stand in order of preference, equals in random order") {
    const std::vector<dns::Mx> records = {{20, "c.test"}, {10, "a.test"}, {10, "b.test"}, {30, "a.test"}, {40, ""}};
    for (const std::size_t pick : {std::size_t{0}, std::size_t{1}}) {
        const auto hosts = dns::order_by_preference(records, [pick](std::size_t below) { return pick % below; }, 10);
        REQUIRE(hosts.size() == 3);
        CHECK(hosts[0].preference == 10);
        CHECK(hosts[1].preference == 10);
        CHECK(hosts[2].name == "c.test");
    }
    CHECK(dns::order_by_preference(records, [](std::size_t) { return std::size_t{0}; }, 2).size() == 2);
}

TEST_CASE("domains become A-labels") {
    CHECK(dns::to_a_labels("Example.ORG.") == "example.org");
    CHECK(dns::to_a_labels("bücher.example") == "xn--bcher-kva.example");  // RFC 3492's well-known case
    CHECK_FALSE(dns::to_a_labels("").has_value());
    CHECK_FALSE(dns::to_a_labels(std::string(300, 'a')).has_value());
}

TEST_CASE("a path keeps its local part") {
    CHECK(dns::with_ascii_domain("b\u00fcro@m\u00fcnchen.test") == "b\u00fcro@xn--mnchen-3ya.test");
    CHECK(dns::with_ascii_domain("a@B.example") == "a@B.example");
    CHECK(dns::with_ascii_domain("a@[IPv6:::1]") == "a@[IPv6:::1]");
    CHECK(dns::with_ascii_domain("postmaster") == "postmaster");
}
