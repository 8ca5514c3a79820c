// Bans in the store, and the generation of credentials that a session has logged in with.
#include "storage/bans.h"

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

TEST_CASE("a ban holds until its end, is renewed, and is lifted") {
    TemporaryStore house;
    house.run(put_ban({"192.0.2.1", 100, 200}));
    CHECK(house.get(find_ban("192.0.2.1", 199)));
    CHECK_FALSE(house.get(find_ban("192.0.2.1", 200)));
    CHECK_FALSE(house.get(find_ban("192.0.2.2", 150)));
    house.run(put_ban({"192.0.2.1", 150, 300}));
    REQUIRE(house.get(list_bans(250)).size() == 1);
    CHECK(house.get(list_bans(250))[0].until == 300);
    house.run(put_ban({"192.0.2.2", 160, 250}));
    CHECK(house.get(list_bans(200))[0].address == "192.0.2.2");
    CHECK(house.run(lift_bans("192.0.2.9", 200)) == 0);
    CHECK(house.run(lift_bans("192.0.2.1", 200)) == 1);
    CHECK(house.run(lift_bans(std::nullopt, 200)) == 1);
    CHECK(house.get(list_bans(0)).empty());
}

TEST_CASE("bans that are over go with the next one") {
    TemporaryStore house;
    house.run(put_ban({"192.0.2.1", 100, 200}));
    house.run(put_ban({"192.0.2.2", 300, 400}));
    CHECK(house.get(list_bans(0)).size() == 1);
}

TEST_CASE("each change of credentials is a new generation, and its subscribers look") {
    TemporaryStore house;
    const AccountId alice = house.add_account("alice@example.org");
    const AccountId bob = house.add_account("bob@example.org");
    const auto generation_of = [&](AccountId account) {
        const auto all = house.get(credential_generations({account}));
        return all.empty() ? 0 : all[0].generation;
    };
    std::vector<AccountId> seen;
    const Subscription subscription =
        house.store().subscribe_accounts([&](AccountId account) { seen.push_back(account); });
    const std::int64_t before = generation_of(alice);
    house.run(set_credentials("alice@example.org", {.argon2id = "$argon2id$new", .scram_sha_256 = {}}));
    CHECK(generation_of(alice) == before + 1);
    CHECK(generation_of(bob) == before);
    CHECK(seen == std::vector<AccountId>{alice});
    house.append(house.mailbox(bob, "INBOX"), "mail is no news here");
    CHECK(seen.size() == 1);
    house.run(remove_account("alice@example.org"));
    CHECK(seen.size() == 2);
    CHECK(house.get(credential_generations({alice, bob})).size() == 1);
}
