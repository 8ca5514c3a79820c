// Which servers get a route's password: RFC 8314 §3, RFC 9525 §6.3 (names). With the test's own certificates and peers.
#include <algorithm>
#include <fstream>

#include "storage/delivery_attempts.h"
#include "tests/unit/server/queue/certificate_authority.h"
#include "tests/unit/server/queue/queue_house.h"
#include "tests/unit/server/queue/tls_peer.h"

using namespace queue_test;
using server::Route;
using server::RouteTls;

namespace {

// A relay for all domains at 127.0.0.2, "relay.test", and its certificate authority.
struct Relay {
    Relay() {
        house.address("relay.test", 2);
        ours.write(ca_file);
    }
    Route route(RouteTls tls = RouteTls::automatic) const {
        return {"*", "relay.test", house.port, tls, "me", "secret", ca_file};
    }
    void listen(net::Certificate certificate, bool implicit = false) {
        peer = std::make_unique<TlsPeer>(*house.loop, "127.0.0.2", house.port, std::move(certificate), implicit);
    }
    bool was_told(const std::string& words) const {
        return std::ranges::any_of(house.log.lines, [&](const std::string& line) {
            return line.starts_with("not-connected") && line.find(words) != std::string::npos;
        });
    }

    QueueHouse house;
    CertificateAuthority ours{"Ours"};
    CertificateAuthority other{"Other"};
    std::string ca_file = house.directory() / "ca.pem";
    std::unique_ptr<TlsPeer> peer;
};

}  // namespace

TEST_CASE("a relay that the CA file vouches for gets the password, and the mail") {
    for (const RouteTls tls : {RouteTls::automatic, RouteTls::required, RouteTls::implicit}) {
        CAPTURE(static_cast<int>(tls));
        Relay relay;
        relay.listen(relay.ours.issue("DNS:other.test,DNS:relay.test"), tls == RouteTls::implicit);
        relay.house.options.outbound.routes = {relay.route(tls)};
        relay.house.put({"x@there.test"});
        relay.house.start();
        relay.house.until([&] { return relay.house.log.final.contains("x@there.test"); }, "an outcome");
        CHECK(relay.house.log.final["x@there.test"] == std::vector<std::string>{"relayed"});
        CHECK(relay.peer->saw().log_ins == std::vector<std::string>{"me secret"});
        CHECK(relay.peer->saw().taken.size() == 1);
        const auto attempts = relay.house.store->read_now(storage::attempts_of({1}, 10));
        REQUIRE(attempts->size() == 1);
        CHECK(attempts->front().host == "relay.test");
        CHECK(attempts->front().address == "127.0.0.2");
        CHECK(attempts->front().protection == "route");
        CHECK(attempts->front().tls.starts_with("TLSv1.3 TLS_"));
    }
}

TEST_CASE("an attempt is written down with what protected it: any certificate, or nothing") {
    for (const bool tls : {true, false}) {
        CAPTURE(tls);
        Relay relay;
        if (tls) {
            relay.listen(relay.other.issue("DNS:who.test"));
            relay.house.options.outbound.routes = {relay.route(RouteTls::opportunistic)};
        } else {
            relay.house.peer(2, {});
            relay.house.options.outbound.routes = {{"*", "relay.test", relay.house.port, RouteTls::none, "", ""}};
        }
        relay.house.put({"x@there.test"});
        relay.house.start();
        relay.house.until([&] { return relay.house.log.final.contains("x@there.test"); }, "an outcome");
        const auto attempts = relay.house.store->read_now(storage::attempts_of({1}, 10));
        REQUIRE(attempts->size() == 1);
        CHECK(attempts->front().protection == (tls ? "opportunistic" : "none"));
        CHECK(attempts->front().tls.empty() != tls);
        CHECK(attempts->front().outcome == storage::RecipientState::relayed);
    }
}

