// Mail that administrators choose: tried at once, held, released, dropped; its turns stay right. And statistics.
#include "storage/queue_choice.h"

#include <set>

#include "storage/delivery_attempts.h"
#include "storage/queue_leases.h"
#include "storage/upkeep/check.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

using Paths = std::multiset<std::string>;

struct ChoiceHouse : TemporaryStore {
    QueueMessageId put(const std::string& sender, std::vector<std::string> recipients, std::int64_t at = now) {
        Acceptance made;
        made.content = staged("content");
        made.summary = "summary";
        made.received_at = at;
        made.remote = NewQueueMessage{.reverse_path = sender, .envelope_id = {}, .session = {}, .recipients = {}};
        made.remote->account = {7};
        for (std::string& path : recipients) made.remote->recipients.push_back({std::move(path), 0, {}});
        return *run(accept_message(made)).queue_message;
    }
    Paths listed(QueueChoice choice) {
        Paths found;
        for (const QueueMessage& message : get(list_queue(std::move(choice)))) {
            for (const QueueRecipient& recipient : message.recipients) found.insert(recipient.forward_path);
        }
        return found;
    }
    Paths lease(std::int64_t at) {
        Paths found;
        const Leased leased = run(lease_due({.holder = "here", .now = at, .until = at + 900}));
        for (const QueueMessage& message : leased.messages) {
            for (const QueueRecipient& recipient : message.recipients) found.insert(recipient.forward_path);
        }
        return found;
    }
    QueueRecipient first(QueueMessageId id) { return get(get_queue_message(id)).recipients.at(0); }
    void end(QueueMessageId id, std::size_t which, RecipientState state, std::int64_t at, bool tell = false) {
        (void)run(record_attempt(id,
                                 {{.recipient = get(get_queue_message(id)).recipients.at(which).id,
                                   .state = state,
                                   .next_attempt_at = at + 300,
                                   .reply = "451 said",
                                   .status = "4.0.0",
                                   .remote = "mx",
                                   .tell = tell}},
                                 at, {}));
    }
    std::vector<std::string> findings() {
        std::vector<std::string> lines;
        for (const Finding& finding : get(check_store({})).findings) lines.push_back(finding.what);
        return lines;
    }
};

}  // namespace

TEST_CASE("mail is chosen by message, sender, recipient, domain and age, and by several of them at once") {
    ChoiceHouse house;
    const QueueMessageId first = house.put("ann@here", {"a@one", "b@two"}, now - 100);
    house.put("bob@here", {"c@ONE"}, now);
    house.put("", {"d@two"}, now);
    const Paths all{"a@one", "b@two", "c@ONE", "d@two"};
    const struct {
        QueueChoice choice;
        Paths chosen;
    } rows[] = {
        {{}, all},
        {{.message = first}, {"a@one", "b@two"}},
        {{.message = QueueMessageId{99}}, {}},
        {{.sender = "ANN@here"}, {"a@one", "b@two"}},
        {{.sender = ""}, {"d@two"}},
        {{.sender = "nn@here"}, {}},
        {{.recipient = "c@one"}, {"c@ONE"}},
        {{.domain = "One"}, {"a@one", "c@ONE"}},
        {{.queued_before = now}, {"a@one", "b@two"}},
        {{.queued_before = now - 100}, {}},
        {{.message = first, .domain = "two"}, {"b@two"}},
        {{.sender = "bob@here", .domain = "two"}, {}},
    };
    for (const auto& row : rows) {
        CHECK(house.listed(row.choice) == row.chosen);
        if (row.choice.message == QueueMessageId{99}) continue;
        CHECK(house.run(hold_queue(row.choice, now)) == row.chosen.size());
        CHECK(house.listed(row.choice) == row.chosen);  // held ones are still listed
        Paths others = all;
        for (const std::string& path : row.chosen) others.erase(path);
        CHECK(house.lease(now) == others);
        CHECK(house.findings().empty());
        CHECK(house.run(release_leases("here", now)) == others.size());
        CHECK(house.run(release_queue(row.choice, now)) == row.chosen.size());
        CHECK(house.findings().empty());
    }
    CHECK(house.lease(now) == all);
}

