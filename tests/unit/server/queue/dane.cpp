// Which TLSA records count, and whose they are. RFC 7672 §2.2.2, §3.1, §3.2.2; RFC 6698 §2.1.
#include "server/queue/dane.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using dns::Proof;
using dns::Tlsa;

TEST_CASE("TLSA records of other usages, selectors and matching types, and of wrong size, cannot be used") {
    const std::string sha256(32, 'a');
    const std::string sha512(64, 'b');
    const std::vector<Tlsa> good = {{3, 1, 1, sha256}, {2, 0, 2, sha512}, {2, 1, 0, "key"}, {3, 0, 0, "certificate"}};
    CHECK(server::queue::usable_associations(good).size() == good.size());
    const std::vector<Tlsa> bad = {{0, 1, 1, sha256}, {1, 1, 1, sha256}, {4, 1, 1, sha256},   {255, 1, 1, sha256},
                                   {3, 2, 1, sha256}, {3, 1, 3, sha256}, {3, 1, 1, sha512},   {3, 1, 2, sha256},
                                   {3, 1, 1, "a"},    {3, 1, 0, ""},     {2, 255, 1, sha256}, {3, 1, 255, sha256}};
    CHECK(server::queue::usable_associations(bad).empty());
    const auto mixed = server::queue::usable_associations({bad[0], good[0], bad[5]});
    REQUIRE(mixed.size() == 1);
    CHECK(mixed[0] == net::TlsAssociation{3, 1, 1, sha256});
}

TEST_CASE("TLSA records belong to where a secure alias leads, or to the name that is secure") {
    using Found = dns::Found<asio::ip::address>;
    using Names = std::vector<std::string>;
    const auto address = asio::ip::make_address("192.0.2.1");
    const auto bases = [&](const dns::Answer<asio::ip::address>& answer, bool alias) {
        return server::queue::tlsa_bases("mx.test", answer, alias);
    };
    CHECK(bases(Found{{address}, Proof::secure, "mx.test"}, false) == Names{"mx.test"});
    CHECK(bases(Found{{address}, Proof::secure, "host.test"}, false) == Names{"host.test", "mx.test"});
    CHECK(bases(Found{{address}, Proof::insecure, "mx.test"}, false).empty());
    CHECK(bases(Found{{address}, Proof::insecure, "host.test"}, false).empty());
    CHECK(bases(Found{{address}, Proof::insecure, "host.test"}, true) == Names{"mx.test"});
    CHECK(bases(dns::NoData{Proof::secure}, false).empty());
    CHECK(bases(dns::Bogus{""}, true).empty());
}

TEST_CASE("a certificate by DANE-TA may be for the records' name, the host or the domain") {
    const server::queue::Dane dane{.base = "host.test", .associations = {{2, 0, 1, "x"}}};
    const auto identity = server::queue::identity_of(dane, "mx.test", "example.test");
    CHECK(identity.name == "host.test");
    CHECK(identity.other_names == std::vector<std::string>{"mx.test", "example.test"});
    CHECK(identity.associations == dane.associations);
    CHECK(server::queue::identity_of(dane, "host.test", "host.test").other_names.empty());
}
