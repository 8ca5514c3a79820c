// Leases: who tries what, in which order, and at what cost. RFC 5321 §4.5.4.
#include "storage/queue_leases.h"

#include <sqlite3.h>

#include <algorithm>
#include <functional>
#include <set>

#include "storage/engine/batch.h"
#include "storage/queue_choice.h"
#include "storage/store_options.h"
#include "storage/upkeep/check.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct LeaseHouse : TemporaryStore {
    QueueMessageId put(const std::string& sender, std::vector<std::string> recipients, std::int64_t at = now,
                       std::int64_t account = 0) {
        Acceptance made;
        made.content = staged("content");
        made.summary = "summary";
        made.received_at = at;
        made.remote = NewQueueMessage{.reverse_path = sender, .envelope_id = {}, .session = {}, .recipients = {}};
        made.remote->account = {account};
        for (std::string& path : recipients) made.remote->recipients.push_back({std::move(path), 0, {}});
        return *run(accept_message(made)).queue_message;
    }
    Leased lease(std::int64_t at, std::size_t messages = 100, std::size_t per_lane = 4,
                 std::map<std::string, std::size_t> room = {}, const std::string& holder = "here") {
        return run(lease_due({.holder = holder,
                              .now = at,
                              .until = at + 900,
                              .messages = messages,
                              .messages_per_lane = per_lane,
                              .room = std::move(room)}));
    }
    void end(const QueueMessage& message, RecipientState state, std::int64_t at, std::int64_t next = 0) {
        std::vector<AttemptOutcome> outcomes;
        for (const QueueRecipient& recipient : message.recipients)
            outcomes.push_back({.recipient = recipient.id,
                                .state = state,
                                .next_attempt_at = next,
                                .reply = {},
                                .status = {},
                                .remote = {}});
        (void)run(record_attempt(message.id, std::move(outcomes), at, {}));
    }
    std::vector<std::string> findings() {
        std::vector<std::string> lines;
        for (const Finding& finding : get(check_store({})).findings) lines.push_back(finding.what);
        return lines;
    }
};

std::multiset<std::string> paths(const Leased& leased) {
    std::multiset<std::string> found;
    for (const QueueMessage& message : leased.messages) {
        for (const QueueRecipient& recipient : message.recipients) found.insert(recipient.forward_path);
    }
    return found;
}

std::vector<std::string> senders(const Leased& leased) {
    std::vector<std::string> found;
    for (const QueueMessage& message : leased.messages) found.push_back(message.reverse_path);
    return found;
}

using Paths = std::multiset<std::string>;

}  // namespace

TEST_CASE("what is leased is leased once, until the lease has run out") {
    LeaseHouse house;
    const QueueMessageId id = house.put("s@here", {"a@one", "b@two"});
    CHECK(house.lease(now - 1).messages.empty());
    CHECK(house.lease(now - 1).next_due_at == now);
    const Leased first = house.lease(now);
    CHECK(paths(first) == Paths{"a@one", "b@two"});
    CHECK(first.waiting.empty());
    CHECK(first.next_due_at == now + 900);
    CHECK(house.get(get_queue_message(id)).recipients[0].holder == "here");
    CHECK(house.get(get_queue_message(id)).recipients[0].next_attempt_at == now + 900);
    CHECK(house.lease(now).messages.empty());
    CHECK(house.lease(now + 899, 100, 4, {}, "elsewhere").messages.empty());
    CHECK(house.findings().empty());

    // One of two is extended; the other expires, and another holder may take it.
    (void)house.run(extend_leases("here", {first.messages[0].recipients[0].id}, now + 1800, now + 300));
    CHECK(paths(house.lease(now + 900, 100, 4, {}, "elsewhere")) == Paths{"b@two"});
    // It belongs to the other now: an extension does not take it back.
    (void)house.run(extend_leases("here", {first.messages[0].recipients[1].id}, now + 9000, now + 900));
    CHECK(house.get(get_queue_message(id)).recipients[1].next_attempt_at == now + 1800);
}

TEST_CASE("a start lets go of its own leases alone") {
    LeaseHouse house;
    house.put("s@here", {"a@one"});
    CHECK(house.lease(now).messages.size() == 1);
    house.put("s@here", {"b@two"});
    CHECK(house.lease(now, 100, 4, {}, "elsewhere").messages.size() == 1);
    CHECK(house.run(release_leases("here", now + 5)) == 1);
    CHECK(paths(house.lease(now + 5)) == Paths{"a@one"});
    CHECK(house.findings().empty());
}

