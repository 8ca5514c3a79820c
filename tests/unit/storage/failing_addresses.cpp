// Suppression: failures of an account's own mail in a row, forgotten by success, by time and by number; lifted.
#include "storage/failing_addresses.h"

#include "storage/accounts.h"
#include "storage/queue_choice.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

constexpr std::int64_t day = 86'400;

struct SuppressionHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId eve = add_account("eve@example.org");
    SuppressionOptions options;

    // A message of the account to the address ends so.
    void ends(AccountId account, const std::string& to, std::int64_t at, RecipientState state, bool bad_address = true,
              const std::string& prefix = "") {
        Acceptance made;
        made.content = staged("text");
        made.summary = "summary";
        made.received_at = at;
        made.remote = NewQueueMessage{.reverse_path = "bob@example.org",
                                      .envelope_id = {},
                                      .session = "7f3a",
                                      .account = account,
                                      .prefix = prefix,
                                      .recipients = {{to, 0, ""}}};
        const QueueMessageId id = *run(accept_message(made)).queue_message;
        const QueueRecipientId recipient = get(get_queue_message(id)).recipients.at(0).id;
        (void)run(record_attempt(id,
                                 {{.recipient = recipient,
                                   .state = state,
                                   .reply = "550 5.1.1 nobody",
                                   .status = "5.1.1",
                                   .remote = "mx.far",
                                   .bad_address = bad_address}},
                                 at, {}, {}, {}, options));
    }
    void fails(AccountId account, const std::string& to, std::int64_t at) {
        ends(account, to, at, RecipientState::failed);
    }
    bool is_suppressed(AccountId account, const std::string& to, std::int64_t at) {
        return get(find_suppressed(account, to, at)).has_value();
    }
};

}  // namespace

TEST_CASE("the third failure in a row suppresses an address, for the account that sent, until it expires") {
    SuppressionHouse house;
    house.fails(house.bob, "X@far", now);
    house.fails(house.bob, "x@far", now + 100 * day);
    CHECK_FALSE(house.is_suppressed(house.bob, "x@far", now + 100 * day));
    house.fails(house.bob, "x@Far", now + 200 * day);
    const std::optional<SuppressedAddress> found = house.get(find_suppressed(house.bob, "x@FAR", now + 200 * day));
    REQUIRE(found);
    CHECK(found->account == "bob@example.org");
    CHECK(found->address == "x@far");
    CHECK(found->failures == 3);
    CHECK(found->last_at == now + 200 * day);
    CHECK(found->since == now + 200 * day);
    CHECK(found->until == now + 380 * day);
    CHECK(found->last_reply == "550 5.1.1 nobody");
    CHECK_FALSE(house.is_suppressed(house.eve, "x@far", now + 200 * day));
    CHECK_FALSE(house.is_suppressed(house.bob, "y@far", now + 200 * day));
    // What was under way fails too: it lasts from the last one.
    house.fails(house.bob, "x@far", now + 201 * day);
    CHECK(house.get(find_suppressed(house.bob, "x@far", now + 201 * day))->since == now + 200 * day);
    CHECK(house.is_suppressed(house.bob, "x@far", now + 381 * day - 1));
    CHECK_FALSE(house.is_suppressed(house.bob, "x@far", now + 381 * day));
    CHECK(house.get(list_suppressed({}, now + 381 * day)).empty());
    // Counted anew.
    house.fails(house.bob, "x@far", now + 381 * day);
    CHECK_FALSE(house.is_suppressed(house.bob, "x@far", now + 381 * day));
}

TEST_CASE("a success counts anew; failures that say nothing of the address, and others' mail, do not count") {
    SuppressionHouse house;
    for (int n = 0; n < 2; ++n) house.fails(house.bob, "x@far", now);
    house.ends(house.bob, "X@far", now, RecipientState::relayed, false);
    for (int n = 0; n < 2; ++n) house.fails(house.bob, "x@far", now);
    CHECK_FALSE(house.is_suppressed(house.bob, "x@far", now));
    for (int n = 0; n < 3; ++n) {
        house.ends(house.bob, "y@far", now, RecipientState::failed, false);
        house.ends(house.bob, "z@far", now, RecipientState::failed, true, "Delivered-To: list@example.org\r\n");
        house.fails({}, "v@far", now);
    }
    CHECK(house.get(list_suppressed({}, now)).empty());
    house.options.after = 0;
    house.fails(house.bob, "x@far", now);
    CHECK(house.get(list_suppressed({}, now)).empty());
}

TEST_CASE("of an account the newest addresses are remembered; what has expired is forgotten in slices") {
    SuppressionHouse house;
    house.options = {.after = 1, .lasts = std::chrono::days(1), .rows = 2};
    house.fails(house.eve, "a@far", now);
    for (int n = 0; n < 4; ++n) house.fails(house.bob, std::string(1, static_cast<char>('a' + n)) + "@far", now + n);
    const auto listed = house.get(list_suppressed("bob@example.org", now + 4));
    REQUIRE(listed.size() == 2);
    CHECK(listed[0].address == "c@far");
    CHECK(listed[1].address == "d@far");
    CHECK(house.get(list_suppressed({}, now + 4)).size() == 3);
    CHECK(house.run(forget_failing_addresses(now + day + 2, 2)));
    CHECK_FALSE(house.run(forget_failing_addresses(now + day + 2, 2)));
    CHECK(house.get(list_suppressed({}, now)).size() == 1);
}

TEST_CASE("suppression is lifted for an address, an account, or all; it goes with its account") {
    SuppressionHouse house;
    house.options.after = 1;
    const auto suppress = [&] {
        for (const AccountId account : {house.bob, house.eve}) {
            for (const char* to : {"x@far", "y@far"}) house.fails(account, to, now);
        }
    };
    suppress();
    CHECK(house.run(lift_suppressed({}, "X@far", now)) == 2);
    CHECK(house.run(lift_suppressed("bob@example.org", {}, now)) == 1);
    CHECK(house.is_suppressed(house.eve, "y@far", now));
    CHECK(house.run(lift_suppressed("eve@example.org", "x@far", now)) == 0);
    CHECK(house.run(lift_suppressed({}, {}, now)) == 1);
    suppress();
    (void)house.run(remove_account("bob@example.org"));
    CHECK(house.get(list_suppressed({}, now)).size() == 2);
}