TEST_CASE("a relay that did not prove who it is never sees the password: the mail waits, and the log says why") {
    struct Row {
        const char* name;
        std::function<net::Certificate(const Relay&)> certificate;
        const char* words;
    };
    const Row rows[] = {
        {"another name", [](const Relay& relay) { return relay.ours.issue("DNS:elsewhere.test"); },
         "hostname mismatch"},
        {"a name that only begins so", [](const Relay& relay) { return relay.ours.issue("DNS:relay.test.evil.test"); },
         "hostname mismatch"},
        {"a wildcard within a label (RFC 9525 §6.3)",
         [](const Relay& relay) { return relay.ours.issue("DNS:rel*.test"); }, "hostname mismatch"},
        {"expired", [](const Relay& relay) { return relay.ours.issue("DNS:relay.test", -3, -1); },
         "certificate has expired"},
        {"not valid yet", [](const Relay& relay) { return relay.ours.issue("DNS:relay.test", 1, 3); },
         "certificate is not yet valid"},
        {"self-signed", [](const Relay&) { return self_signed("DNS:relay.test"); }, "self-signed certificate"},
        {"another CA", [](const Relay& relay) { return relay.other.issue("DNS:relay.test"); },
         "unable to get local issuer certificate"},
    };
    for (const Row& row : rows) {
        for (const RouteTls tls : {RouteTls::automatic, RouteTls::required, RouteTls::implicit}) {
            CAPTURE(row.name);
            CAPTURE(static_cast<int>(tls));
            Relay relay;
            relay.listen(row.certificate(relay), tls == RouteTls::implicit);
            relay.house.options.outbound.routes = {relay.route(tls)};
            relay.house.put({"x@there.test"});
            relay.house.start();
            const auto deferred = [&](int times) {
                return [&, times] { return relay.house.log.deferred["x@there.test"] >= times; };
            };
            relay.house.until(deferred(1), "put off");
            relay.house.advance_until(deferred(2), "put off again");
            CHECK(relay.peer->saw().connections > 1);
            CHECK(relay.peer->saw().log_ins.empty());
            CHECK(relay.peer->saw().taken.empty());
            CHECK(relay.house.log.final.empty());
            CHECK(relay.house.bounces().empty());
            CHECK(relay.was_told(row.words));
        }
    }
}

TEST_CASE("a relay that is named by its address is known by its address") {
    for (const auto& [names, delivered] : {std::pair{"IP:127.0.0.2", true}, std::pair{"DNS:127.0.0.2", false}}) {
        CAPTURE(names);
        Relay relay;
        relay.listen(relay.ours.issue(names));
        Route route = relay.route();
        route.host = "127.0.0.2";
        relay.house.options.outbound.routes = {route};
        relay.house.put({"x@there.test"});
        relay.house.start();
        relay.house.until([&] { return !relay.house.log.final.empty() || !relay.house.log.deferred.empty(); }, "tried");
        CHECK(relay.house.log.final.contains("x@there.test") == delivered);
        CHECK(relay.peer->saw().log_ins.size() == (delivered ? 1 : 0));
    }
}

TEST_CASE("routes to one host that differ in CA file or user share no connection") {
    // In either order: neither route uses the other's trust or log-in.
    for (const bool turned : {false, true}) {
        CAPTURE(turned);
        Relay relay;
        relay.listen(relay.ours.issue("DNS:relay.test"));
        Route trusting = relay.route();
        trusting.domain = turned ? "b.test" : "a.test";
        Route doubting = trusting;
        doubting.domain = turned ? "a.test" : "b.test";
        doubting.ca_file = relay.house.directory() / "other.pem";
        relay.other.write(doubting.ca_file);
        Route another = trusting;
        another.domain = "c.test";
        another.username = "she";
        another.password = "hers";
        relay.house.options.outbound.routes = {trusting, doubting, another};
        relay.house.put({"x@a.test", "x@b.test", "x@c.test"});
        relay.house.start();
        relay.house.until([&] { return relay.house.log.final.size() == 2 && relay.house.log.deferred.size() == 1; },
                          "three outcomes");
        CHECK(relay.house.log.final.contains("x@" + trusting.domain));
        CHECK(relay.house.log.deferred.contains("x@" + doubting.domain));
        std::vector<std::string> log_ins = relay.peer->saw().log_ins;
        std::ranges::sort(log_ins);
        CHECK(log_ins == std::vector<std::string>{"me secret", "she hers"});
        for (const auto& [user, message] : relay.peer->saw().taken)
            CHECK(message.recipients == std::vector<std::string>{"x@" + (user == "she" ? "c.test" : trusting.domain)});
    }
}

