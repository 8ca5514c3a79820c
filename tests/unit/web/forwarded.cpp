// The client behind proxies, as reported by honest proxies and by hostile clients. RFC 7239 §4, §6, §8.1.
#include "web/forwarded.h"

#include <doctest/doctest.h>

using web::Client;
using web::ForwardedFields;

namespace {

// 10.0.0.1, 10.0.0.2 and 2001:db8:1::1 are trusted proxies.
Client behind(const ForwardedFields& fields, const std::string& peer = "10.0.0.1", bool tls = false) {
    return web::client_behind({.address = peer, .tls = tls}, fields, [](const std::string& address) {
        return address == "10.0.0.1" || address == "10.0.0.2" || address == "2001:db8:1::1";
    });
}

std::string by_x(const std::string& field) {
    return behind({.forwarded = {}, .x_forwarded_for = field, .x_forwarded_proto = {}}).address;
}

std::string by_standard(const std::string& field) {
    return behind({.forwarded = field, .x_forwarded_for = {}, .x_forwarded_proto = {}}).address;
}

}  // namespace

TEST_CASE("from others than named proxies the fields mean nothing") {
    const ForwardedFields fields{
        .forwarded = "for=192.0.2.1;proto=https", .x_forwarded_for = "192.0.2.1", .x_forwarded_proto = "https"};
    CHECK(behind(fields, "203.0.113.9") == Client{.address = "203.0.113.9", .tls = false});
    CHECK(behind(fields) == Client{.address = "192.0.2.1", .tls = true});
}

TEST_CASE("X-Forwarded-For: the rightmost that is no proxy of ours") {
    CHECK(by_x("192.0.2.1") == "192.0.2.1");
    CHECK(by_x("192.0.2.1, 10.0.0.2") == "192.0.2.1");
    CHECK(by_x("192.0.2.1,2001:db8:1::1,10.0.0.2") == "192.0.2.1");
    CHECK(by_x("192.0.2.1:4711") == "192.0.2.1");
    CHECK(by_x("2001:DB8::7") == "2001:db8::7");
    CHECK(by_x("[2001:db8::7]:4711") == "2001:db8::7");
    CHECK(by_x("::ffff:192.0.2.1") == "192.0.2.1");
    CHECK(by_x("10.0.0.2") == "10.0.0.2");  // a request of the proxy itself
    CHECK(by_x("") == "10.0.0.1");
}

TEST_CASE("what a hostile client writes in front changes nothing") {
    CHECK(by_x("198.51.100.1, 192.0.2.1") == "192.0.2.1");
    CHECK(by_x("10.0.0.2, 192.0.2.1") == "192.0.2.1");
    CHECK(by_x("127.0.0.1, 10.0.0.1, 192.0.2.1, 10.0.0.2") == "192.0.2.1");
    CHECK(by_x("\", 192.0.2.1") == "192.0.2.1");
    CHECK(by_x(std::string(8000, ',') + "192.0.2.1") == "192.0.2.1");
    CHECK(by_standard("for=198.51.100.1, for=192.0.2.1") == "192.0.2.1");
    CHECK(by_standard("for=\"198.51.100.1, for=192.0.2.1") == "192.0.2.1");
    CHECK(by_standard("for=\"x, for=\"[2001:db8::7]\"") == "2001:db8::7");
    CHECK(by_standard("\\\", for=\"[2001:db8::7]:80\";proto=http") == "2001:db8::7");
    CHECK(by_standard("secret=\"a, for=10.0.0.2;x=\", for=192.0.2.1") == "192.0.2.1");
}

TEST_CASE("Forwarded: its pairs, quotes and ports; names that are no addresses end the search") {
    CHECK(by_standard("for=192.0.2.1") == "192.0.2.1");
    CHECK(by_standard("For=\"[2001:db8:cafe::17]:4711\"") == "2001:db8:cafe::17");  // RFC 7239 §4
    CHECK(by_standard("for=192.0.2.60;proto=http;by=203.0.113.43") == "192.0.2.60");
    CHECK(by_standard("by=203.0.113.43 ; FOR = \"192.0.2.60:80\"") == "192.0.2.60");
    CHECK(by_standard("for=192.0.2.1, for=10.0.0.2;by=10.0.0.1") == "192.0.2.1");
    CHECK(by_standard("for=192.0.2.1, for=unknown") == "10.0.0.1");
    CHECK(by_standard("for=192.0.2.1, for=_hidden, for=10.0.0.2") == "10.0.0.2");
    CHECK(by_standard("for=192.0.2.1, ") == "10.0.0.1");
    CHECK(by_standard("by=192.0.2.1") == "10.0.0.1");
}

TEST_CASE("nothing that is no address is taken for one") {
    for (const char* field : {"localhost", "192.0.2", "192.0.2.256", "1", "fe80::1%eth0", "[2001:db8::7",
                              "[2001:db8::7]x", "192.0.2.1 192.0.2.2", "::1:", "192.0.2.1\r\nX: y"}) {
        CAPTURE(field);
        CHECK(by_x(field) == "10.0.0.1");
        CHECK(by_standard("for=" + std::string(field)) == "10.0.0.1");
    }
}

TEST_CASE("both fields must agree: a proxy may pass on the one that it does not write") {
    const auto both = [](const std::string& standard, const std::string& customary) {
        return behind({.forwarded = standard, .x_forwarded_for = customary, .x_forwarded_proto = {}}).address;
    };
    CHECK(both("for=192.0.2.1", "192.0.2.1") == "192.0.2.1");
    CHECK(both("for=198.51.100.1", "192.0.2.1") == "10.0.0.1");
    CHECK(both("garbage", "192.0.2.1") == "10.0.0.1");
}

TEST_CASE("whether the client's own connection is encrypted") {
    const auto tls = [](const std::string& standard, const std::string& customary, const std::string& proto,
                        bool ours = false) {
        return behind({.forwarded = standard, .x_forwarded_for = customary, .x_forwarded_proto = proto}, "10.0.0.1",
                      ours)
            .tls;
    };
    CHECK(tls("for=192.0.2.1;proto=https", "", ""));
    CHECK_FALSE(tls("for=192.0.2.1;proto=http", "", "", true));
    CHECK(tls("for=192.0.2.1", "", "", true));  // not given: as on the connection to us
    CHECK(tls("for=192.0.2.1;proto=https, for=10.0.0.2;proto=http", "", ""));
    CHECK(tls("", "192.0.2.1", "https"));
    CHECK(tls("", "192.0.2.1", "HTTPS"));
    CHECK_FALSE(tls("", "192.0.2.1", "http", true));
    CHECK(tls("", "192.0.2.1, 10.0.0.2", "https"));
    CHECK(tls("", "192.0.2.1, 10.0.0.2", "https, http"));
    CHECK_FALSE(tls("", "198.51.100.1, 192.0.2.1", "https, http"));
    CHECK_FALSE(tls("", "", "https"));  // without an address it belongs to no hop
}
