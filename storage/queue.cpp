// Accepting messages, and the queue's rows. RFC 5321 §4.5.4. server/queue has schedules, DSNs and the sending itself.
#include "storage/queue.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "storage/delivery_attempts.h"
#include "storage/failing_address_rows.h"
#include "storage/filing.h"
#include "storage/keywords.h"
#include "storage/list_rows.h"
#include "storage/message_rows.h"
#include "storage/queue_rows.h"
#include "storage/queue_turns.h"
#include "storage/shared_rows.h"
#include "storage/staging.h"
#include "storage/threads.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

std::unexpected<Refusal> no_such_message(QueueMessageId id) {
    return refuse(Reason::no_such_queue_message, std::to_string(id.value) + " is not in the queue");
}

// A message from outside is refused if the mailbox is full. Our own notices cannot be sent back: they ignore the quota,
// and are dropped if their mailbox is gone.
enum class Origin { outside, ours };

// The account's mailbox for junk: the one with that use, else the one of that name, else a new one. The given mailbox
// if that is gone.
MailboxId junk_beside(Batch& batch, MailboxId inbox) {
    const engine::MailboxCounters* counters = batch.mailbox(inbox);
    if (counters == nullptr) return inbox;
    const AccountId account = counters->account;
    auto found = batch.connection().statement(
        "SELECT id FROM mailbox WHERE account_id = ? AND (special_use = ? OR name = 'Junk')"
        " ORDER BY CASE WHEN special_use = ? THEN 0 ELSE 1 END LIMIT 1");
    if (found.bind(account, SpecialUse::junk, SpecialUse::junk).step()) return found.column<MailboxId>(0);
    return insert_mailbox(batch, account, "Junk", SpecialUse::junk, batch.change_account(account)).id;
}

Result<Uid> deliver(Batch& batch, const Acceptance& acceptance, const Acceptance::Local& local, BlobId blob,
                    const ThreadKeys& names, Origin origin) {
    const std::uint64_t octets = local.may_overdraw ? 1 : acceptance.content.size_octets;
    Result<std::monostate> room = check_room(batch, local.mailbox, octets, 1);
    const bool full = !room && room.error().reason == Reason::over_quota;
    if (!room && !(full && origin == Origin::ours)) return std::unexpected(std::move(room.error()));
    const AccountId account = batch.mailbox(local.mailbox)->account;
    own_content(batch, account, blob, names);
    Result<KeywordSet> keywords = number_keywords(batch, account, local.flags.keywords);
    if (!keywords) return std::unexpected(std::move(keywords.error()));
    const MessageRow row{.flags = {local.flags.system, *std::move(keywords)},
                         .internal_date = acceptance.received_at,
                         .zone_minutes = 0,
                         .saved_at = acceptance.received_at,
                         .size_octets = acceptance.content.size_octets,
                         .blob = blob};
    const ModSeq modseq = batch.change_mailbox(local.mailbox);
    return insert_message(batch, local.mailbox, row, modseq);
}

