// Concludes an attempt. RFC 5321 §4.5.4.1, §6.1; RFC 3461 §5.2; RFC 3463 §3.5 (4.4.7: expired).
#include "server/queue/conclusion.h"

#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>

#include "storage/store_await.h"

namespace server::queue {
namespace {

using Kind = smtp::Outcome::Kind;
using delivery::NoticeKind;
using storage::RecipientState;

// The attempt's rows, and the recipients for each kind of notice.
struct Sorted {
    std::vector<storage::AttemptOutcome> rows;
    std::vector<delivery::Reported> failed;
    std::vector<delivery::Reported> delayed;
    std::vector<delivery::Reported> relayed;
};

Sorted sort_outcomes(const storage::QueueMessage& message, const AttemptFacts& facts, const Schedule& schedule,
                     std::int64_t now) {
    Sorted sorted;
    for (std::size_t i = 0; i < message.recipients.size(); ++i) {
        const storage::QueueRecipient& recipient = message.recipients[i];
        const smtp::Outcome& outcome = facts.outcomes[i];
        storage::AttemptOutcome row{
            .recipient = recipient.id, .reply = outcome.line(), .status = outcome.status, .remote = facts.remote};
        delivery::Reported reported{.forward_path = recipient.forward_path,
                                    .original_recipient = recipient.original_recipient,
                                    .notify = recipient.notify,
                                    .reply = row.reply,
                                    .status = outcome.status,
                                    .remote = facts.remote,
                                    .said = outcome.said};
        if (outcome.kind == Kind::accepted) {
            row.state = RecipientState::relayed;
            if (!facts.remote_does_dsn && message.submitted) sorted.relayed.push_back(std::move(reported));
        } else if (outcome.kind == Kind::permanent) {
            row.state = RecipientState::failed;
            sorted.failed.push_back(std::move(reported));
        } else if (schedule.is_over(message.queued_at, now)) {
            row.state = RecipientState::failed;
            reported.reply = outcome.said.empty() ? "given up after repeated attempts; the last: " + reported.reply
                                                  : "given up after repeated attempts";
            reported.status = "5.4.7";
            sorted.failed.push_back(std::move(reported));
        } else {
            row.state = RecipientState::pending;
            row.next_attempt_at = schedule.next_attempt_at(recipient.attempts + 1, message.queued_at, now);
            if (!message.delay_notified && schedule.is_delayed(message.queued_at, now))
                sorted.delayed.push_back(std::move(reported));
        }
        sorted.rows.push_back(std::move(row));
    }
    return sorted;
}

delivery::ReportedMessage describe(const storage::QueueMessage& message) {
    return {.reverse_path = message.reverse_path,
            .envelope_id = message.envelope_id,
            .dsn_return = message.dsn_return,
            .smtputf8 = message.smtputf8,
            .session = message.session,
            .arrived_at = message.queued_at,
            .size_octets = message.size_octets,
            .blob = message.blob,
            .header_section = {}};
}

std::string_view word_for(RecipientState state) {
    switch (state) {
        case RecipientState::pending:
            return "deferred";
        case RecipientState::delivered:
            return "delivered";
        case RecipientState::failed:
            return "failed";
        case RecipientState::relayed:
            return "relayed";
    }
    return "";
}

void log_rows(services::EventLog& log, const storage::QueueMessage& message, const AttemptFacts& facts,
              const std::vector<storage::AttemptOutcome>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        services::EventLog::Fields fields{{"queue", message.id.value},
                                          {"to", message.recipients[i].forward_path},
                                          {"attempt", message.recipients[i].attempts + 1}};
        if (!facts.remote.empty()) {
            fields.emplace_back("remote", facts.remote);
            fields.emplace_back("address", facts.address);
            fields.emplace_back("ms", facts.took.count());
        }
        fields.emplace_back("status", rows[i].status);
        fields.emplace_back("reply", rows[i].reply);
        log.write(services::Level::info, "queue", message.session, word_for(rows[i].state), fields);
    }
}

asio::awaitable<void> wait(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

// Tries once to record it all; returns the store's refusal.
asio::awaitable<storage::Result<std::monostate>> record(const RunnerServices& services,
                                                        delivery::NoticeMaker& notice_maker,
                                                        const RunnerOptions& options,
                                                        const storage::QueueMessage& message,
                                                        const AttemptFacts& facts) {
    const std::int64_t now = services.now();
    Sorted sorted = sort_outcomes(message, facts, options.schedule, now);
    const std::int64_t retry_until = message.queued_at + options.schedule.lifetime.count();
    const bool delay_told = !sorted.delayed.empty();
    std::vector<storage::Acceptance> acceptances;
    const delivery::ReportedMessage reported = describe(message);
    const std::pair<NoticeKind, std::vector<delivery::Reported>*> kinds[] = {{NoticeKind::failed, &sorted.failed},
                                                                             {NoticeKind::delayed, &sorted.delayed},
                                                                             {NoticeKind::relayed, &sorted.relayed}};
    for (const auto& [kind, recipients] : kinds) {
        storage::Result<std::optional<storage::Acceptance>> notice =
            co_await notice_maker.make(kind, reported, std::move(*recipients), now, retry_until);
        if (!notice) co_return std::unexpected(notice.error());
        if (*notice) acceptances.push_back(**std::move(notice));
    }
    std::vector<storage::AttemptOutcome> rows = sorted.rows;
    storage::Result<std::monostate> recorded = co_await services.store.write(
        storage::record_attempt(message.id, std::move(rows), now, std::move(acceptances), delay_told));
    // An administrator has dropped the message meanwhile: there is nothing to record.
    if (!recorded && recorded.error().reason == storage::Reason::no_such_queue_message) recorded = std::monostate();
    if (recorded) log_rows(services.log, message, facts, sorted.rows);
    co_return recorded;
}

}  // namespace

asio::awaitable<void> conclude(const RunnerServices& services, delivery::NoticeMaker& notice_maker,
                               const RunnerOptions& options, const storage::QueueMessage& message, AttemptFacts facts,
                               std::function<bool()> given_up) {
    for (std::chrono::milliseconds pause{200};; pause = std::min(pause * 2, std::chrono::milliseconds(30'000))) {
        std::string why;
        try {
            storage::Result<std::monostate> recorded = co_await record(services, notice_maker, options, message, facts);
            if (recorded) co_return;
            why = recorded.error().text;
        } catch (const std::exception& error) {
            why = error.what();
        }
        services.log.write(services::Level::error, "queue", message.session, "not-recorded",
                           {{"queue", message.id.value}, {"reason", why}});
        if (given_up()) co_return;
        co_await wait(pause);
    }
}

}  // namespace server::queue
