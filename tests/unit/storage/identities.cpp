// Identities and their marks. RFC 8621 §6.
#include "storage/identities.h"

#include <doctest/doctest.h>

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

TEST_CASE("identities: the own address is one, and its texts are kept") {
    TemporaryStore house;
    const AccountId bob = house.add_account("bob@example.org");
    const auto all = [&] { return house.get(list_identities(bob)); };
    REQUIRE(all().identities.size() == 1);
    CHECK(all().identities[0].email == "bob@example.org");
    CHECK(all().identities[0].changed_modseq == ModSeq{});
    (void)house.run(change_identity(bob, {.name = "Bob"}));
    (void)house.run(change_identity(bob, {.name = "Robert", .bcc = "[]"}));
    REQUIRE(all().identities.size() == 1);
    CHECK(all().identities[0].id == IdentityId{});
    CHECK(all().identities[0].email == "bob@example.org");
    CHECK(all().identities[0].name == "Robert");
    CHECK(all().identities[0].bcc == "[]");
    CHECK(all().identities[0].created_modseq == ModSeq{});
    CHECK(all().identities[0].changed_modseq > ModSeq{});
    CHECK(reason_of(house.write(remove_identity(bob, IdentityId{}))) == Reason::not_permitted);
    CHECK(reason_of(house.read(list_identities(AccountId{999}))) == Reason::no_such_account);
}

TEST_CASE("identities: added, changed and removed; no id twice, nobody else's") {
    TemporaryStore house;
    const AccountId bob = house.add_account("bob@example.org");
    const AccountId eve = house.add_account("eve@example.org");
    const auto all = [&] { return house.get(list_identities(bob)); };
    const IdentityId first = house.run(add_identity(bob, {.email = "sales@example.org", .name = "Sales"}, 2));
    CHECK(all().identities[1].email == "sales@example.org");
    CHECK(all().identities[1].created_modseq > ModSeq{});
    (void)house.run(change_identity(bob, {.id = first, .name = "Shop", .text_signature = "x"}));
    CHECK(all().identities[1].name == "Shop");
    CHECK(all().identities[1].email == "sales@example.org");
    CHECK(all().identities[1].changed_modseq > all().identities[1].created_modseq);
    const IdentityId second = house.run(add_identity(bob, {.email = "b@example.org"}, 2));
    CHECK(reason_of(house.write(add_identity(bob, {.email = "c@example.org"}, 2))) == Reason::too_many);
    CHECK(reason_of(house.write(change_identity(eve, {.id = first}))) == Reason::conflict);
    CHECK(reason_of(house.write(remove_identity(eve, first))) == Reason::conflict);
    (void)house.run(remove_identity(bob, second));
    CHECK(reason_of(house.write(remove_identity(bob, second))) == Reason::conflict);
    REQUIRE(all().removed.size() == 1);
    CHECK(all().removed[0].id == second);
    CHECK(all().removed[0].removed_modseq > all().removed[0].created_modseq);
    for (int i = 0; i < 105; ++i) {
        const IdentityId next = house.run(add_identity(bob, {.email = "d@example.org"}, 2));
        CHECK(next > second);
        (void)house.run(remove_identity(bob, next));
    }
    CHECK(all().removed.size() == 100);
    CHECK(all().complete_from == all().removed.front().removed_modseq);
    (void)house.run(remove_account("bob@example.org"));
    CHECK(house.get(list_identities(eve)).removed.empty());
}
