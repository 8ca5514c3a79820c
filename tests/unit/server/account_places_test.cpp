// Connections per account: the limit, who is exempt, places given back. DESIGN §4.
#include "server/account_places.h"

#include <doctest/doctest.h>

#include <vector>

using server::AccountPlaces;
using storage::AccountId;

TEST_CASE("each account has so many places, wherever its clients are; they are given back") {
    AccountPlaces places(2);
    const AccountId bob{1};
    const AccountId janice{2};
    auto first = places.take(bob, "192.0.2.1");
    CHECK(first.value());
    auto second = places.take(bob, "2001:db8::1");
    CHECK(second.value());
    const auto third = places.take(bob, "192.0.2.3");
    REQUIRE_FALSE(third);
    CHECK(third.error().reason == storage::Reason::too_many);
    CHECK(places.take(janice, "192.0.2.1"));
    CHECK(places.taken(janice) == 0);  // kept by nobody
    first->reset();
    CHECK(places.taken(bob) == 1);
    CHECK(places.take(bob, "192.0.2.3"));
    second->reset();
    CHECK(places.taken(bob) == 0);
}

TEST_CASE("clients on this machine are not counted, 127.0.0.2 is the network") {
    AccountPlaces places(1);
    const AccountId bob{1};
    std::vector<std::unique_ptr<services::Place>> kept;
    for (const char* here : {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) {
        auto place = places.take(bob, here);
        REQUIRE(place);
        kept.push_back(std::move(*place));
    }
    CHECK(places.taken(bob) == 0);
    const auto other = places.take(bob, "127.0.0.2");
    CHECK(other);
    CHECK(places.taken(bob) == 1);
    CHECK_FALSE(places.take(bob, "127.0.0.2"));
    CHECK(places.take(bob, "127.0.0.1"));
}

TEST_CASE("a new limit holds for who comes next") {
    AccountPlaces places(0);
    const AccountId bob{1};
    CHECK_FALSE(places.take(bob, "192.0.2.1"));
    places.configure(1);
    const auto place = places.take(bob, "192.0.2.1");
    CHECK(place);
    places.configure(0);
    CHECK_FALSE(places.take(bob, "192.0.2.1"));
    CHECK(places.taken(bob) == 1);
}
