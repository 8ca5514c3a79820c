// Second factors in the store: enrolled by a first code, a code taken once, attempts counted, recovery codes used up.
#include "storage/second_factors.h"

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

const std::string bob_name = "bob@example.org";

struct FactorHouse : TemporaryStore {
    AccountId bob = add_account(bob_name);
    AccountId eve = add_account("eve@example.org");

    void turn_on(std::vector<std::string> codes = {"one", "two"}) {
        run(begin_second_factor(bob_name, "secret"));
        run(confirm_second_factor(bob_name, "secret", 100, std::move(codes), now));
    }
    std::int64_t generation() { return get(find_credentials(bob_name)).generation; }
};

}  // namespace

TEST_CASE("a second factor is on from its first code on; that ends the account's log-ins") {
    FactorHouse house;
    CHECK_FALSE(house.get(find_second_factor(house.bob)));
    CHECK(reason_of(house.write(begin_second_factor("no@example.org", "s"))) == Reason::no_such_account);
    house.run(begin_second_factor(bob_name, "first"));
    house.run(begin_second_factor(bob_name, "secret"));
    CHECK(house.get(find_second_factor(house.bob))->since == 0);
    CHECK(reason_of(house.write(confirm_second_factor(bob_name, "first", 100, {}, now))) == Reason::conflict);
    CHECK(reason_of(house.write(count_code_attempt(house.bob, {}, now))) == Reason::no_such_credential);
    CHECK_FALSE(house.run(take_code(house.bob, "secret", 101)));
    const std::int64_t before = house.generation();
    house.run(confirm_second_factor(bob_name, "secret", 100, {"one", "two"}, now));
    CHECK(house.generation() == before + 1);
    const SecondFactor on = *house.get(find_second_factor(house.bob));
    CHECK(on.secret == "secret");
    CHECK(on.since == now);
    CHECK(on.last_step == 100);
    CHECK(on.recovery_codes == 2);
    CHECK(reason_of(house.write(begin_second_factor(bob_name, "other"))) == Reason::conflict);
    CHECK(reason_of(house.write(confirm_second_factor(bob_name, "secret", 102, {}, now))) == Reason::conflict);
}

TEST_CASE("a code is taken once, and none that is older") {
    FactorHouse house;
    house.turn_on();
    CHECK_FALSE(house.run(take_code(house.bob, "secret", 100)));
    CHECK(house.run(take_code(house.bob, "secret", 101)));
    CHECK_FALSE(house.run(take_code(house.bob, "secret", 101)));
    CHECK_FALSE(house.run(take_code(house.bob, "secret", 100)));
    CHECK_FALSE(house.run(take_code(house.bob, "other", 102)));
    CHECK_FALSE(house.run(take_code(house.eve, "secret", 102)));
    CHECK(house.run(take_code(house.bob, "secret", 102)));
}

TEST_CASE("attempts are counted before they are judged, for a while; a right code forgets them") {
    FactorHouse house;
    house.turn_on();
    const auto attempt = [&](std::int64_t at) {
        return reason_of(house.write(count_code_attempt(house.bob, {.most = 2, .within_seconds = 60}, at)));
    };
    CHECK_FALSE(attempt(now));
    CHECK_FALSE(attempt(now + 59));
    CHECK(attempt(now + 59) == Reason::throttled);
    CHECK_FALSE(attempt(now + 60));
    CHECK_FALSE(attempt(now + 61));
    CHECK(attempt(now + 119) == Reason::throttled);
    CHECK(house.run(take_code(house.bob, "secret", 101)));
    CHECK_FALSE(attempt(now + 119));
    CHECK_FALSE(attempt(now + 120));
    CHECK(house.run(take_recovery_code(house.bob, "one")));
    CHECK_FALSE(attempt(now + 121));
    CHECK_FALSE(attempt(now + 121));
    CHECK(attempt(now + 121) == Reason::throttled);
    CHECK_FALSE(attempt(now + 1));  // the clock was set back: not longer than for the hour
}

TEST_CASE("a recovery code is used up; all is gone with the second factor, and with the account") {
    FactorHouse house;
    house.turn_on();
    CHECK_FALSE(house.run(take_recovery_code(house.bob, "three")));
    CHECK_FALSE(house.run(take_recovery_code(house.eve, "one")));
    CHECK(house.run(take_recovery_code(house.bob, "one")));
    CHECK_FALSE(house.run(take_recovery_code(house.bob, "one")));
    CHECK(house.get(find_second_factor(house.bob))->recovery_codes == 1);
    house.run(remove_second_factor(bob_name));
    CHECK_FALSE(house.get(find_second_factor(house.bob)));
    CHECK_FALSE(house.run(take_recovery_code(house.bob, "two")));
    CHECK(reason_of(house.write(remove_second_factor(bob_name))) == Reason::conflict);
    house.turn_on({"four"});
    CHECK(house.get(find_second_factor(house.bob))->recovery_codes == 1);
    house.run(remove_account(bob_name));
    CHECK_FALSE(house.get(find_second_factor(house.bob)));
    CHECK_FALSE(house.run(take_recovery_code(house.bob, "four")));
}
