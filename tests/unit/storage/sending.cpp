// Sending limits of accounts: counted in the commit that accepts, refused with words, lifted; told once.
#include "storage/sending.h"

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct SendingHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");

    Result<std::monostate> send(const SendingLimits& limits, std::uint64_t recipients, std::int64_t at,
                                bool accepted = true) {
        auto run = [=](engine::Batch&) -> std::optional<Result<std::monostate>> {
            if (!accepted) return refuse(Reason::over_quota, "full");
            return std::monostate();
        };
        return write(within_sending_limits(bob, limits, recipients, at,
                                           Operation<std::monostate>{Durability::synced, std::move(run)}));
    }
    Sending sending(std::int64_t at) { return get(get_sending(bob, at)); }
};

constexpr std::int64_t hour = 3600;

}  // namespace

TEST_CASE("each limit holds for its hour or day, which begins with the first message") {
    const struct {
        SendingLimits limits;
        std::uint64_t recipients;
        std::int64_t seconds;
        std::string words;
    } rows[] = {
        {{.messages_per_hour = 3}, 5, hour, "3 messages an hour"},
        {{.messages_per_day = 3}, 5, 24 * hour, "3 messages a day"},
        {{.recipients_per_hour = 15}, 5, hour, "15 recipients an hour"},
        {{.recipients_per_day = 15}, 5, 24 * hour, "15 recipients a day"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.words);
        SendingHouse house;
        for (int n = 0; n < 3; ++n) CHECK(house.send(row.limits, row.recipients, now + n));
        const Result<std::monostate> over = house.send(row.limits, row.recipients, now + row.seconds - 1);
        REQUIRE(reason_of(over) == Reason::sending_limit);
        CHECK(over.error().text.contains(row.words));
        CHECK(over.error().text.contains(row.seconds == hour ? "2023-11-14 23:13:20 UTC" : "2023-11-15 22:13:20 UTC"));
        CHECK(house.send(row.limits, row.recipients, now + row.seconds));
        CHECK(house.sending(now + row.seconds).hour.messages == 1);
    }
}

TEST_CASE("a clock that was set back keeps nobody from sending until it has come so far again") {
    SendingHouse house;
    CHECK(house.send({.messages_per_day = 1}, 1, now));
    CHECK(reason_of(house.send({.messages_per_day = 1}, 1, now)) == Reason::sending_limit);
    CHECK(house.send({.messages_per_day = 1}, 1, now - 1));
    CHECK(house.sending(now - 1).day.from == now - 1);
}

TEST_CASE("what is refused, by a limit or otherwise, does not count; 0 is any number") {
    SendingHouse house;
    CHECK(reason_of(house.send({.recipients_per_hour = 4}, 4, now, false)) == Reason::over_quota);
    CHECK(house.sending(now).hour.from == 0);
    CHECK(house.send({.recipients_per_hour = 4}, 3, now));
    CHECK(reason_of(house.send({.recipients_per_hour = 4}, 2, now)) == Reason::sending_limit);
    CHECK(house.send({.recipients_per_hour = 4}, 1, now));
    for (int n = 0; n < 20; ++n) CHECK(house.send({}, 100'000, now));
    CHECK(house.sending(now).day.recipients == 2'000'004);
    CHECK(house.sending(now + 2 * hour).hour.recipients == 0);
    CHECK(house.sending(now + 2 * hour).day.recipients == 2'000'004);
}

TEST_CASE("a message with more recipients than the limit at all is refused for good") {
    SendingHouse house;
    CHECK(reason_of(house.send({.recipients_per_day = 10}, 11, now)) == Reason::not_deliverable);
}

TEST_CASE("lifted, an account may send again, and is told again; otherwise once a day") {
    SendingHouse house;
    const SendingLimits limits{.messages_per_hour = 1};
    CHECK(house.send(limits, 1, now));
    CHECK(reason_of(house.send(limits, 1, now)) == Reason::sending_limit);
    const auto tell = [&](std::int64_t at) {
        auto run = [](engine::Batch&) -> std::optional<Result<std::monostate>> { return std::monostate(); };
        return reason_of(house.write(
            telling_of_limits(house.bob, at, Operation<std::monostate>{Durability::synced, std::move(run)})));
    };
    CHECK(may_tell(house.sending(now), now));
    CHECK(tell(now) == std::nullopt);
    CHECK_FALSE(may_tell(house.sending(now), now));
    CHECK(tell(now + 24 * hour - 1) == Reason::conflict);
    CHECK(house.sending(now).hour.messages == 1);
    CHECK(tell(now + 24 * hour) == std::nullopt);
    (void)house.run(lift_sending_limits(house.bob));
    CHECK(tell(now + 24 * hour) == std::nullopt);
    CHECK(house.send(limits, 1, now));
}

TEST_CASE("the counts go with their account") {
    SendingHouse house;
    CHECK(house.send({}, 1, now));
    (void)house.run(remove_account("bob@example.org"));
    CHECK(house.sending(now).hour.messages == 0);
}
