// Connections per account: the limit, who is exempt, slots given back. protocols/README.md "Network".
#include "server/doors/connection_limit.h"

#include <doctest/doctest.h>

#include <vector>

using server::AccountConnectionLimit;
using storage::AccountId;

TEST_CASE("each account has so many connections, wherever its clients are; they are given back") {
    AccountConnectionLimit connection_limit(2);
    const AccountId bob{1};
    const AccountId janice{2};
    auto first = connection_limit.take(bob, "192.0.2.1");
    CHECK(first.value());
    auto second = connection_limit.take(bob, "2001:db8::1");
    CHECK(second.value());
    const auto third = connection_limit.take(bob, "192.0.2.3");
    REQUIRE_FALSE(third);
    CHECK(third.error().reason == storage::Reason::too_many);
    CHECK(connection_limit.take(janice, "192.0.2.1"));
    CHECK(connection_limit.taken(janice) == 0);  // kept by nobody
    first->reset();
    CHECK(connection_limit.taken(bob) == 1);
    CHECK(connection_limit.take(bob, "192.0.2.3"));
    second->reset();
    CHECK(connection_limit.taken(bob) == 0);
}

TEST_CASE("clients on this machine are not counted, 127.0.0.2 is the network") {
    AccountConnectionLimit connection_limit(1);
    const AccountId bob{1};
    std::vector<std::unique_ptr<services::ConnectionSlot>> kept;
    for (const char* here : {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) {
        auto place = connection_limit.take(bob, here);
        REQUIRE(place);
        kept.push_back(std::move(*place));
    }
    CHECK(connection_limit.taken(bob) == 0);
    const auto other = connection_limit.take(bob, "127.0.0.2");
    CHECK(other);
    CHECK(connection_limit.taken(bob) == 1);
    CHECK_FALSE(connection_limit.take(bob, "127.0.0.2"));
    CHECK(connection_limit.take(bob, "127.0.0.1"));
}

TEST_CASE("a new limit holds for who comes next") {
    AccountConnectionLimit connection_limit(0);
    const AccountId bob{1};
    CHECK_FALSE(connection_limit.take(bob, "192.0.2.1"));
    connection_limit.configure(1);
    const auto place = connection_limit.take(bob, "192.0.2.1");
    CHECK(place);
    connection_limit.configure(0);
    CHECK_FALSE(connection_limit.take(bob, "192.0.2.1"));
    CHECK(connection_limit.taken(bob) == 1);
}