TEST_CASE("a refused log-in is a warning that names user and reason; a reload with the right password sends at once") {
    Relay relay;
    relay.listen(relay.ours.issue("DNS:relay.test"));
    relay.peer->expect("changed");
    Route route = relay.route();
    relay.house.options.outbound.routes = {route};
    for (int i = 0; i < 3; ++i) relay.house.put({"x" + std::to_string(i) + "@there.test"});
    relay.house.start();
    relay.house.until([&] { return relay.house.log.deferred.size() == 3; }, "put off");
    CHECK(std::ranges::count(relay.house.log.warnings, "log-in-failed") == 1);
    CHECK(std::ranges::any_of(relay.house.log.lines, [&](const std::string& line) {
        return line.starts_with("log-in-failed next-hop=relay relay.test:") &&
               line.contains(" tls=required as me vouched for by ") && line.contains(" username=me ") &&
               line.ends_with(" reason=4.7.8 log-in refused: 535 5.7.8 not you");
    }));
    route.password = "changed";
    relay.house.options.outbound.routes = {route};
    relay.house.advance(0);  // the clock stands still
    relay.house.until([&] { return relay.house.log.final.size() == 3; }, "all sent");
    CHECK(relay.peer->saw().taken.size() == 3);
    CHECK(relay.house.queue_is_empty());
}

TEST_CASE("mail that waits for a route goes out at once when a reload leads it to another host") {
    Relay relay;
    relay.listen(relay.ours.issue("DNS:relay.test"));
    relay.peer->expect("changed");
    relay.house.options.outbound.routes = {relay.route()};
    relay.house.put({"x@there.test"});
    relay.house.start();
    relay.house.until([&] { return relay.house.log.deferred.contains("x@there.test"); }, "put off");
    FakePeer& other = relay.house.peer(3);
    relay.house.options.outbound.routes = {{"*", "127.0.0.3", relay.house.port, RouteTls::none, "", ""}};
    relay.house.advance(0);
    relay.house.until([&] { return relay.house.log.final.contains("x@there.test"); }, "an outcome");
    CHECK(other.saw().taken.size() == 1);
}

TEST_CASE("a reload while a log-in with the old password is tried: its failure is not the new one's") {
    Relay relay;
    relay.listen(relay.ours.issue("DNS:relay.test"));
    relay.peer->expect("changed");
    Route route = relay.route();
    relay.house.options.outbound.routes = {route};
    relay.peer->at_log_in([&] {
        if (relay.peer->saw().log_ins.size() > 1) return;
        route.password = "changed";
        relay.house.options.outbound.routes = {route};
        relay.house.advance(0);
    });
    relay.house.put({"x@there.test"});
    relay.house.start();
    relay.house.until([&] { return relay.house.log.final.contains("x@there.test"); }, "an outcome");
    CHECK(relay.peer->saw().log_ins.size() == 2);
    CHECK(relay.house.log.deferred.empty());
}

TEST_CASE("a CA file is read anew at a reload") {
    Relay relay;
    relay.listen(relay.ours.issue("DNS:relay.test"));
    relay.other.write(relay.ca_file);
    relay.house.options.outbound.routes = {relay.route()};
    relay.house.put({"x@there.test"});
    relay.house.start();
    relay.house.until([&] { return relay.house.log.deferred["x@there.test"] == 1; }, "put off");
    relay.ours.write(relay.ca_file);
    relay.house.advance_until([&] { return relay.house.log.final.contains("x@there.test"); }, "an outcome");
    CHECK(relay.house.log.final["x@there.test"] == std::vector<std::string>{"relayed"});
}

