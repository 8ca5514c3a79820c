// Records of the same request. RFC 8620 §5.3.
#include "web/jmap/wire/creation_ids.h"

#include <doctest/doctest.h>

TEST_CASE("creation ids: the last record with an id counts") {
    jmap::CreationIds ids({{"k1", "F1"}});
    CHECK(ids.resolve("F9") == "F9");
    CHECK(ids.resolve("#k1") == "F1");
    CHECK(!ids.resolve("#k2"));
    CHECK(!ids.resolve("#"));
    ids.add("k1", "F2");
    CHECK(ids.resolve("#k1") == "F2");
    CHECK(ids.all().size() == 1);
}