TEST_CASE("what was tried is not leased before it is due again, nor when it is done") {
    LeaseHouse house;
    house.put("s@here", {"a@one"});
    house.put("s@here", {"b@two"});
    const Leased leased = house.lease(now);
    REQUIRE(leased.messages.size() == 2);
    house.end(leased.messages[0], RecipientState::pending, now + 1, now + 300);
    house.end(leased.messages[1], RecipientState::relayed, now + 1);
    CHECK(house.lease(now + 299).messages.empty());
    CHECK(house.lease(now + 299).next_due_at == now + 300);
    CHECK(house.lease(now + 300).messages.size() == 1);
    CHECK(house.findings().empty());
}

TEST_CASE("an administrator's retry is told, and leaves alone what is being tried") {
    LeaseHouse house;
    house.put("s@here", {"a@one"});
    const Leased leased = house.lease(now);
    CHECK(house.run(retry_queue({}, now + 1)) == 0);
    house.end(leased.messages.at(0), RecipientState::pending, now + 1, now + 300);
    CHECK(house.run(retry_queue({}, now + 2)) == 1);
    const Leased asked = house.lease(now + 2);
    REQUIRE(asked.messages.size() == 1);
    CHECK(asked.messages[0].recipients[0].asked);
    CHECK_FALSE(house.get(get_queue_message(asked.messages[0].id)).recipients[0].asked);
}

TEST_CASE("lanes take turns: who has much does not keep others waiting") {
    LeaseHouse house;
    for (int i = 0; i < 50; ++i) house.put("s@here", {"x" + std::to_string(i) + "@busy"}, now - 100);
    for (int i = 0; i < 5; ++i) house.put("s@here", {"y@lane" + std::to_string(i)}, now);
    // Room for six: two of the lane that has waited longest, then the others.
    const Leased first = house.lease(now + 1, 6, 2);
    CHECK(paths(first) == Paths{"x0@busy", "x1@busy", "y@lane0", "y@lane1", "y@lane2", "y@lane3"});
    CHECK_FALSE(first.all_seen);
    // The busy lane now comes after those that still wait.
    const Leased second = house.lease(now + 2, 2, 2);
    CHECK(paths(second) == Paths{"x2@busy", "y@lane4"});
    CHECK(second.all_seen);
    CHECK(second.waiting == std::set<std::string>{"busy"});
    // A full lane is skipped, and reported as having more.
    const Leased full = house.lease(now + 3, 10, 2, {{"busy", 0}});
    CHECK(full.messages.empty());
    CHECK(full.waiting == std::set<std::string>{"busy"});
    CHECK(house.lease(now + 3, 100, 2, {{"busy", 7}}).messages.size() == 7);
    CHECK(house.findings().empty());
}

TEST_CASE("senders take turns within a lane") {
    LeaseHouse house;
    for (int i = 0; i < 30; ++i) house.put("newsletter@here", {"x" + std::to_string(i) + "@one"}, now - 50);
    house.put("alice@here", {"a@one"}, now);
    house.put("bob@here", {"b@one"}, now);
    house.put("bob@here", {"c@one"}, now);
    CHECK(senders(house.lease(now, 100, 4)) ==
          std::vector<std::string>{"newsletter@here", "alice@here", "bob@here", "newsletter@here"});
    CHECK(senders(house.lease(now + 1, 100, 2)) == std::vector<std::string>{"bob@here", "newsletter@here"});
}

TEST_CASE("within one second, too, those come first that have had fewer turns") {
    LeaseHouse house;
    for (int i = 0; i < 4; ++i) {
        for (const char* sender : {"a@here", "b@here", "c@here"}) house.put(sender, {"x@one"});
    }
    std::vector<std::string> order;
    for (int i = 0; i < 6; ++i) order.push_back(senders(house.lease(now, 1)).at(0));
    CHECK(order == std::vector<std::string>{"a@here", "b@here", "c@here", "a@here", "b@here", "c@here"});
    // Who comes in that second has had none.
    house.put("d@here", {"x@one"});
    CHECK(senders(house.lease(now, 1)) == std::vector<std::string>{"d@here"});
    CHECK(senders(house.lease(now + 1, 3)) == std::vector<std::string>{"a@here", "b@here", "c@here"});
    CHECK(house.findings().empty());
}

TEST_CASE("within one second lanes take turns like that as well") {
    LeaseHouse house;
    for (int i = 0; i < 4; ++i) {
        for (const char* path : {"x@one", "x@three", "x@two"}) house.put("a@here", {path});
    }
    for (int round = 0; round < 3; ++round) {
        for (const char* path : {"x@one", "x@three", "x@two"}) CHECK(paths(house.lease(now, 1)) == Paths{path});
    }
    CHECK(house.findings().empty());
}