TEST_CASE("held mail takes no turn until it is released, and then at once; no retry makes it due") {
    ChoiceHouse house;
    const QueueMessageId id = house.put("ann@here", {"a@one"});
    CHECK(house.run(hold_queue({}, now)) == 1);
    CHECK(house.run(hold_queue({}, now)) == 0);
    CHECK(house.run(retry_queue({}, now)) == 0);
    CHECK(house.lease(now + 1'000'000).empty());
    CHECK(house.first(id).state == RecipientState::held);
    CHECK(house.run(release_queue({}, now + 2'000'000)) == 1);
    CHECK(house.run(release_queue({}, now + 2'000'000)) == 0);
    CHECK(house.first(id).next_attempt_at == now + 2'000'000);
    CHECK(house.lease(now + 2'000'000) == Paths{"a@one"});
    CHECK(reason_of(house.write(hold_queue({.message = QueueMessageId{99}}, now))) == Reason::no_such_queue_message);
    CHECK(reason_of(house.write(release_queue({.message = QueueMessageId{99}}, now))) == Reason::no_such_queue_message);
}

TEST_CASE("what is held while it is being tried: the attempt counts, its outcome too, and it is not tried twice") {
    ChoiceHouse house;
    const QueueMessageId id = house.put("ann@here", {"a@one", "b@one", "c@one"});
    CHECK(house.lease(now).size() == 3);
    CHECK(house.run(hold_queue({}, now)) == 3);
    CHECK(house.get(leased_recipients(id, "here")).empty());
    house.end(id, 0, RecipientState::relayed, now + 1);
    house.end(id, 1, RecipientState::pending, now + 1, true);
    QueueMessage message = house.get(get_queue_message(id));
    CHECK(message.recipients[0].state == RecipientState::relayed);
    CHECK(message.recipients[1].state == RecipientState::held);
    CHECK(message.recipients[1].attempts == 1);
    CHECK_FALSE(message.recipients[1].untold);
    CHECK(house.findings().empty());
    // The third one's attempt is still being made: after its release no other is made until the lease has run out.
    CHECK(house.run(release_queue({}, now + 2)) == 2);
    CHECK(house.get(leased_recipients(id, "here")).size() == 1);
    CHECK(house.lease(now + 2) == Paths{"b@one"});
    // A runner that has not begun the attempt gives the lease up.
    message = house.get(get_queue_message(id));
    (void)house.run(give_up_leases("elsewhere", {message.recipients[2].id}, now + 3));
    CHECK(house.lease(now + 3).empty());
    (void)house.run(give_up_leases("here", {message.recipients[2].id}, now + 3));
    CHECK(house.lease(now + 3) == Paths{"c@one"});
    CHECK(house.findings().empty());
}

TEST_CASE("a start lets go of what is held, too; its lease goes on while the attempt does") {
    ChoiceHouse house;
    const QueueMessageId id = house.put("ann@here", {"a@one"});
    CHECK(house.lease(now).size() == 1);
    (void)house.run(hold_queue({}, now));
    (void)house.run(extend_leases("here", {house.first(id).id}, now + 5000, now + 10));
    CHECK(house.first(id).next_attempt_at == now + 5000);
    CHECK(house.run(release_leases("here", now + 20)) == 1);
    CHECK(house.first(id).state == RecipientState::held);
    CHECK(house.run(release_queue({}, now + 30)) == 1);
    CHECK(house.lease(now + 30) == Paths{"a@one"});
}

