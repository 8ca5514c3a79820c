// MTA-STS policies of other domains.
#include "storage/sts_policies.h"

#include <doctest/doctest.h>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

TEST_CASE("a domain has its last policy, until that has expired and another is written down") {
    TemporaryStore house;
    CHECK_FALSE(house.get(find_sts_policy("a.test")).has_value());
    house.run(put_sts_policy({"a.test", "1", "old", now, now + 10}, now));
    house.run(put_sts_policy({"a.test", "2", "new", now + 1, now + 20}, now + 1));
    house.run(put_sts_policy({"b.test", "9", "other", now, now + 30}, now));
    const auto found = house.get(find_sts_policy("a.test"));
    REQUIRE(found.has_value());
    CHECK(found->id == "2");
    CHECK(found->text == "new");
    CHECK(found->fetched_at == now + 1);
    CHECK(found->expires_at == now + 20);
    house.run(put_sts_policy({"b.test", "9", "other", now, now + 30}, now + 20));
    CHECK_FALSE(house.get(find_sts_policy("a.test")).has_value());
    CHECK(house.get(find_sts_policy("b.test")).has_value());
}