QueueMessageId enqueue(Batch& batch, const NewQueueMessage& message, std::int64_t now, std::uint64_t size,
                       BlobId blob) {
    Connection& connection = batch.connection();
    auto queued = connection.statement(
        "INSERT INTO queue_message (reverse_path, envelope_id, dsn_return, eight_bit_mime, smtputf8, session, "
        "queued_at, size_octets, blob_id, submitted, account_id, prefix, signing_domain, tls_wish) VALUES (?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
    queued
        .bind(message.reverse_path, message.envelope_id, message.dsn_return, message.eight_bit_mime, message.smtputf8,
              message.session, now, size, blob, message.submitted, message.account, message.prefix,
              message.signing_domain, message.tls_wish)
        .step();
    const QueueMessageId id = queued.column<QueueMessageId>(0);
    queued.reset();
    if (message.long_sender) keep_long_sender(connection, *message.long_sender, now);
    const std::string& sender = message.flow.empty() ? message.reverse_path : message.flow;
    std::map<std::string, std::string> lanes;  // by domain
    Turns turns(connection, now);
    for (const NewQueueRecipient& recipient : message.recipients) {
        std::string domain = domain_of(recipient.forward_path);
        auto lane = lanes.find(domain);
        if (lane == lanes.end()) {
            lane = lanes.emplace(domain, lane_of(connection, domain)).first;
            turns.touch({message.account, lane->second, sender});
        }
        connection.run(
            "INSERT INTO queue_recipient (message_id, forward_path, domain, notify, original_recipient, state, "
            "next_attempt_at, lane, sender, account_id, not_before) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            id, recipient.forward_path, domain, recipient.notify, recipient.original_recipient, RecipientState::pending,
            std::max(now, message.release_at), lane->second, sender, message.account, message.release_at);
    }
    turns.settle(false);
    batch.queue_changed();
    return id;
}

// The account that alone gets the message; none if there are several, or if it also goes elsewhere.
std::optional<AccountId> only_account(Batch& batch, const Acceptance& acceptance) {
    if (acceptance.remote || !acceptance.forwards.empty() || acceptance.local.size() != 1) return std::nullopt;
    const engine::MailboxCounters* mailbox = batch.mailbox(acceptance.local.front().mailbox);
    return mailbox == nullptr ? std::nullopt : std::optional(mailbox->account);
}

void note_in_trace(Batch& batch, const Acceptance& acceptance, const Accepted& accepted) {
    if (acceptance.trace.empty()) return;
    TraceText story = acceptance.trace;
    for (const Accepted::Local& local : accepted.local) story.add_filed(local.mailbox, local.uid);
    if (accepted.queue_message) story.add_queued(*accepted.queue_message);
    for (const QueueMessageId forward : accepted.forwards) story.add_queued(forward);
    note_in_trace(batch, acceptance.received_at, story);
}

Result<Accepted> accept(Batch& batch, const Acceptance& acceptance, Origin origin) {
    Accepted accepted;
    const BlobId blob = name_content(batch, only_account(batch, acceptance), acceptance.content, acceptance.summary,
                                     acceptance.text_sizes);
    const ThreadKeys names = thread_keys(acceptance.thread_names);
    for (Acceptance::Local local : acceptance.local) {
        if (local.junk) local.mailbox = junk_beside(batch, local.mailbox);
        Result<Uid> uid = deliver(batch, acceptance, local, blob, names, origin);
        if (!uid && (origin == Origin::ours || local.may_skip)) continue;
        if (!uid) return std::unexpected(std::move(uid.error()));
        accepted.local.push_back({local.mailbox, *uid});
    }
    const bool relays = acceptance.remote && !acceptance.remote->recipients.empty();
    if (relays) {
        accepted.queue_message =
            enqueue(batch, *acceptance.remote, acceptance.received_at, acceptance.content.size_octets, blob);
    }
    for (const NewQueueMessage& forward : acceptance.forwards) {
        accepted.forwards.push_back(
            enqueue(batch, forward, acceptance.received_at, acceptance.content.size_octets, blob));
    }
    for (const std::int64_t member : acceptance.bounced_members) {
        note_bounce(batch.connection(), member, acceptance.received_at);
    }
    for (const ListLeaver& leaver : acceptance.leavers) leave_list(batch.connection(), leaver);
    note_in_trace(batch, acceptance, accepted);
    if (acceptance.list_mail && !accepted.local.empty())
        note_list_mail(batch.connection(), blob, *acceptance.list_mail);
    // No recipient took it: the sweep deletes the content.
    if (!relays && accepted.forwards.empty() && accepted.local.empty()) unreference(batch.connection(), blob);
    return accepted;
}

Result<std::monostate> accept_ours(Batch& batch, const std::vector<Acceptance>& notices) {
    for (const Acceptance& notice : notices) {
        Result<Accepted> accepted = accept(batch, notice, Origin::ours);
        if (!accepted) return std::unexpected(std::move(accepted.error()));
    }
    return std::monostate();
}

std::size_t octets_of(const std::vector<Acceptance>& notices) {
    std::size_t octets = 0;
    for (const Acceptance& notice : notices) octets += octets_to_write(notice.content);
    return octets;
}

}  // namespace

Operation<Accepted> accept_message(Acceptance acceptance, std::vector<Acceptance> notices) {
    const std::size_t octets = octets_to_write(acceptance.content) + octets_of(notices);
    auto run = [acceptance = std::move(acceptance),
                notices = std::move(notices)](Batch& batch) -> std::optional<Result<Accepted>> {
        Result<Accepted> accepted = accept(batch, acceptance, Origin::outside);
        if (!accepted) return accepted;
        Result<std::monostate> told = accept_ours(batch, notices);
        if (!told) return std::unexpected(std::move(told.error()));
        return accepted;
    };
    return {Durability::synced, std::move(run), octets};
}