TEST_CASE("a message is dropped with its last waiting recipient, and what its sender will not hear is told") {
    ChoiceHouse house;
    const QueueMessageId id = house.put("ann@here", {"a@one", "b@two", "c@three"});
    house.put("bob@here", {"d@two"});
    CHECK(house.lease(now).size() == 4);
    house.end(id, 0, RecipientState::failed, now, true);
    (void)house.run(hold_queue({.domain = "three"}, now));
    Dropped dropped = house.run(drop_queue({.domain = "two"}, now));
    CHECK(dropped.recipients == 2);
    CHECK(dropped.messages == 1);
    CHECK(dropped.untold == 0);
    CHECK(house.get(get_queue_message(id)).recipients.size() == 2);
    CHECK(house.findings().empty());
    dropped = house.run(drop_queue({.message = id}, now));
    CHECK(dropped.recipients == 1);
    CHECK(dropped.messages == 1);
    CHECK(dropped.untold == 1);
    CHECK(house.get(list_queue()).empty());
    CHECK(house.findings().empty());
}

TEST_CASE("many are changed in slices, all of them") {
    ChoiceHouse house;
    std::vector<std::string> recipients;
    for (int n = 0; n < 2500; ++n) recipients.push_back("u" + std::to_string(n) + "@one");
    house.put("ann@here", recipients);
    CHECK(house.run(hold_queue({}, now)) == 2500);
    CHECK(house.run(release_queue({.domain = "one"}, now)) == 2500);
    CHECK(house.run(retry_queue({.sender = "ann@here"}, now)) == 2500);
    const Dropped dropped = house.run(drop_queue({}, now));
    CHECK(dropped.recipients == 2500);
    CHECK(dropped.messages == 1);
    CHECK(house.findings().empty());
}

TEST_CASE("for each destination: what waits, since when, and how it went lately") {
    ChoiceHouse house;
    const QueueMessageId id = house.put("ann@here", {"a@one", "b@one", "c@two"}, now - 50);
    house.put("ann@here", {"d@One", "e@three"}, now);
    (void)house.run(hold_queue({.recipient = "b@one"}, now));
    house.end(id, 0, RecipientState::pending, now - 20);
    house.end(id, 0, RecipientState::pending, now - 10);
    house.end(id, 0, RecipientState::relayed, now);
    house.end(id, 2, RecipientState::failed, now);
    const std::vector<QueueDestination> found = house.get(queue_destinations(now - 10));
    REQUIRE(found.size() == 3);
    CHECK(found[0].domain == "one");
    CHECK(found[0].pending == 1);
    CHECK(found[0].held == 1);
    CHECK(found[0].oldest_at == now - 50);
    CHECK(found[0].attempts == 2);
    CHECK(found[0].delivered == 1);
    CHECK(found[0].failed == 0);
    CHECK(found[0].last_at == now);
    CHECK(found[0].last_reply == "451 said");
    CHECK(found[1].domain == "three");
    CHECK(found[1].pending == 1);
    CHECK(found[1].attempts == 0);
    CHECK(found[2].domain == "two");
    CHECK(found[2].pending == 0);
    CHECK(found[2].oldest_at == 0);
    CHECK(found[2].failed == 1);
}

TEST_CASE("what is to be sent later is not made due by a retry, a release or a route; it can be dropped") {
    ChoiceHouse house;
    Acceptance made;
    made.content = ChoiceHouse::staged("content");
    made.received_at = now;
    made.remote = NewQueueMessage{
        .reverse_path = "ann@here", .envelope_id = {}, .session = {}, .release_at = now + 1000, .recipients = {}};
    made.remote->recipients.push_back({"a@one", 0, {}});
    const QueueMessageId id = *house.run(accept_message(made)).queue_message;
    CHECK(house.first(id).next_attempt_at == now + 1000);
    CHECK(house.first(id).not_before == now + 1000);
    CHECK(house.run(retry_queue({}, now)) == 0);
    CHECK(house.run(hold_queue({}, now)) == 1);
    CHECK(house.run(release_queue({}, now)) == 1);
    (void)house.run(set_queue_routes({{"one", "relay"}}, now));
    CHECK(house.first(id).lane == "relay");
    CHECK(house.lease(now + 999).empty());
    CHECK(house.findings().empty());
    CHECK(house.run(retry_queue({}, now + 1000)) == 1);
    CHECK(house.lease(now + 1000) == Paths{"a@one"});
    CHECK(house.run(drop_queue({}, now)).messages == 1);
}
