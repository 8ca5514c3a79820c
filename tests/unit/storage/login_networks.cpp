// Networks of log-ins: counted for an hour, too many keep an account from sending; lifted, and by a new password.
#include "storage/login_networks.h"

#include "storage/accounts.h"
#include "storage/sending.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct NetworkHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId eve = add_account("eve@example.org");

    std::size_t log_in(const std::string& network, std::int64_t at) {
        return run(note_login_network(bob, network, at));
    }
    Result<std::monostate> send(AccountId account, std::uint64_t most, std::int64_t at) {
        auto nothing = [](engine::Batch&) -> std::optional<Result<std::monostate>> { return std::monostate(); };
        return write(within_sending_limits(account, {.login_networks_per_hour = most}, 1, at,
                                           Operation<std::monostate>{Durability::synced, std::move(nothing)}));
    }
};

}  // namespace

TEST_CASE("a network counts for an hour from its first log-in; only those of the account do") {
    NetworkHouse house;
    CHECK(house.log_in("192.0.0.0/16", now) == 1);
    CHECK(house.log_in("192.0.0.0/16", now + 10) == 1);
    CHECK(house.log_in("198.51.0.0/16", now + 20) == 2);
    CHECK(house.get(is_login_network(house.bob, "192.0.0.0/16", now + 3'599)));
    CHECK_FALSE(house.get(is_login_network(house.bob, "192.0.0.0/16", now + 3'600)));
    CHECK_FALSE(house.get(is_login_network(house.eve, "192.0.0.0/16", now)));
    const std::vector<LoginNetwork> networks = house.get(login_networks_of(house.bob, now + 30));
    REQUIRE(networks.size() == 2);
    CHECK(networks[0].network == "198.51.0.0/16");
    CHECK(networks[1].at == now);
    CHECK(house.log_in("203.0.0.0/16", now + 3'600) == 2);
    CHECK(house.log_in("192.0.0.0/16", now + 3'600) == 3);
    // After the clock was set back they do not count for longer.
    CHECK(house.log_in("198.18.0.0/16", now) == 1);
    CHECK(reason_of(house.write(note_login_network({99}, "192.0.0.0/16", now))) == Reason::no_such_account);
}

TEST_CASE("over the limit an account sends nothing until fewer count, or until it is lifted; 0 is any number") {
    NetworkHouse house;
    for (int n = 0; n < 4; ++n) house.log_in("10." + std::to_string(n) + ".0.0/16", now + n);
    CHECK(house.send(house.bob, 4, now + 4));
    CHECK(house.send(house.bob, 0, now + 4));
    CHECK(house.send(house.eve, 2, now + 4));
    const Result<std::monostate> over = house.send(house.bob, 2, now + 4);
    REQUIRE(reason_of(over) == Reason::sending_limit);
    CHECK(
        over.error().text ==
        "This account has logged in from 4 networks within an hour, of 2: sending goes on at 2023-11-14 23:13:21 UTC");
    CHECK(reason_of(house.send(house.bob, 2, now + 3'600)) == Reason::sending_limit);
    CHECK(house.send(house.bob, 2, now + 3'601));
    (void)house.run(lift_sending_limits(house.bob));
    CHECK(house.get(login_networks_of(house.bob, now + 4)).empty());
    CHECK(house.send(house.bob, 2, now + 4));
}

TEST_CASE("a new password ends it; so many networks are told apart; they go with their account") {
    NetworkHouse house;
    for (std::size_t n = 0; n < most_login_networks + 2; ++n)
        CHECK(house.log_in(std::to_string(n), now) == std::min(n + 1, most_login_networks));
    (void)house.run(set_credentials("bob@example.org", {}));
    CHECK(house.get(login_networks_of(house.bob, now)).empty());
    (void)house.log_in("192.0.0.0/16", now);
    (void)house.run(remove_account("bob@example.org"));
    CHECK(house.get(login_networks_of(house.bob, now)).empty());
}
