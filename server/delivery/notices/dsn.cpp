// The content of a delivery status notification. RFC 3461 §6, RFC 3464 §2, RFC 3834 (Auto-Submitted), RFC 4865
// (Future-Release-Request).
#include "server/delivery/notices/dsn.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace server::delivery {
namespace {

std::string_view subject_of(NoticeKind kind) {
    switch (kind) {
        case NoticeKind::failed:
            return "Undelivered mail returned to sender";
        case NoticeKind::delayed:
            return "Delivery of your mail is delayed";
        case NoticeKind::relayed:
            return "Your mail was relayed";
        case NoticeKind::delivered:
            return "Your mail was delivered";
        case NoticeKind::expanded:
            return "Your mail was delivered to a list of addresses";
    }
    return {};
}

std::string_view opening_of(NoticeKind kind) {
    switch (kind) {
        case NoticeKind::failed:
            return "Your message could not be delivered to the recipients named below. It will not be tried again.\n"
                   "What you sent is attached.\n";
        case NoticeKind::delayed:
            return "Your message has not been delivered yet to the recipients named below. You need not do anything:\n"
                   "it is tried again.\n";
        case NoticeKind::relayed:
            return "Your message was handed on for the recipients named below, to a server that does not tell when it\n"
                   "delivers. You will hear no more of it unless there is a failure.\n";
        case NoticeKind::delivered:
            return "Your message lies in the mailboxes of the recipients named below.\n";
        case NoticeKind::expanded:
            return "Your message was accepted for the recipients named below, each of which stands for several\n"
                   "addresses. You will hear no more of it unless there is a failure.\n";
    }
    return {};
}

std::string text_of(NoticeKind kind, const std::vector<Reported>& recipients, const NoticeFacts& facts) {
    std::string text = fmt::format("This is the mail server at {}.\n\n{}", facts.hostname, opening_of(kind));
    if (kind == NoticeKind::delayed)
        text += fmt::format("That goes on until {}.\n", mime::render_date_time({facts.retry_until, 0}));
    for (const Reported& one : recipients) {
        text += fmt::format("\n<{}>:\n", one.forward_path);
        // Only what another server has really replied is quoted as its words.
        if (one.said != one.reply) text += fmt::format("    {}\n", one.reply);
        if (!one.said.empty()) text += fmt::format("    {} said:\n    {}\n", one.remote, one.said);
    }
    return text;
}

}  // namespace

bool wants_notice(NoticeKind kind, std::uint8_t notify) {
    switch (kind) {
        case NoticeKind::failed:
            return notify == 0 || (notify & storage::dsn_notify::failure) != 0;
        case NoticeKind::delayed:
            return notify == 0 || (notify & storage::dsn_notify::delay) != 0;
        case NoticeKind::relayed:
        case NoticeKind::delivered:
        case NoticeKind::expanded:
            return (notify & storage::dsn_notify::success) != 0;
    }
    return false;
}

std::string_view action_of(NoticeKind kind) {
    switch (kind) {
        case NoticeKind::failed:
            return "failed";
        case NoticeKind::delayed:
            return "delayed";
        case NoticeKind::relayed:
            return "relayed";
        case NoticeKind::delivered:
            return "delivered";
        case NoticeKind::expanded:
            return "expanded";
    }
    return {};
}

mime::DeliveryReport make_report(NoticeKind kind, const ReportedMessage& message,
                                 const std::vector<Reported>& recipients, const NoticeFacts& facts) {
    mime::DeliveryReport report;
    report.head.date = {facts.now, 0};
    report.head.message_id = facts.message_id;
    report.head.from = {
        {.name = "Mail Delivery System", .route = {}, .local = "MAILER-DAEMON", .domain = facts.hostname}};
    report.head.to = mime::parse_addresses("<" + message.reverse_path + ">");
    report.head.subject = subject_of(kind);
    report.head.more = {{"Auto-Submitted", "auto-replied"}};
    report.head.utf8 = message.smtputf8;
    report.text = text_of(kind, recipients, facts);
    report.reporting_mta = facts.hostname;
    report.original_envelope_id = message.envelope_id;
    report.arrival_date = mime::DateTime{message.arrived_at, 0};
    if (message.release_at != 0) {
        const std::tm at = fmt::gmtime(static_cast<std::time_t>(message.release_at));
        report.more = {{"Future-Release-Request", fmt::format("until;{:%Y-%m-%dT%H:%M:%SZ}", at)}};
    }
    for (const Reported& one : recipients) {
        mime::ReportedRecipient entry;
        entry.original_recipient = one.original_recipient;
        entry.final_recipient = one.forward_path;
        entry.action = action_of(kind);
        entry.status = one.status;
        if (!one.said.empty()) {  // else no other server has reported anything (RFC 3464 §2.3.5, §2.3.6)
            entry.remote_mta = one.remote;
            entry.diagnostic = one.said;
        }
        entry.last_attempt = mime::DateTime{facts.now, 0};
        if (kind == NoticeKind::delayed) entry.will_retry_until = mime::DateTime{facts.retry_until, 0};
        if (!one.protection.empty()) entry.more = {{"X-Transport-Protection", one.protection}};
        report.recipients.push_back(std::move(entry));
    }
    return report;
}

}  // namespace server::delivery