TEST_CASE("a message goes to all its recipients at once whose lanes have room") {
    LeaseHouse house;
    (void)house.run(set_queue_routes({{"*", "relay:25"}, {"direct", "direct"}}, now));
    std::vector<std::string> many;
    for (int i = 0; i < 40; ++i) many.push_back("u@d" + std::to_string(i));
    many.emplace_back("u@direct");
    house.put("s@here", many);
    const Leased leased = house.lease(now, 100, 1, {{"direct", 0}});
    REQUIRE(leased.messages.size() == 1);
    CHECK(leased.messages[0].recipients.size() == 40);
    CHECK(leased.messages[0].recipients[0].lane == "relay:25");
    CHECK(paths(house.lease(now)) == Paths{"u@direct"});
}

TEST_CASE("one message to many lanes does not hide the lanes behind them") {
    LeaseHouse house;
    std::vector<std::string> many;
    for (int i = 0; i < 100; ++i) many.push_back("u@a" + std::to_string(i));
    house.put("list@here", many);
    for (int i = 0; i < 8; ++i) house.put("s@here", {"u@b" + std::to_string(i)});
    const Leased first = house.lease(now, 10);
    CHECK(first.messages.size() == 1);
    CHECK_FALSE(first.all_seen);
    const Leased second = house.lease(now, 10);
    CHECK(second.messages.size() == 8);
    CHECK(second.all_seen);
}

TEST_CASE("a lease, its extension and its release are bounded in recipients") {
    LeaseHouse house;
    std::vector<std::string> many;
    for (int i = 0; i < 900; ++i) many.push_back("u" + std::to_string(i) + "@list");
    for (int i = 0; i < 4; ++i) house.put("s@here", many);
    const Leased leased = house.lease(now, 100, 100);
    // A hundred in each turn, and of the 2,000 that may be leased half for one account.
    CHECK(leased.messages.size() == 10);
    CHECK(paths(leased).size() == 1000);
    CHECK(leased.waiting.contains("list"));
    std::vector<QueueRecipientId> ids;
    for (const QueueMessage& message : leased.messages) {
        for (const QueueRecipient& recipient : message.recipients) ids.push_back(recipient.id);
    }
    (void)house.run(extend_leases("here", ids, now + 5000, now + 300));
    CHECK(paths(house.lease(now + 4999, 100, 100)).size() == 1000);
    CHECK(house.run(release_leases("here", now + 5000)) == 2000);
    CHECK(house.findings().empty());
}

TEST_CASE("accounts take turns, however many lanes and senders one of them has, and leave room for each other") {
    LeaseHouse house;
    for (int i = 0; i < 20; ++i) {
        std::vector<std::string> many;
        for (int j = 0; j < 100; ++j) many.push_back("u@a" + std::to_string(100 * i + j));
        house.put("s" + std::to_string(i) + "@here", many, now - 100, 7);
    }
    house.put("alice@here", {"x@one"}, now, 8);
    house.put("stranger@there", {"y@two"}, now, 0);
    CHECK(senders(house.lease(now, 3)) == std::vector<std::string>{"s0@here", "stranger@there", "alice@here"});
    CHECK(house.findings().empty());
    // In the same second those come first that have had no turn.
    house.put("alice@here", {"x@three"}, now, 8);
    CHECK(senders(house.lease(now, 1)) == std::vector<std::string>{"alice@here"});
    CHECK(senders(house.lease(now, 1)) == std::vector<std::string>{"s1@here"});

    const auto lease = [&](std::size_t recipients, std::map<AccountId, std::size_t> held) {
        return house.run(lease_due(
            {.holder = "here", .now = now, .until = now + 900, .recipients = recipients, .held = std::move(held)}));
    };
    CHECK(paths(lease(300, {})).size() == 150);
    CHECK(paths(lease(150, {{{7}, 150}})).empty());
    house.put("alice@here", {"x@four"}, now, 8);
    CHECK(paths(lease(150, {{{7}, 150}})) == Paths{"x@four"});
    CHECK(paths(lease(201, {{{7}, 199}})).size() == 1);
    CHECK(house.findings().empty());
}

TEST_CASE("accounts that get nothing do not hide others") {
    LeaseHouse house;
    for (std::int64_t i = 1; i <= 1000; ++i) house.put("s@here", {"u@full"}, now - 100, i);
    house.put("alice@here", {"x@one"}, now, 1001);
    const Leased first = house.lease(now, 100, 4, {{"full", 0}});
    CHECK(first.messages.empty());
    CHECK_FALSE(first.all_seen);
    CHECK(paths(house.lease(now, 100, 4, {{"full", 0}})) == Paths{"x@one"});
    CHECK(house.findings().empty());
}

