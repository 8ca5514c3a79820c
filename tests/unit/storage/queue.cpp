// Accepting, and the life of queued mail: due, tried, retried, done, dropped. RFC 5321 §4.5.4.
#include "storage/queue.h"

#include <atomic>

#include "storage/queue_choice.h"
#include "storage/queue_leases.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

struct QueueHouse : TemporaryStore {
    AccountId bob = add_account("bob@example.org");
    AccountId alice = add_account("alice@example.org");

    Acceptance acceptance(const std::string& text, std::vector<std::string> remote) {
        Acceptance made;
        made.content = staged(text);
        made.summary = "summary";
        made.received_at = now;
        if (remote.empty()) return made;
        made.remote = NewQueueMessage{.reverse_path = "bob@example.org",
                                      .envelope_id = "QQ314159",
                                      .dsn_return = DsnReturn::headers,
                                      .eight_bit_mime = true,
                                      .smtputf8 = true,
                                      .submitted = true,
                                      .session = "7f3a",
                                      .recipients = {}};
        for (const std::string& path : remote)
            made.remote->recipients.push_back({path, dsn_notify::failure, "rfc822;x"});
        return made;
    }
};

}  // namespace

TEST_CASE("a message for several here and elsewhere is stored once, in one commit") {
    QueueHouse house;
    Acceptance acceptance = house.acceptance("text", {"x@Remote.EXAMPLE", "\"odd@local\"@[192.0.2.1]"});
    acceptance.local = {{house.mailbox(house.bob, "INBOX"), {}}, {house.mailbox(house.alice, "Junk"), {0, {"$Junk"}}}};
    const Accepted accepted = house.run(accept_message(acceptance));
    REQUIRE(accepted.local.size() == 2);
    REQUIRE(accepted.queue_message);
    const QueueMessage queued = house.get(get_queue_message(*accepted.queue_message));
    CHECK(queued.reverse_path == "bob@example.org");
    CHECK(queued.envelope_id == "QQ314159");
    CHECK(queued.dsn_return == DsnReturn::headers);
    CHECK(queued.eight_bit_mime);
    CHECK(queued.smtputf8);
    CHECK(queued.submitted);
    CHECK(queued.session == "7f3a");
    CHECK(queued.queued_at == now);
    CHECK(queued.size_octets == 4);
    REQUIRE(queued.recipients.size() == 2);
    CHECK(queued.recipients[0].domain == "remote.example");
    CHECK(queued.recipients[1].domain == "[192.0.2.1]");
    CHECK(queued.recipients[0].notify == dsn_notify::failure);
    CHECK(queued.recipients[0].original_recipient == "rfc822;x");
    const MailboxId junk = house.mailbox(house.alice, "Junk");
    const std::vector<Message> rows = house.get(read_messages({junk, the_server}, UidSet::all(), true, 10));
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].blob == queued.blob);
    CHECK(rows[0].summary == "summary");
}

TEST_CASE("what aliases send on shares the content, and each has its sender and its prefix") {
    QueueHouse house;
    Acceptance acceptance = house.acceptance("text", {});
    for (const char* name : {"one", "two"}) {
        NewQueueMessage forward{.reverse_path = std::string("return@") + name + ".example",
                                .envelope_id = {},
                                .session = "7f3a",
                                .prefix = std::string("Delivered-To: ") + name + "\r\n",
                                .signing_domain = std::string(name) + ".example",
                                .tls_wish = TlsWish::required,
                                .recipients = {{"x@remote.example", 0, ""}}};
        acceptance.forwards.push_back(std::move(forward));
    }
    const Accepted accepted = house.run(accept_message(acceptance));
    REQUIRE(accepted.forwards.size() == 2);
    CHECK_FALSE(accepted.queue_message);
    const QueueMessage one = house.get(get_queue_message(accepted.forwards[0]));
    const QueueMessage two = house.get(get_queue_message(accepted.forwards[1]));
    CHECK(one.prefix == "Delivered-To: one\r\n");
    CHECK(two.signing_domain == "two.example");
    CHECK(two.tls_wish == TlsWish::required);
    CHECK(two.reverse_path == "return@two.example");
    CHECK(one.blob == two.blob);
    CHECK(one.size_octets == 4);
}

TEST_CASE("a recipient over quota refuses the whole: nothing at all is stored") {
    QueueHouse house;
    (void)house.run(set_quota("alice@example.org", 3));
    Acceptance acceptance = house.acceptance("text", {"x@remote.example"});
    acceptance.local = {{house.mailbox(house.bob, "INBOX"), {}}, {house.mailbox(house.alice, "INBOX"), {}}};
    CHECK(reason_of(house.write(accept_message(acceptance))) == Reason::over_quota);
    CHECK(house.get(list_queue()).empty());
    CHECK(house.get(get_account(house.bob)).messages == 0);
    acceptance.local = {{MailboxId{4711}, {}}};
    CHECK(reason_of(house.write(accept_message(acceptance))) == Reason::no_such_mailbox);
}

