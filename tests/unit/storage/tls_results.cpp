// How TLS went, by day and domain.
#include "storage/tls_results.h"

#include <doctest/doctest.h>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

TEST_CASE("sessions are added up by day, domain, policy, result and host; old days are forgotten") {
    TemporaryStore house;
    house.run(count_tls_results({{7, "a.test", "sts", "success", "mx.a.test", 2},
                                 {7, "a.test", "sts", "certificate-expired", "mx.a.test", 1},
                                 {7, "b.test", "tlsa", "success", "mx.b.test", 1}},
                                0));
    house.run(count_tls_results(
        {{7, "a.test", "sts", "success", "mx.a.test", 3}, {8, "a.test", "sts", "success", "", 1}}, 0));
    const auto seven = house.get(tls_results_of(7, "a.test"));
    REQUIRE(seven.size() == 2);
    CHECK(seven[0].result_type == "certificate-expired");
    CHECK(seven[0].sessions == 1);
    CHECK(seven[1].sessions == 5);
    CHECK(seven[1].mx_host == "mx.a.test");
    CHECK(house.get(tls_results_of(7, "")).size() == 3);
    house.run(count_tls_results({}, 8));
    CHECK(house.get(tls_results_of(7, "")).empty());
    CHECK(house.get(tls_results_of(8, "")).size() == 1);
}
