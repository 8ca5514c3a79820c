// What a sender's wish about TLS makes of a next hop. RFC 8689 §4.2, §5.
#include "server/queue/next_hop.h"

#include <doctest/doctest.h>

using namespace server::queue;
using server::Route;
using storage::TlsWish;

namespace {

NextHop looked_up_hop(bool secure, sts::Mode mode, std::initializer_list<bool> named) {
    std::vector<MailHost> hosts;
    for (const bool one : named) hosts.push_back({.name = "mx" + std::to_string(hosts.size()), .named = one});
    NextHop hop = mail_hosts({}, std::move(hosts));
    hop.domain = "there.test";
    hop.secure = secure;
    hop.sts = mode;
    return hop;
}

}  // namespace

TEST_CASE("REQUIRETLS: of hosts that the DNS names without a proof, those are left that a policy names") {
    struct Row {
        bool secure;
        sts::Mode mode;
        std::size_t left;
    };
    for (const auto& [secure, mode, left] :
         {Row{false, sts::Mode::none, 0}, Row{false, sts::Mode::testing, 1}, Row{false, sts::Mode::enforce, 1},
          Row{true, sts::Mode::none, 3}, Row{true, sts::Mode::testing, 3}}) {
        CAPTURE(secure);
        CAPTURE(static_cast<int>(mode));
        NextHop hop = looked_up_hop(secure, mode, {false, true, false});
        const std::string key = hop.key;
        apply(TlsWish::required, hop);
        CHECK(hop.hosts.size() == left);
        CHECK(hop.key == "requiretls " + key);
        CHECK(hop.wish == TlsWish::required);
    }
}

TEST_CASE("no other wish takes hosts away; without one the next hop stays what it is") {
    NextHop hop = looked_up_hop(false, sts::Mode::none, {true, true});
    const std::string key = hop.key;
    apply(TlsWish::by_policy, hop);
    CHECK(hop.key == key);
    apply(TlsWish::optional, hop);
    CHECK(hop.key == "tls-optional " + key);
    CHECK(hop.hosts.size() == 2);
}

TEST_CASE("a route is not looked up: the demand leaves its host; TLS-Required: No is not about it") {
    const Route route{.domain = "*", .host = "relay.test", .port = 25};
    NextHop demanded = relay(route);
    const std::string key = demanded.key;
    apply(TlsWish::required, demanded);
    CHECK(demanded.hosts.size() == 1);
    CHECK(demanded.key == "requiretls " + key);
    NextHop optional = relay(route);
    apply(TlsWish::optional, optional);
    CHECK(optional.key == key);
    CHECK(optional.wish == TlsWish::by_policy);
}

TEST_CASE("a bounce goes as it can") {
    storage::QueueMessage message;
    message.tls_wish = TlsWish::required;
    CHECK(wish_for(message) == TlsWish::by_policy);
    message.reverse_path = "alice@here.test";
    CHECK(wish_for(message) == TlsWish::required);
    message.tls_wish = TlsWish::optional;
    message.reverse_path.clear();
    CHECK(wish_for(message) == TlsWish::optional);
}
