// Notices ready to be accepted: their recipient, what they return, and their content. RFC 3461 §6.
#include "server/delivery/notices/notice_maker.h"

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/mime/header_end.h"
#include "protocols/mime/summary.h"
#include "protocols/mime/thread_names.h"
#include "server/delivery/srs.h"
#include "server/delivery/trace.h"
#include "storage/blobs.h"
#include "storage/store_await.h"

namespace server::delivery {
namespace {

constexpr std::uint64_t header_octets = 64u << 10;  // of a long message: the rest of its header section is not returned

// The part of the message that is returned to its sender, without our Return-Path line.
struct Returned {
    std::string octets;
    bool headers_only = false;
};

Returned cut_returned(std::string octets, bool whole) {
    octets.erase(0, return_path_octets(octets));
    if (whole) return {.octets = std::move(octets)};
    octets.resize(mime::header_section_octets(octets));
    return {.octets = std::move(octets), .headers_only = true};
}

// Whom the notice names as its reader: of mail that an alias has sent on, the sender whose return address we made.
std::string reader_of(const ReportedMessage& message, const storage::Acceptance& notice) {
    const bool returned = srs::is_return_address(message.reverse_path) && notice.local.empty() && notice.remote &&
                          notice.remote->recipients.size() == 1;
    return returned ? notice.remote->recipients.front().forward_path : message.reverse_path;
}

// Then its header section alone is returned, and protected in the same way (RFC 8689 §5).
bool demands_tls(const ReportedMessage& message) { return message.tls_wish == storage::TlsWish::required; }

// For the trace: what the notice is about, and to whom it goes.
storage::TraceText story_of(NoticeKind kind, const ReportedMessage& message, const std::vector<Reported>& recipients,
                            const std::string& message_id) {
    storage::TraceText story;
    story.add("area", "notice");
    story.add("session", message.session);
    story.add("from", "<>");
    story.add("to", message.reverse_path);
    story.add("message-id", message_id);
    story.add("notice", action_of(kind));
    for (const Reported& one : recipients) story.add("about", one.forward_path);
    return story;
}

}  // namespace

NoticeMaker::NoticeMaker(storage::Store& store, services::Directory& directory, services::EventLog& log,
                         NoticeOptions options, std::function<std::string(std::size_t)> random_text)
    : store_(store),
      directory_(directory),
      log_(log),
      options_(std::move(options)),
      random_text_(std::move(random_text)) {}

asio::awaitable<storage::Result<std::optional<storage::Acceptance>>> NoticeMaker::make(NoticeKind kind,
                                                                                       const ReportedMessage& message,
                                                                                       std::vector<Reported> recipients,
                                                                                       std::int64_t now,
                                                                                       std::int64_t retry_until) {
    std::erase_if(recipients, [kind](const Reported& one) { return !wants_notice(kind, one.notify); });
    if (message.reverse_path.empty() || recipients.empty()) co_return std::nullopt;
    storage::Result<std::optional<storage::Acceptance>> addressed = co_await address(kind, message);
    if (!addressed || !*addressed) co_return addressed;
    storage::Acceptance acceptance = **std::move(addressed);
    NoticeFacts facts{.hostname = options_.hostname,
                      .message_id = random_text_(16) + "@" + options_.hostname,
                      .now = now,
                      .retry_until = retry_until};
    ReportedMessage reported = message;
    reported.reverse_path = reader_of(message, acceptance);
    mime::DeliveryReport report = make_report(kind, reported, recipients, facts);
    report.headers_only = message.dsn_return == storage::DsnReturn::headers || demands_tls(message) ||
                          message.size_octets > options_.returned_octets || kind != NoticeKind::failed;
    acceptance.received_at = now;
    acceptance.trace = story_of(kind, message, recipients, facts.message_id);
    storage::Result<std::monostate> written = co_await write_content(message, std::move(report), acceptance);
    if (!written) co_return std::unexpected(written.error());
    co_return acceptance;
}

asio::awaitable<storage::Result<std::optional<storage::Acceptance>>> NoticeMaker::address(
    NoticeKind kind, const ReportedMessage& message) {
    std::string reverse_path = message.reverse_path;
    storage::Result<services::Recipient> sender = co_await directory_.resolve(reverse_path);
    if (!sender) {
        if (sender.error().reason != storage::Reason::no_such_account) co_return std::unexpected(sender.error());
        log_.write(services::Level::warn, "delivery", message.session, "notice-dropped",
                   {{"to", message.reverse_path}, {"reason", sender.error().text}});
        co_return std::nullopt;
    }
    storage::Acceptance acceptance;
    // What was sent to a list's member is counted; nobody is told until it is paused.
    if (sender->bounced_member != 0) {
        if (kind != NoticeKind::failed) co_return std::nullopt;
        acceptance.bounced_members = {sender->bounced_member};
        co_return acceptance;
    }
    std::vector<std::string> remote = sender->ours ? sender->destinations->remote : std::vector{message.reverse_path};
    for (const auto& local : sender->destinations->local)
        acceptance.local.push_back({.mailbox = local.inbox, .flags = {}});
    if (!remote.empty()) {
        storage::NewQueueMessage queued;
        queued.submitted = true;
        queued.smtputf8 = message.smtputf8;
        if (demands_tls(message)) queued.tls_wish = message.tls_wish;
        queued.session = message.session;
        for (std::string& address : remote) {
            // RFC 3461 §6: a notice must not cause notices.
            queued.recipients.push_back({.forward_path = std::move(address), .notify = storage::dsn_notify::never});
        }
        acceptance.remote = std::move(queued);
    }
    co_return acceptance;
}

asio::awaitable<std::string> NoticeMaker::read_beginning(const ReportedMessage& message, std::uint64_t octets) {
    if (!message.blob) co_return message.header_section.substr(0, octets);
    storage::Result<std::string> stored = co_await store_.read(storage::read_blob(*message.blob, 0, octets));
    co_return stored ? *std::move(stored) : std::string();
}

asio::awaitable<storage::Result<std::monostate>> NoticeMaker::write_content(const ReportedMessage& message,
                                                                            mime::DeliveryReport report,
                                                                            storage::Acceptance& acceptance) {
    const std::uint64_t wanted = report.headers_only ? header_octets : options_.returned_octets + header_octets;
    std::string beginning = co_await read_beginning(message, wanted);
    Returned returned = cut_returned(std::move(beginning), !report.headers_only);
    report.headers_only = returned.headers_only;
    std::string content = acceptance.local.empty() ? "" : return_path_field("");
    content += mime::compose_report(report, returned.octets, random_text_(16));
    co_return co_await stage(std::move(content), acceptance);
}

asio::awaitable<storage::Result<std::optional<storage::Acceptance>>> NoticeMaker::tell(std::string to,
                                                                                       std::string subject,
                                                                                       std::string text,
                                                                                       std::int64_t now) {
    const ReportedMessage message{.reverse_path = to};
    // Not of a failure: at an address of a list's member it must not count as one.
    storage::Result<std::optional<storage::Acceptance>> addressed = co_await address(NoticeKind::delayed, message);
    if (!addressed || !*addressed) co_return addressed;
    storage::Acceptance acceptance = **std::move(addressed);
    acceptance.received_at = now;
    mime::NewMessage notice;
    notice.head.date = {now, 0};
    notice.head.message_id = random_text_(16) + "@" + options_.hostname;
    notice.head.from = {
        {.name = "Mail Delivery System", .route = {}, .local = "MAILER-DAEMON", .domain = options_.hostname}};
    notice.head.to = mime::parse_addresses("<" + to + ">");
    notice.head.subject = std::move(subject);
    notice.head.more = {{"Auto-Submitted", "auto-generated"}};  // RFC 3834
    notice.text = std::move(text);
    std::string content = acceptance.local.empty() ? "" : return_path_field("");
    content += mime::compose(notice, random_text_(16));
    storage::Result<std::monostate> staged = co_await stage(std::move(content), acceptance);
    if (!staged) co_return std::unexpected(staged.error());
    co_return acceptance;
}

// Stores what is to be said.
asio::awaitable<storage::Result<std::monostate>> NoticeMaker::stage(std::string content,
                                                                    storage::Acceptance& acceptance) {
    if (acceptance.remote) acceptance.remote->eight_bit_mime = !base::is_ascii(content);
    storage::BlobWriter writer(store_);
    storage::Result<std::monostate> written = co_await writer.write(content);
    if (!written) co_return written;
    storage::Result<storage::StagedBlob> staged = co_await writer.finish();
    if (!staged) co_return std::unexpected(staged.error());
    acceptance.content = *std::move(staged);
    const mime::Summary summary = mime::summarize(content);
    acceptance.summary = mime::encode_summary(summary);
    acceptance.thread_names = mime::thread_names(summary);
    acceptance.text_sizes = {summary.text_octets, summary.ascii_text_octets};
    co_return std::monostate();
}

}  // namespace server::delivery