TEST_CASE("success notices are accepted with the message or not at all (RFC 3461 §5.2.3)") {
    QueueHouse house;
    (void)house.run(set_quota("alice@example.org", 4));
    (void)house.run(set_quota("bob@example.org", 1));
    const MailboxId alice = house.mailbox(house.alice, "INBOX");
    const MailboxId bob = house.mailbox(house.bob, "INBOX");
    Acceptance message = house.acceptance("text", {});
    message.local = {{alice, {}}};
    Acceptance here = house.acceptance("notice", {});
    here.local = {{bob, {}}};  // over quota: our own notices ignore it
    Acceptance gone = house.acceptance("notice", {});
    gone.local = {{MailboxId{4711}, {}}};
    const Acceptance elsewhere = house.acceptance("notice elsewhere", {"x@remote.example"});

    const Accepted accepted = house.run(accept_message(message, {here, gone, elsewhere}));
    CHECK(accepted.local.size() == 1);
    CHECK_FALSE(accepted.queue_message);  // the message's own recipients
    CHECK(house.get(get_account(house.alice)).messages == 1);
    CHECK(house.get(get_account(house.bob)).messages == 1);
    CHECK(house.get(list_queue()).size() == 1);

    CHECK(reason_of(house.write(accept_message(message, {here, elsewhere}))) == Reason::over_quota);
    CHECK(house.get(get_account(house.bob)).messages == 1);
    CHECK(house.get(list_queue()).size() == 1);
}

TEST_CASE("an attempt that failed for now is written down, and its recipient due again when it says") {
    QueueHouse house;
    std::atomic<int> wakes = 0;
    const Subscription subscription = house.store().subscribe_queue([&] { ++wakes; });
    const QueueMessageId first = *house.run(accept_message(house.acceptance("1", {"a@one", "b@two"}))).queue_message;
    const QueueMessageId second = *house.run(accept_message(house.acceptance("2", {"c@one"}))).queue_message;
    CHECK(wakes == 2);
    const QueueMessage whole_before = house.get(get_queue_message(first));
    (void)house.run(record_attempt(first,
                                   {{.recipient = whole_before.recipients.at(0).id,
                                     .state = RecipientState::pending,
                                     .next_attempt_at = now + 300,
                                     .reply = "451 later",
                                     .status = "4.3.0",
                                     .remote = "mx.one"}},
                                   now + 1, {}));
    CHECK(wakes == 3);
    const QueueMessage whole = house.get(get_queue_message(first));
    CHECK(whole.recipients[0].attempts == 1);
    CHECK(whole.recipients[0].next_attempt_at == now + 300);
    CHECK(whole.recipients[0].last_reply == "451 later");
    CHECK(whole.recipients[0].last_status == "4.3.0");
    CHECK(whole.recipients[0].last_remote == "mx.one");
    CHECK(whole.recipients[0].last_attempt_at == now + 1);
    CHECK(whole.recipients[1].attempts == 0);

    (void)house.run(drop_queue({.message = second}, now + 2));
    CHECK(reason_of(house.write(drop_queue({.message = second}, now + 2))) == Reason::no_such_queue_message);
    CHECK(reason_of(house.read(get_queue_message(second))) == Reason::no_such_queue_message);
    CHECK(house.run(retry_queue({}, now + 2)) == 2);
    CHECK(house.get(get_queue_message(first)).recipients[0].next_attempt_at == now + 2);
    CHECK(house.get(get_queue_message(first)).recipients[0].asked);
    CHECK(reason_of(house.write(retry_queue({.message = second}, now))) == Reason::no_such_queue_message);
    CHECK(house.run(retry_queue({.message = first}, now + 3)) == 2);
}