TEST_CASE("a message that is dropped gives its sender no better place") {
    LeaseHouse house;
    house.put("many@here", {"a@lane"}, now - 100);
    const QueueMessageId dropped = house.put("many@here", {"b@lane"}, now - 100);
    house.put("many@here", {"c@lane"}, now - 100);
    house.put("few@here", {"d@lane"}, now - 50);
    CHECK(senders(house.lease(now, 1)) == std::vector<std::string>{"many@here"});
    (void)house.run(drop_queue({.message = dropped}, now));
    CHECK(senders(house.lease(now, 2)) == std::vector<std::string>{"few@here", "many@here"});
}

TEST_CASE("a move to new lanes that was cut off is taken up again") {
    LeaseHouse house;
    for (int i = 0; i < 1500; ++i) house.put("s@here", {"u@d"});
    house.close();
    {
        engine::Connection connection({.path = house.path()});
        const StoreOptions options;
        engine::Batch batch(connection, options);
        auto cut_off = set_queue_routes({{"*", "relay:25"}}, now);
        CHECK_FALSE(cut_off.run(batch));  // the first slice of two
    }
    house.reopen();
    (void)house.run(set_queue_routes({{"*", "relay:25"}}, now));
    for (const QueueMessage& message : house.get(list_queue())) REQUIRE(message.recipients.at(0).lane == "relay:25");
    CHECK(house.findings().empty());
}

TEST_CASE("routes that change move what waits to its new lanes") {
    LeaseHouse house;
    for (int i = 0; i < 2500; ++i) house.put("s@here", {"u@d" + std::to_string(i % 3)});
    const auto lanes = [&] {
        std::map<std::string, int> count;
        for (const QueueMessage& message : house.get(list_queue())) ++count[message.recipients.at(0).lane];
        return count;
    };
    CHECK(lanes() == std::map<std::string, int>{{"d0", 834}, {"d1", 833}, {"d2", 833}});
    (void)house.run(set_queue_routes({{"d1", "other:587"}, {"*", "relay:25"}}, now));
    CHECK(lanes() == std::map<std::string, int>{{"other:587", 833}, {"relay:25", 1667}});
    CHECK(house.findings().empty());
    (void)house.run(set_queue_routes({{"d1", "other:587"}}, now));
    CHECK(lanes() == std::map<std::string, int>{{"d0", 834}, {"d2", 833}, {"other:587", 833}});
    CHECK(house.lease(now, 1000, 1).messages.size() == 3);
    CHECK(house.findings().empty());
}

TEST_CASE("what a changed route concerns becomes due at once, but not what is being tried") {
    LeaseHouse house;
    house.put("s@here", {"u@far", "u@near", "u@other"});
    const std::vector<QueueRoute> routes{{"far", "relay:25"}, {"other", "other:25"}};
    (void)house.run(set_queue_routes(routes, now));
    const Leased tried = house.lease(now);
    for (const QueueMessage& message : tried.messages) house.end(message, RecipientState::pending, now, now + 1000);
    CHECK(paths(house.lease(now)).empty());
    (void)house.run(set_queue_routes(routes, now, {"nobody's"}));
    CHECK(paths(house.lease(now)).empty());
    (void)house.run(set_queue_routes(routes, now, {"relay:25"}));
    CHECK(paths(house.lease(now)) == Paths{"u@far"});
    (void)house.run(set_queue_routes(routes, now, {"relay:25"}));  // it is leased
    CHECK(paths(house.lease(now)).empty());
    (void)house.run(set_queue_routes(routes, now, {"*"}));
    CHECK(paths(house.lease(now)) == Paths{"u@near"});
    (void)house.run(set_queue_routes({{"far", "relay:25"}}, now));
    CHECK(paths(house.lease(now)) == Paths{"u@other"});
    CHECK(house.findings().empty());
}

