// Repeated work: done by one, when it is due.
#include "storage/chores.h"

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

TEST_CASE("a chore is one server's until its lease ends, and due again when it said") {
    TemporaryStore house;
    CHECK(house.run(take_chore("keys", "one", 100, 160)));
    CHECK_FALSE(house.run(take_chore("keys", "two", 159, 220)));
    CHECK(house.run(take_chore("other", "two", 159, 220)));
    CHECK(house.run(take_chore("keys", "one", 150, 170)));  // after a restart it is still its own
    CHECK(house.run(take_chore("keys", "two", 170, 230)));  // the first one never came back
    house.run(end_chore("keys", "one", 1'000));             // or too late
    CHECK_FALSE(house.run(take_chore("keys", "one", 200, 260)));
    house.run(end_chore("keys", "two", 500));
    CHECK_FALSE(house.run(take_chore("keys", "two", 499, 600)));
    CHECK(house.run(take_chore("keys", "one", 500, 600)));
}
