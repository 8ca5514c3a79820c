// Networks from which accounts have logged in.
#include "storage/known_networks.h"

#include <doctest/doctest.h>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

TEST_CASE("networks are known to the account that came from there, the least recent are forgotten") {
    TemporaryStore house;
    const AccountId alice = house.add_account("alice@example.org");
    const AccountId bob = house.add_account("bob@example.org");
    const auto known = [&](AccountId account, const char* network) {
        return house.get(find_known_network(account, network));
    };
    CHECK_FALSE(known(alice, "192.0.2.1"));
    house.run(note_known_network(alice, "192.0.2.1", now, 2));
    house.run(note_known_network(bob, "192.0.2.1", now, 2));
    house.run(note_known_network(alice, "2001:db8::/64", now + 1, 2));
    CHECK(known(alice, "192.0.2.1") == now);
    house.run(note_known_network(alice, "192.0.2.1", now + 2, 2));
    house.run(note_known_network(alice, "192.0.2.3", now + 3, 2));
    CHECK(known(alice, "192.0.2.1") == now + 2);
    CHECK_FALSE(known(alice, "2001:db8::/64"));
    CHECK(known(alice, "192.0.2.3") == now + 3);
    CHECK(known(bob, "192.0.2.1") == now);

    house.run(remove_account("alice@example.org"));
    CHECK_FALSE(known(alice, "192.0.2.1"));
    CHECK(reason_of(house.write(note_known_network(alice, "192.0.2.1", now, 2))) == Reason::no_such_account);
    CHECK(known(bob, "192.0.2.1") == now);
}
