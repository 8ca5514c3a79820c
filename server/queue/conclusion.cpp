// Concludes an attempt. RFC 5321 §4.5.4.1, §6.1; RFC 3461 §5.2; RFC 3463 §3.5 (4.4.7: expired). Failures and delays of
// a message are told together: else a message to many hosts would send its sender, who may be forged, as many notices.
#include "server/queue/conclusion.h"

#include <algorithm>
#include <asio/steady_timer.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <map>

#include "server/queue/bad_address.h"
#include "storage/store_await.h"

namespace server::queue {
namespace {

using Kind = smtp::Outcome::Kind;
using delivery::NoticeKind;
using storage::RecipientState;

constexpr int most_conflicts = 5;  // in a row: the sender was told of others meanwhile

// When its time in the queue began: a message that was to be held has all of it after that.
std::int64_t began(const storage::QueueMessage& message, const storage::QueueRecipient& recipient) {
    return std::max(message.queued_at, recipient.not_before);
}

std::vector<storage::AttemptOutcome> sort_outcomes(const storage::QueueMessage& message, const AttemptFacts& facts,
                                                   const Schedule& schedule, std::int64_t now) {
    std::vector<storage::AttemptOutcome> rows;
    for (std::size_t i = 0; i < message.recipients.size(); ++i) {
        const storage::QueueRecipient& recipient = message.recipients[i];
        const smtp::Outcome& outcome = facts.outcomes[i];
        storage::AttemptOutcome row{.recipient = recipient.id,
                                    .reply = outcome.line(),
                                    .status = outcome.status,
                                    .remote = facts.remote,
                                    .said = !outcome.said.empty()};
        if (outcome.kind == Kind::accepted) {
            row.state = facts.here ? RecipientState::delivered : RecipientState::relayed;
        } else if (outcome.kind == Kind::permanent || schedule.is_over(began(message, recipient), now)) {
            row.state = RecipientState::failed;
            row.tell = delivery::wants_notice(NoticeKind::failed, recipient.notify);
            row.bad_address = outcome.kind == Kind::permanent && says_address_is_bad(outcome.status);
        } else {
            row.state = RecipientState::pending;
            row.next_attempt_at = schedule.next_attempt_at(recipient.attempts + 1, began(message, recipient), now);
            row.tell = schedule.is_delayed(began(message, recipient), now) &&
                       delivery::wants_notice(NoticeKind::delayed, recipient.notify);
        }
        row.tell = row.tell && !message.reverse_path.empty();
        rows.push_back(std::move(row));
    }
    return rows;
}

// Of the recipients that were pending, as they are when these rows are recorded.
void apply(const std::vector<storage::AttemptOutcome>& rows, const std::string& protection,
           std::vector<storage::QueueRecipient>& recipients) {
    std::map<storage::QueueRecipientId, const storage::AttemptOutcome*> by_id;
    for (const storage::AttemptOutcome& row : rows) by_id.emplace(row.recipient, &row);
    for (storage::QueueRecipient& recipient : recipients) {
        const auto found = by_id.find(recipient.id);
        if (found == by_id.end() || !storage::is_waiting(recipient.state)) continue;
        const storage::AttemptOutcome& row = *found->second;
        if (row.state != RecipientState::pending) recipient.state = row.state;  // one that is held stays so
        ++recipient.attempts;
        recipient.last_reply = row.reply;
        recipient.last_status = row.status;
        recipient.last_remote = row.remote;
        recipient.said = row.said;
        recipient.last_protection = protection;
        recipient.untold = row.tell && recipient.state != RecipientState::held;
    }
}

delivery::Reported report_on(const storage::QueueRecipient& recipient) {
    delivery::Reported reported{.forward_path = recipient.forward_path,
                                .original_recipient = recipient.original_recipient,
                                .notify = recipient.notify,
                                .reply = recipient.last_reply,
                                .status = recipient.last_status,
                                .remote = recipient.last_remote,
                                .said = recipient.said ? recipient.last_reply : "",
                                .protection = recipient.last_protection};
    // The last of several temporary failures.
    if (recipient.state == RecipientState::failed && recipient.last_status.starts_with('4')) {
        reported.reply = recipient.said ? "given up after repeated attempts"
                                        : "given up after repeated attempts; the last: " + recipient.last_reply;
        reported.status = "5.4.7";
    }
    return reported;
}

delivery::ReportedMessage describe(const storage::QueueMessage& message) {
    std::int64_t release_at = 0;
    for (const storage::QueueRecipient& recipient : message.recipients)
        release_at = std::max(release_at, recipient.not_before);
    return {.reverse_path = message.reverse_path,
            .envelope_id = message.envelope_id,
            .dsn_return = message.dsn_return,
            .smtputf8 = message.smtputf8,
            .session = message.session,
            .arrived_at = message.queued_at,
            .release_at = release_at,
            .size_octets = message.size_octets,
            .blob = message.blob,
            .header_section = {},
            .tls_wish = message.tls_wish};
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
        case RecipientState::held:
            return "held";
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
            fields.emplace_back("protection", facts.protection);
            if (!facts.tls.empty()) fields.emplace_back("tls", facts.tls);
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

// What goes into one commit with the outcomes.
struct Notices {
    std::vector<storage::Acceptance> contents;
    std::optional<storage::SenderTold> told;
};

class Recording {
  public:
    Recording(const RunnerServices& services, delivery::NoticeMaker& notice_maker, const RunnerOptions& options,
              const storage::QueueMessage& message, const AttemptFacts& facts)
        : services_(services),
          notice_maker_(notice_maker),
          message_(message),
          facts_(facts),
          now_(services.now()),
          retry_until_(message.queued_at + options.schedule.lifetime.count()),
          suppression_(options.suppression),
          rows_(sort_outcomes(message, facts, options.schedule, now_)) {}

    // Tries to record it all; returns the store's refusal. The store knows when the sender is to be told.
    asio::awaitable<storage::Result<std::monostate>> run() {
        storage::Result<std::monostate> recorded = co_await record(false);
        for (int i = 0; i < most_conflicts && is_refused(recorded, storage::Reason::conflict); ++i)
            recorded = co_await record(true);
        // An administrator has dropped the message meanwhile: there is nothing to record.
        if (is_refused(recorded, storage::Reason::no_such_queue_message)) recorded = std::monostate();
        if (recorded) log_rows(services_.log, message_, facts_, rows_);
        co_return recorded;
    }

  private:
    static bool is_refused(const storage::Result<std::monostate>& recorded, storage::Reason reason) {
        return !recorded && recorded.error().reason == reason;
    }

    asio::awaitable<storage::Result<std::monostate>> record(bool tell) {
        Notices notices;
        storage::Result<std::monostate> made = co_await make_success(notices);
        if (made && tell) made = co_await make_told(notices);
        if (!made) co_return made;
        co_return co_await services_.store.write(storage::record_attempt(
            message_.id, rows_, now_, std::move(notices.contents), std::move(notices.told),
            {.address = facts_.address, .tls = facts_.tls, .protection = facts_.protection}, suppression_));
    }

    asio::awaitable<storage::Result<std::monostate>> make_success(Notices& notices) {
        if (facts_.remote_does_dsn || !message_.submitted) co_return std::monostate();
        std::vector<storage::QueueRecipient> recipients = message_.recipients;
        apply(rows_, facts_.protection, recipients);
        const RecipientState taken = facts_.here ? RecipientState::delivered : RecipientState::relayed;
        std::vector<delivery::Reported> reports;
        for (const storage::QueueRecipient& recipient : recipients) {
            if (recipient.state == taken) reports.push_back(report_on(recipient));
        }
        const NoticeKind kind = facts_.here ? NoticeKind::delivered : NoticeKind::relayed;
        co_return co_await make(kind, describe(message_), std::move(reports), notices);
    }

    // All failures that the sender has not been told of; and, if it is to be told of a delay, all recipients that
    // are pending after an attempt. Only the first report of a failure returns more than the header section.
    asio::awaitable<storage::Result<std::monostate>> make_told(Notices& notices) {
        storage::Result<storage::QueueMessage> whole =
            co_await services_.store.read(storage::get_queue_message(message_.id));
        if (!whole) co_return std::unexpected(whole.error());
        const bool again = std::ranges::any_of(whole->recipients, [](const storage::QueueRecipient& recipient) {
            return recipient.state == RecipientState::failed && !recipient.untold &&
                   delivery::wants_notice(NoticeKind::failed, recipient.notify);
        });
        apply(rows_, facts_.protection, whole->recipients);
        storage::SenderTold told{.reports = whole->reports, .failed = {}};
        std::vector<delivery::Reported> failed;
        std::vector<delivery::Reported> delayed;
        for (const storage::QueueRecipient& recipient : whole->recipients) {
            const bool pending = recipient.state == RecipientState::pending;
            if (pending && recipient.attempts > 0) delayed.push_back(report_on(recipient));
            if (pending && recipient.untold && !whole->delay_notified) told.delay = true;
            if (recipient.state != RecipientState::failed || !recipient.untold) continue;
            told.failed.push_back(recipient.id);
            failed.push_back(report_on(recipient));
        }
        if (!told.delay) delayed.clear();
        notices.told = std::move(told);
        delivery::ReportedMessage reported = describe(*whole);
        if (again) reported.dsn_return = storage::DsnReturn::headers;
        storage::Result<std::monostate> made = co_await make(NoticeKind::failed, reported, std::move(failed), notices);
        if (!made) co_return made;
        co_return co_await make(NoticeKind::delayed, reported, std::move(delayed), notices);
    }

    asio::awaitable<storage::Result<std::monostate>> make(NoticeKind kind, const delivery::ReportedMessage& reported,
                                                          std::vector<delivery::Reported> recipients,
                                                          Notices& notices) {
        storage::Result<std::optional<storage::Acceptance>> notice =
            co_await notice_maker_.make(kind, reported, std::move(recipients), now_, retry_until_);
        if (!notice) co_return std::unexpected(notice.error());
        if (*notice) notices.contents.push_back(**std::move(notice));
        co_return std::monostate();
    }

    const RunnerServices& services_;
    delivery::NoticeMaker& notice_maker_;
    const storage::QueueMessage& message_;
    const AttemptFacts& facts_;
    const std::int64_t now_;
    const std::int64_t retry_until_;
    const storage::SuppressionOptions suppression_;
    const std::vector<storage::AttemptOutcome> rows_;
};

}  // namespace

asio::awaitable<void> conclude(const RunnerServices& services, delivery::NoticeMaker& notice_maker,
                               const RunnerOptions& options, const storage::QueueMessage& message, AttemptFacts facts,
                               std::function<bool()> given_up) {
    for (std::chrono::milliseconds pause{200};; pause = std::min(pause * 2, std::chrono::milliseconds(30'000))) {
        std::string why;
        try {
            Recording recording(services, notice_maker, options, message, facts);
            const storage::Result<std::monostate> recorded = co_await recording.run();
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
