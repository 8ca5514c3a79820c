// Connection limits: in all, per address, exemptions. protocols/README.md "Network".
#include "server/doors/admission.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using server::Admission;
using server::budget::Share;

TEST_CASE("limits in all and for each address; places are given back") {
    Admission admission({.connections = 3, .connections_per_address = 2});
    std::vector<Admission::Ticket> kept;
    const auto come = [&](std::string_view address) -> std::optional<Admission::Limit> {
        Admission::Admitted admitted = admission.admit(address, Share::smtp);
        if (!admitted.ticket) return admitted.over;
        kept.push_back(std::move(*admitted.ticket));
        return std::nullopt;
    };
    CHECK_FALSE(come("192.0.2.1"));
    CHECK_FALSE(come("::ffff:192.0.2.1"));
    CHECK(come("192.0.2.1") == Admission::Limit::connections_per_address);
    CHECK_FALSE(come("192.0.2.2"));
    CHECK(come("192.0.2.3") == Admission::Limit::connections);
    for (int i = 0; i < 10; ++i) {
        CHECK_FALSE(come("127.0.0.1"));
        CHECK_FALSE(come("::1"));
    }
    CHECK(come("127.0.0.2") == Admission::Limit::connections);
    CHECK(admission.connections() == 3);
    kept.clear();
    CHECK(admission.connections() == 0);
    CHECK_FALSE(come("192.0.2.1"));
}

TEST_CASE("an IPv6 client counts as its /64") {
    Admission admission({.connections = 10, .connections_per_address = 1});
    const Admission::Admitted first = admission.admit("2001:db8::1", Share::smtp);
    CHECK(first.ticket);
    CHECK_FALSE(admission.admit("2001:db8::2", Share::smtp).ticket);
    CHECK(admission.admit("2001:db8:0:1::2", Share::smtp).ticket);
}

TEST_CASE("a gateway is not one client, but what comes from there counts among all") {
    Admission admission(
        {.connections = 3, .connections_per_address = 1, .gateways = {*server::auth::parse_address("172.17.0.1")}});
    std::vector<Admission::Admitted> kept;
    for (int i = 0; i < 3; ++i) kept.push_back(admission.admit("172.17.0.1", Share::smtp));
    for (const Admission::Admitted& admitted : kept) CHECK(admitted.ticket);
    CHECK(admission.admit("172.17.0.1", Share::smtp).over == Admission::Limit::connections);
    kept.clear();
    CHECK(admission.connections() == 0);
    const Admission::Admitted neighbour = admission.admit("172.17.0.2", Share::smtp);
    CHECK(neighbour.ticket);
    CHECK(admission.admit("172.17.0.2", Share::smtp).over == Admission::Limit::connections_per_address);
}

TEST_CASE("no door takes all: half of the connections is divided among the doors") {
    Admission admission({.connections = 80, .connections_per_address = 1});
    std::vector<Admission::Ticket> kept;
    const auto fill = [&](Share share) {
        std::size_t admitted = 0;
        for (;; ++admitted) {
            Admission::Admitted one = admission.admit("192.0.2." + std::to_string(kept.size()), share);
            if (!one.ticket) return admitted;
            kept.push_back(std::move(*one.ticket));
        }
    };
    CHECK(fill(Share::smtp) == 50);
    CHECK(fill(Share::imap) == 10);
    CHECK(fill(Share::smtp) == 0);
    CHECK(fill(Share::pop3) == 10);
    CHECK(fill(Share::submission) == 10);
    kept.clear();
    CHECK(fill(Share::imap) == 50);
    kept.clear();
    admission.configure({.connections = 80, .connections_per_address = 1, .is_shared = false});
    CHECK(fill(Share::smtp) == 80);
}
