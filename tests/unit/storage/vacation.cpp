// The vacation response of an account. RFC 8621 §8.
#include "storage/vacation.h"

#include <doctest/doctest.h>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

TEST_CASE("a vacation response is kept as it was set last") {
    TemporaryStore house;
    const AccountId bob = house.add_account("bob@example.org");
    CHECK(house.get(find_vacation(bob)).changed_modseq == ModSeq{});
    (void)house.run(set_vacation(bob, {.enabled = true, .from = 5, .subject = "Away", .text_body = ""}));
    const VacationResponse first = house.get(find_vacation(bob));
    CHECK(first.enabled);
    CHECK(first.from == 5);
    CHECK(first.to == std::nullopt);
    CHECK(first.subject == "Away");
    CHECK(first.text_body == "");
    CHECK(first.html_body == std::nullopt);
    (void)house.run(set_vacation(bob, {.to = 7, .html_body = "<p>"}));
    const VacationResponse second = house.get(find_vacation(bob));
    CHECK_FALSE(second.enabled);
    CHECK(second.from == std::nullopt);
    CHECK(second.to == 7);
    CHECK(second.html_body == "<p>");
    CHECK(second.changed_modseq > first.changed_modseq);
    CHECK(reason_of(house.write(set_vacation(AccountId{999}, {}))) == Reason::no_such_account);
}