// RFC 8689 §4.2.1: the host of a route is not looked up, but must prove who it is, and announce REQUIRETLS.
TEST_CASE(
    "REQUIRETLS goes over a route to a host that announces it and is vouched for; else the sender hears at once") {
    struct Row {
        const char* name;
        RouteTls tls;
        bool announces;
        bool ours;
        const char* status;  // "": it is sent
        const char* protection;
    };
    const Row rows[] = {
        {"all is there", RouteTls::required, true, true, "", "route+requiretls"},
        {"any TLS would do, but not now", RouteTls::opportunistic, true, true, "", "pkix+requiretls"},
        {"not announced", RouteTls::required, false, true, "5.7.30", ""},
        {"another authority", RouteTls::opportunistic, true, false, "5.7.10", ""},
        {"a route without TLS", RouteTls::none, true, true, "5.7.10", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        Relay relay;
        relay.house.tls_wish = storage::TlsWish::required;
        relay.listen((row.ours ? relay.ours : relay.other).issue("DNS:relay.test"));
        if (row.announces) relay.peer->announce("REQUIRETLS");
        relay.house.options.outbound.routes = {relay.route(row.tls)};
        relay.house.put({"x@there.test"});
        relay.house.start();
        relay.house.until([&] { return relay.house.log.final.contains("x@there.test"); }, "an outcome");
        const bool sent = *row.status == '\0';
        REQUIRE(relay.peer->saw().taken.size() == (sent ? 1 : 0));
        if (sent) CHECK(relay.peer->saw().taken[0].second.mail.ends_with(" REQUIRETLS"));
        CHECK(relay.house.log.deferred.empty());
        const auto attempts = relay.house.store->read_now(storage::attempts_of({1}, 10));
        REQUIRE(attempts->size() == 1);
        CHECK(attempts->front().protection == row.protection);
        if (sent) continue;
        CHECK(attempts->front().status == row.status);
        REQUIRE(relay.house.bounces().size() == 1);
        CHECK(relay.house.bounces()[0].contains("Status: " + std::string(row.status)));
        CHECK(relay.house.bounces()[0].contains("Content-Type: text/rfc822-headers"));  // RFC 8689 §5
        CHECK_FALSE(relay.house.bounces()[0].contains("\r\nhello\r\n"));
    }
}

// RFC 8689 §5.
TEST_CASE("a bounce with REQUIRETLS is sent where the demand cannot be kept, and says it where it can") {
    for (const bool announces : {true, false}) {
        CAPTURE(announces);
        Relay relay;
        relay.house.tls_wish = storage::TlsWish::required;
        relay.listen(relay.ours.issue("DNS:relay.test"));
        if (announces) relay.peer->announce("REQUIRETLS");
        relay.house.options.outbound.routes = {relay.route(RouteTls::required)};
        relay.house.put({"x@there.test"}, "hello", "");
        relay.house.start();
        relay.house.until([&] { return relay.house.log.final.contains("x@there.test"); }, "an outcome");
        REQUIRE(relay.peer->saw().taken.size() == 1);
        CHECK(relay.peer->saw().taken[0].second.mail.ends_with(" REQUIRETLS") == announces);
    }
}

TEST_CASE("a message that demands nothing goes to hosts that do not announce REQUIRETLS, beside one that does") {
    Relay relay;
    relay.listen(relay.ours.issue("DNS:relay.test"));
    relay.house.options.outbound.routes = {relay.route(RouteTls::required)};
    relay.house.put({"x@there.test"});
    relay.house.tls_wish = storage::TlsWish::required;
    relay.house.put({"y@there.test"});
    relay.house.start();
    relay.house.until([&] { return relay.house.log.final.size() == 2; }, "two outcomes");
    CHECK(relay.house.log.final["x@there.test"] == std::vector<std::string>{"relayed"});
    CHECK(relay.house.log.final["y@there.test"] == std::vector<std::string>{"failed"});
}

TEST_CASE("a bounce of a message with REQUIRETLS demands it, too; a report says what protected the delivery") {
    Relay relay;
    relay.house.submitted = true;
    relay.house.notify = storage::dsn_notify::success;
    relay.listen(relay.ours.issue("DNS:relay.test"));
    relay.peer->announce("REQUIRETLS");
    relay.house.tls_wish = storage::TlsWish::required;
    relay.house.options.outbound.routes = {relay.route(RouteTls::required)};
    relay.house.put({"x@there.test"}, "hello", "alice@elsewhere.test");
    relay.house.start();
    relay.house.until([&] { return relay.peer->saw().taken.size() == 2; }, "the message and its report");
    const TakenMessage& report = relay.peer->saw().taken[1].second;
    CHECK(report.mail.starts_with("MAIL FROM:<>"));
    CHECK(report.mail.ends_with(" REQUIRETLS"));
    CHECK(report.content.contains("\r\nAction: relayed\r\n"));
    CHECK(report.content.contains("\r\nX-Transport-Protection: route+requiretls\r\n"));
}