namespace {

// The number of SQLite virtual machine steps in `work`.
std::int64_t steps_of(engine::Connection& connection, const std::function<void()>& work) {
    std::int64_t steps = 0;
    sqlite3_progress_handler(
        connection.handle(), 1,
        [](void* counter) {
            ++*static_cast<std::int64_t*>(counter);
            return 0;
        },
        &steps);
    work();
    sqlite3_progress_handler(connection.handle(), 0, nullptr, nullptr);
    return steps;
}

// Adds `due` due recipients, in a hundred lanes with ten senders, and as many that are due later.
void fill(engine::Connection& connection, int due) {
    connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(2 * due) +
        ") INSERT INTO queue_recipient (message_id, forward_path, domain, notify, original_recipient, state, "
        "next_attempt_at, lane, sender) SELECT i, 'u@d', 'd', 0, '', 0, iif(i % 2, 1000 + i % 7, 99999), "
        "'lane' || (i / 2 % 100), 'sender' || (i / 2 % 10) FROM n;"
        "INSERT INTO queue_message (id, reverse_path, envelope_id, dsn_return, eight_bit_mime, smtputf8, session, "
        "queued_at, size_octets, blob_id) SELECT message_id, sender, '', 0, 0, 0, '', 1000, 1, 1 FROM queue_recipient;"
        "INSERT INTO queue_flow (account_id, lane, sender, due_at) SELECT 0, lane, sender, min(next_attempt_at) FROM "
        "queue_recipient GROUP BY lane, sender;"
        "INSERT INTO queue_lane (account_id, lane, due_at) SELECT 0, lane, min(due_at) FROM queue_flow GROUP BY lane;"
        "INSERT INTO queue_account (account_id, due_at) SELECT 0, min(due_at) FROM queue_lane;");
}

}  // namespace

TEST_CASE("what a lease costs does not depend on how much is due") {
    const auto cost_with = [](int due) {
        LeaseHouse house;
        house.close();
        engine::Connection connection({.path = house.path()});
        fill(connection, due);
        const StoreOptions options;
        engine::Batch batch(connection, options);
        std::int64_t steps = 0;
        std::size_t leased = 0;
        steps = steps_of(connection, [&] {
            leased = lease_due({.holder = "here", .now = 2000, .until = 3000, .messages = 10, .messages_per_lane = 2})
                         .run(batch)
                         ->value()
                         .messages.size();
        });
        CHECK(leased == 10);
        return steps;
    };
    const std::int64_t few = cost_with(100);
    const std::int64_t many = cost_with(100'000);
    CHECK(few > 100);
    CHECK(many <= few * 11 / 10);
}

TEST_CASE("what an outcome costs does not depend on the message's other recipients") {
    const auto cost_with = [](int others) {
        LeaseHouse house;
        std::vector<std::string> paths = {"u@here-first"};
        for (int i = 0; i < others; ++i) paths.push_back("u@d" + std::to_string(i));
        const QueueMessageId id = house.put("s@here", paths);
        const QueueRecipientId first = house.get(get_queue_message(id)).recipients.at(0).id;
        house.close();
        engine::Connection connection({.path = house.path()});
        const StoreOptions options;
        engine::Batch batch(connection, options);
        AttemptOutcome outcome{.recipient = first,
                               .state = RecipientState::pending,
                               .next_attempt_at = now + 300,
                               .reply = {},
                               .status = {},
                               .remote = {}};
        return steps_of(connection, [&] { CHECK(record_attempt(id, {outcome}, now, {}).run(batch)->has_value()); });
    };
    const std::int64_t few = cost_with(10);
    CHECK(few > 50);
    CHECK(cost_with(1000) <= few * 11 / 10);
}

TEST_CASE("every statement of a lease, and of its release, is a search in an index") {
    LeaseHouse house;
    house.close();
    engine::Connection connection({.path = house.path()});
    fill(connection, 1000);
    std::vector<std::string> statements;
    sqlite3_trace_v2(
        connection.handle(), SQLITE_TRACE_STMT,
        [](unsigned, void* into, void*, void* text) {
            static_cast<std::vector<std::string>*>(into)->emplace_back(static_cast<const char*>(text));
            return 0;
        },
        &statements);
    const StoreOptions options;
    engine::Batch batch(connection, options);
    (void)lease_due({.holder = "here", .now = 2000, .until = 3000, .messages = 10, .messages_per_lane = 2}).run(batch);
    CHECK(release_leases("here", 2001).run(batch)->value() > 0);
    sqlite3_trace_v2(connection.handle(), 0, nullptr, nullptr);
    const std::set<std::string> distinct(statements.begin(), statements.end());
    CHECK(distinct.size() >= 10);
    for (const std::string& sql : distinct) {
        auto rows = connection.statement("EXPLAIN QUERY PLAN " + sql);
        while (rows.step()) {
            const std::string line = rows.column<std::string>(3);
            CAPTURE(sql);
            CAPTURE(line);
            const bool is_heading = line.starts_with("LIST SUBQUERY");  // its own SEARCH is the next line
            const bool fine = is_heading || (line.starts_with("SEARCH") && line.find("USING") != std::string::npos);
            CHECK(fine);
        }
    }
}