namespace {

// Marks what the notices tell; false if the sender was told of something since they were made.
bool mark_told(Connection& connection, QueueMessageId message, const SenderTold& told) {
    auto marked = connection.statement(
        "UPDATE queue_message SET reports = reports + 1, delay_notified = CASE WHEN ? THEN 1 ELSE delay_notified END "
        "WHERE id = ? AND reports = ? RETURNING id");
    if (!marked.bind(told.delay, message, told.reports).step()) return false;
    marked.reset();
    for (const QueueRecipientId recipient : told.failed) {
        connection.run("UPDATE queue_recipient SET untold = 0 WHERE id = ? AND message_id = ? AND state = ?", recipient,
                       message, RecipientState::failed);
    }
    // Those that failed meanwhile are told of the next time.
    connection.run("UPDATE queue_recipient SET untold = 0 WHERE message_id = ? AND untold = 1 AND state != ?", message,
                   RecipientState::failed);
    return true;
}

// Counts what became of an account's own mail; not of what an alias or a list sends on.
void count_failure(Connection& connection, AccountId account, const std::string& address, const AttemptOutcome& outcome,
                   std::int64_t now, const SuppressionOptions& suppression) {
    if (account.value == 0) return;
    if (outcome.state == RecipientState::relayed) forget_failing_address(connection, account, address);
    if (outcome.bad_address) note_failing_address(connection, account, address, outcome.reply, now, suppression);
}

// Whether the sender must be told now of what it has not been told yet.
bool must_tell(Connection& connection, QueueMessageId message, std::int64_t now) {
    auto untold =
        connection.statement("SELECT min(last_attempt_at) FROM queue_recipient WHERE message_id = ? AND untold = 1");
    untold.bind(message).step();
    const std::optional<std::int64_t> since = untold.column<std::optional<std::int64_t>>(0);
    if (!since) return false;
    if (!has_waiting(connection, message)) return true;
    auto early = connection.statement("SELECT 1 FROM queue_message WHERE id = ? AND (submitted = 1 OR reports < ?)");
    if (!early.bind(message, most_early_reports).step()) return false;
    if (*since <= now - report_patience) return true;
    auto tried = connection.statement(
        "SELECT 1 FROM queue_recipient WHERE message_id = ? AND state = ? AND holder != '' LIMIT 1");
    return !tried.bind(message, RecipientState::pending).step();
}

Result<std::monostate> record(Batch& batch, QueueMessageId message, const std::vector<AttemptOutcome>& outcomes,
                              std::int64_t now, const std::vector<Acceptance>& notices,
                              const std::optional<SenderTold>& told, const AttemptVia& via,
                              const SuppressionOptions& suppression) {
    Connection& connection = batch.connection();
    auto queued = connection.statement("SELECT delay_notified, account_id, prefix FROM queue_message WHERE id = ?");
    if (!queued.bind(message).step()) return no_such_message(message);
    const bool delay_notified = queued.column<bool>(0);
    const bool sent_on = !queued.column<std::string>(2).empty();
    const AccountId account = sent_on ? AccountId{} : queued.column<AccountId>(1);
    queued.reset();
    Turns turns(connection, now);
    for (const AttemptOutcome& outcome : outcomes) {
        const bool untold = outcome.tell && (outcome.state == RecipientState::failed || !delay_notified);
        auto row = connection.statement(
            "UPDATE queue_recipient SET state = CASE WHEN ? = 0 THEN state ELSE ? END, attempts = attempts + 1, "
            "next_attempt_at = ?, last_attempt_at = ?, last_reply = ?, last_status = ?, last_remote = ?, said = ?, "
            "last_protection = ?, "
            "untold = CASE WHEN ? = 0 AND state = 4 THEN 0 ELSE ? END, holder = '' WHERE id = ? AND message_id = ? AND "
            "state IN (0, 4) RETURNING account_id, lane, sender, forward_path, attempts");
        row.bind(outcome.state, outcome.state, outcome.next_attempt_at, now, outcome.reply, outcome.status,
                 outcome.remote, outcome.said, via.protection, outcome.state, untold, outcome.recipient, message);
        if (!row.step()) continue;
        turns.touch(flow_of(row));
        const auto forward_path = row.column<std::string>(3);
        const auto attempts = row.column<std::uint32_t>(4);
        row.reset();
        note_attempt(connection,
                     {.message = message,
                      .recipient = outcome.recipient,
                      .forward_path = forward_path,
                      .at = now,
                      .host = outcome.remote,
                      .address = via.address,
                      .tls = via.tls,
                      .protection = via.protection,
                      .outcome = outcome.state,
                      .status = outcome.status,
                      .reply = outcome.reply},
                     attempts);
        count_failure(connection, account, forward_path, outcome, now, suppression);
    }
    if ((told && !mark_told(connection, message, *told)) || must_tell(connection, message, now))
        return refuse(Reason::conflict, "the sender is to be told of more");
    Result<std::monostate> accepted = accept_ours(batch, notices);
    if (!accepted) return accepted;
    if (!has_waiting(connection, message)) remove_queue_message(connection, message);
    turns.settle(false);
    // Only recipients that are still pending have a new time, which the runner must learn.
    if (std::ranges::any_of(outcomes, [](const auto& one) { return one.state == RecipientState::pending; }))
        batch.queue_changed();
    return std::monostate();
}

}  // namespace

Operation<std::monostate> accept_notices(std::vector<Acceptance> notices) {
    const std::size_t octets = octets_of(notices);
    auto run = [notices = std::move(notices)](Batch& batch) -> std::optional<Result<std::monostate>> {
        return accept_ours(batch, notices);
    };
    return {Durability::synced, std::move(run), octets};
}

Operation<std::monostate> record_attempt(QueueMessageId message, std::vector<AttemptOutcome> outcomes, std::int64_t now,
                                         std::vector<Acceptance> notices, std::optional<SenderTold> told,
                                         AttemptVia via, const SuppressionOptions& suppression) {
    const std::size_t octets = octets_of(notices);
    auto run = [=, outcomes = std::move(outcomes), notices = std::move(notices), told = std::move(told),
                via = std::move(via)](Batch& batch) -> std::optional<Result<std::monostate>> {
        return record(batch, message, outcomes, now, notices, told, via, suppression);
    };
    return {Durability::synced, std::move(run), octets};
}

}  // namespace storage
