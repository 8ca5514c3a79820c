// What attempts came to: written with their outcomes, kept after the message has left, bounded, forgotten by age.
#include "storage/delivery_attempts.h"

#include "storage/queue_choice.h"

#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct AttemptHouse : TemporaryStore {
    QueueMessageId queue(std::vector<std::string> to) {
        Acceptance made;
        made.content = staged("text");
        made.summary = "summary";
        made.received_at = now;
        made.remote = NewQueueMessage{
            .reverse_path = "bob@example.org", .envelope_id = {}, .session = "7f3a", .account = {}, .recipients = {}};
        for (std::string& path : to) made.remote->recipients.push_back({std::move(path), 0, ""});
        return *run(accept_message(made)).queue_message;
    }

    AttemptOutcome outcome(QueueMessageId id, std::size_t which, RecipientState state, const std::string& reply) {
        return {.recipient = get(get_queue_message(id)).recipients.at(which).id,
                .state = state,
                .next_attempt_at = now,
                .reply = reply,
                .status = "4.3.0",
                .remote = "mx.one"};
    }
};

}  // namespace

TEST_CASE("each recipient's attempts stay after the message has left the queue, in the order of time") {
    AttemptHouse house;
    const QueueMessageId id = house.queue({"a@one", "b@one"});
    const AttemptVia via{.address = "192.0.2.1", .tls = "TLSv1.3 TLS_AES_256_GCM_SHA384", .protection = "dane"};
    const AttemptOutcome later = house.outcome(id, 0, RecipientState::pending, "451 later");
    const AttemptOutcome gone = house.outcome(id, 1, RecipientState::failed, "550 no");
    (void)house.run(record_attempt(id, {later, gone}, now + 1, {}, {}, via));
    (void)house.run(record_attempt(id, {house.outcome(id, 0, RecipientState::relayed, "250 ok")}, now + 2, {}, {}, {}));
    REQUIRE(house.get(list_queue()).empty());
    const std::vector<DeliveryAttempt> attempts = house.get(attempts_of(id, 10));
    REQUIRE(attempts.size() == 3);
    CHECK(attempts[0].forward_path == "a@one");
    CHECK(attempts[0].at == now + 1);
    CHECK(attempts[0].host == "mx.one");
    CHECK(attempts[0].address == "192.0.2.1");
    CHECK(attempts[0].tls == "TLSv1.3 TLS_AES_256_GCM_SHA384");
    CHECK(attempts[0].protection == "dane");
    CHECK(attempts[0].outcome == RecipientState::pending);
    CHECK(attempts[0].status == "4.3.0");
    CHECK(attempts[0].reply == "451 later");
    CHECK(attempts[1].outcome == RecipientState::failed);
    CHECK(attempts[1].recipient == gone.recipient);
    CHECK(attempts[2].at == now + 2);
    CHECK(attempts[2].message == id);
    CHECK(attempts[2].protection.empty());
    CHECK(house.get(attempts_of(id, 1)).at(0).at == now + 2);
    CHECK(house.get(attempts_of({id.value + 1}, 10)).empty());
}

TEST_CASE("an attempt that is not recorded leaves no row") {
    AttemptHouse house;
    const QueueMessageId id = house.queue({"a@one"});
    AttemptOutcome gone = house.outcome(id, 0, RecipientState::failed, "550 no");
    gone.tell = true;
    CHECK(reason_of(house.write(record_attempt(id, {gone}, now, {}))) == Reason::conflict);
    CHECK(house.get(attempts_of(id, 10)).empty());
}

TEST_CASE("of a recipient the newest attempts are kept, and of an answer its beginning, in whole characters") {
    AttemptHouse house;
    const QueueMessageId id = house.queue({"a@one", "b@one"});
    (void)house.run(record_attempt(id, {house.outcome(id, 1, RecipientState::pending, "b")}, now, {}));
    for (std::uint32_t n = 0; n < most_attempts_kept + 3; ++n) {
        std::string reply = std::to_string(n) + std::string(n < 10 ? 998 : 997, 'x');
        reply += "\u00e4\u00e4";
        (void)house.run(record_attempt(id, {house.outcome(id, 0, RecipientState::pending, reply)}, now + n, {}));
    }
    const std::vector<DeliveryAttempt> attempts = house.get(attempts_of(id, 100));
    REQUIRE(attempts.size() == most_attempts_kept + 1);
    CHECK(attempts[0].reply == "b");
    CHECK(attempts[1].at == now + 3);
    for (std::size_t i = 1; i < attempts.size(); ++i) CHECK(attempts[i].reply.size() == 999);
}

TEST_CASE("attempts are forgotten by age, in slices") {
    AttemptHouse house;
    const QueueMessageId id = house.queue({"a@one"});
    for (int n = 0; n < 5; ++n)
        (void)house.run(record_attempt(id, {house.outcome(id, 0, RecipientState::pending, "")}, now + n, {}));
    CHECK_FALSE(house.run(forget_attempts(now, 2)));
    CHECK(house.run(forget_attempts(now + 3, 2)));
    CHECK(house.get(attempts_of(id, 10)).size() == 3);
    CHECK_FALSE(house.run(forget_attempts(now + 3, 2)));
    REQUIRE(house.get(attempts_of(id, 10)).size() == 2);
    CHECK(house.get(attempts_of(id, 10))[0].at == now + 3);
    CHECK_FALSE(house.run(forget_attempts(now + 3, 2)));
}