TEST_CASE("an outcome of which the sender must hear now is recorded with that, or not at all") {
    QueueHouse house;
    const QueueMessageId id = *house.run(accept_message(house.acceptance("1", {"a@one", "b@two"}))).queue_message;
    (void)house.run(lease_due({.holder = "here", .now = now, .until = now + 60, .messages = 10, .recipients = 10}));
    const std::vector<QueueRecipient> recipients = house.get(get_queue_message(id)).recipients;
    const auto ends = [&](std::size_t n, RecipientState state) {
        return AttemptOutcome{.recipient = recipients[n].id,
                              .state = state,
                              .next_attempt_at = now + 300,
                              .reply = "550 no",
                              .status = "5.1.1",
                              .remote = "mx",
                              .said = true,
                              .tell = state != RecipientState::relayed};
    };
    // The other one is being tried.
    (void)house.run(record_attempt(id, {ends(0, RecipientState::failed)}, now, {}));
    CHECK(house.get(get_queue_message(id)).recipients[0].untold);
    CHECK(house.get(get_queue_message(id)).recipients[0].said);

    for (const RecipientState state : {RecipientState::relayed, RecipientState::failed, RecipientState::pending}) {
        CHECK(reason_of(house.write(record_attempt(id, {ends(1, state)}, now, {}))) == Reason::conflict);
        CHECK(house.get(get_queue_message(id)).recipients[1].attempts == 0);
    }
    const SenderTold told{.reports = 0, .failed = {recipients[0].id}, .delay = true};
    (void)house.run(record_attempt(id, {ends(1, RecipientState::pending)}, now, {}, told));
    const QueueMessage after = house.get(get_queue_message(id));
    CHECK(after.reports == 1);
    CHECK(after.delay_notified);
    CHECK_FALSE(after.recipients[0].untold);
    CHECK_FALSE(after.recipients[1].untold);
    // No second delay, and nothing that was made before the sender was told.
    (void)house.run(record_attempt(id, {ends(1, RecipientState::pending)}, now, {}));
    CHECK(reason_of(house.write(record_attempt(id, {ends(1, RecipientState::failed)}, now, {}, told))) ==
          Reason::conflict);
    (void)house.run(record_attempt(id, {ends(1, RecipientState::failed)}, now, {},
                                   SenderTold{.reports = 1, .failed = {recipients[1].id}}));
    CHECK(house.get(list_queue()).empty());
}

TEST_CASE("recipients that are being tried put a report off, but not for ever") {
    QueueHouse house;
    const QueueMessageId id =
        *house.run(accept_message(house.acceptance("1", {"a@one", "b@two", "c@three"}))).queue_message;
    (void)house.run(lease_due({.holder = "here", .now = now, .until = now + 60, .messages = 10, .recipients = 10}));
    const std::vector<QueueRecipient> recipients = house.get(get_queue_message(id)).recipients;
    const AttemptOutcome fails{.recipient = recipients[0].id,
                               .state = RecipientState::failed,
                               .reply = {},
                               .status = {},
                               .remote = {},
                               .tell = true};
    const AttemptOutcome waits{
        .recipient = recipients[1].id, .next_attempt_at = now + 900, .reply = {}, .status = {}, .remote = {}};
    (void)house.run(record_attempt(id, {fails}, now, {}));
    (void)house.run(record_attempt(id, {waits}, now + report_patience - 1, {}));
    CHECK(reason_of(house.write(record_attempt(id, {waits}, now + report_patience, {}))) == Reason::conflict);
}

TEST_CASE("the last outcome takes the message out, with its notices in the same commit") {
    QueueHouse house;
    const QueueMessageId id = *house.run(accept_message(house.acceptance("1", {"a@one", "b@two"}))).queue_message;
    const QueueMessage queued = house.get(get_queue_message(id));
    Acceptance delay = house.acceptance("delayed", {});
    delay.local = {{house.mailbox(house.bob, "INBOX"), {}}};
    (void)house.run(record_attempt(id,
                                   {{.recipient = queued.recipients[0].id,
                                     .state = RecipientState::delivered,
                                     .reply = {},
                                     .status = {},
                                     .remote = {}}},
                                   now, {delay}, SenderTold{.reports = 0, .failed = {}, .delay = true}));
    CHECK(house.get(get_queue_message(id)).delay_notified);
    CHECK(house.get(get_queue_message(id)).recipients[0].state == RecipientState::delivered);

    // A bounce cannot be sent back: it ignores the quota, and is dropped if its mailbox is gone.
    (void)house.run(set_quota("bob@example.org", 1));
    Acceptance bounce = house.acceptance("bounce", {});
    bounce.local = {{house.mailbox(house.bob, "INBOX"), {}}, {MailboxId{4711}, {}}};
    (void)house.run(record_attempt(id,
                                   {{.recipient = queued.recipients[1].id,
                                     .state = RecipientState::failed,
                                     .reply = {},
                                     .status = {},
                                     .remote = {}}},
                                   now, {bounce}));
    CHECK(house.get(list_queue()).empty());
    CHECK(house.get(get_account(house.bob)).messages == 2);
    CHECK(reason_of(house.write(record_attempt(id, {}, now, {}))) == Reason::no_such_queue_message);
}
