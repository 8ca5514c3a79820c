// Push subscriptions: whose they are, and when they end.
#include "storage/push_subscriptions.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "storage/app_passwords.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

constexpr std::size_t most = 3;

struct PushedHouse : TemporaryStore {
    AccountId bob = add_account("bob@here.test");
    AccountId eve = add_account("eve@here.test");

    PushSubscription make(const std::string& id, AccountId account) {
        return {.id = id,
                .log_in = {.account = account, .generation = 1},
                .device = "phone",
                .url = "https://push.test/" + id,
                .p256dh = std::string("\x04\0x", 3),
                .auth = "secret",
                .verification_code = "code",
                .expires_at = now + 100,
                .types = std::vector<std::string>{"Email", "Mailbox"}};
    }
    std::vector<std::string> ids(AccountId account, std::int64_t at = now) {
        std::vector<std::string> ids;
        for (const PushSubscription& one : get(list_push_subscriptions(account, at))) ids.push_back(one.id);
        return ids;
    }
};
using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("push: what was subscribed comes back, to its account alone, until it expires") {
    PushedHouse house;
    house.run(add_push_subscription(house.make("one", house.bob), most, now));
    const auto found = house.get(list_push_subscriptions(house.bob, now));
    REQUIRE(found.size() == 1);
    CHECK(found[0].log_in.generation == 1);
    CHECK(found[0].device == "phone");
    CHECK(found[0].url == "https://push.test/one");
    CHECK(found[0].p256dh == std::string("\x04\0x", 3));
    CHECK(found[0].auth == "secret");
    CHECK(found[0].verification_code == "code");
    CHECK_FALSE(found[0].verified);
    CHECK(found[0].types == std::vector<std::string>{"Email", "Mailbox"});
    CHECK(house.ids(house.eve).empty());
    CHECK(house.ids(house.bob, now + 99) == Ids{"one"});
    CHECK(house.ids(house.bob, now + 100).empty());
    CHECK(house.get(accounts_with_push()) == std::vector<AccountId>{house.bob});
}

TEST_CASE("push: an update changes what it names; another account's is not found") {
    PushedHouse house;
    house.run(add_push_subscription(house.make("one", house.bob), most, now));
    CHECK_FALSE(house.run(update_push_subscription(house.eve, "one", {.verified = true})));
    CHECK(house.run(update_push_subscription(house.bob, "one", {.verified = true})));
    CHECK(house.run(update_push_subscription(house.bob, "one", {.expires_at = now + 500})));
    auto found = house.get(list_push_subscriptions(house.bob, now + 400));
    REQUIRE(found.size() == 1);
    CHECK(found[0].verified);
    CHECK(found[0].types.has_value());
    CHECK(house.run(update_push_subscription(house.bob, "one", {.types = std::optional<std::vector<std::string>>()})));
    found = house.get(list_push_subscriptions(house.bob, now));
    CHECK_FALSE(found[0].types.has_value());
    CHECK(found[0].expires_at == now + 500);
    CHECK(house.run(update_push_subscription(house.bob, "one", {.types = std::vector<std::string>()})));
    CHECK(house.get(list_push_subscriptions(house.bob, now))[0].types == std::vector<std::string>());
    CHECK_FALSE(house.run(remove_push_subscription(house.eve, "one")));
    CHECK(house.run(remove_push_subscription(house.bob, "one")));
    CHECK(house.ids(house.bob).empty());
}

TEST_CASE("push: an account has so many at most; what has expired or ended does not count") {
    PushedHouse house;
    for (const char* id : {"one", "two", "three"}) {
        house.run(add_push_subscription(house.make(id, house.bob), most, now));
    }
    CHECK(reason_of(house.write(add_push_subscription(house.make("four", house.bob), most, now))) == Reason::too_many);
    house.run(add_push_subscription(house.make("five", house.eve), most, now));
    PushSubscription later = house.make("six", house.bob);
    later.expires_at = now + 300;
    house.run(add_push_subscription(later, most, now + 100));
    CHECK(house.ids(house.bob, now + 100) == Ids{"six"});
}

TEST_CASE("push: with the password end the subscriptions that were made with it; with the account all") {
    PushedHouse house;
    house.run(add_push_subscription(house.make("one", house.bob), most, now));
    house.run(set_credentials("bob@here.test", {.argon2id = "$argon2id$", .scram_sha_256 = {}}));
    CHECK(house.ids(house.bob).empty());
    PushSubscription newer = house.make("two", house.bob);
    newer.log_in.generation = 2;
    house.run(add_push_subscription(newer, most, now));
    CHECK(house.ids(house.bob) == Ids{"two"});
    house.run(remove_account("bob@here.test"));
    CHECK(house.get(accounts_with_push()).empty());
}

TEST_CASE("push: with an app password end the subscriptions that were made with it, and no others (RFC 8620 §7.2)") {
    PushedHouse house;
    const AppPasswordId phone = house.run(add_app_password("bob@here.test",
                                                           {.label = "phone",
                                                            .scope = AppPasswordScope::mail,
                                                            .sha256 = "hash",
                                                            .scram_sha_256 = {"salt", 4096, "stored", "server"},
                                                            .created_at = now,
                                                            .expires_at = now + 50},
                                                           5));
    house.run(add_push_subscription(house.make("own", house.bob), most, now));
    PushSubscription made = house.make("of phone", house.bob);
    made.log_in.app_password = phone;
    house.run(add_push_subscription(made, most, now));
    CHECK(house.ids(house.bob) == Ids{"of phone", "own"});
    CHECK(house.get(list_push_subscriptions(house.bob, now))[0].log_in.app_password == phone);
    CHECK(house.ids(house.bob, now + 50) == Ids{"own"});
    house.run(remove_app_password("bob@here.test", "phone"));
    CHECK(house.ids(house.bob) == Ids{"own"});
}

TEST_CASE("push: what is subscribed is announced to those who watch accounts") {
    PushedHouse house;
    std::vector<AccountId> seen;
    const Subscription watch = house.store().subscribe_accounts([&](AccountId account) { seen.push_back(account); });
    house.run(add_push_subscription(house.make("one", house.bob), most, now));
    house.run(update_push_subscription(house.bob, "one", {.verified = true}));
    house.run(remove_push_subscription(house.bob, "one"));
    CHECK(std::ranges::count(seen, house.bob) == 3);
}

TEST_CASE("push: the key is made once") {
    PushedHouse house;
    CHECK_FALSE(house.get(find_push_key()).has_value());
    CHECK(house.run(keep_push_key("first")) == "first");
    CHECK(house.run(keep_push_key("second")) == "first");
    CHECK(house.get(find_push_key()) == "first");
}
