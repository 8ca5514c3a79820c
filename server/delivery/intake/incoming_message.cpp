// First the header section is collected (incoming_header.cpp checks and completes it), then the body is passed on as it
// comes; at its end the recipients get it.
#include "server/delivery/intake/incoming_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <unordered_map>

#include "protocols/base/text.h"
#include "protocols/mime/thread_names.h"
#include "protocols/sasl/scram_keys.h"
#include "server/delivery/notices/limit_notice.h"
#include "storage/store_await.h"

namespace server::delivery {

using storage::Reason;
using storage::Refusal;
using storage::Result;

namespace {

constexpr std::size_t logged_recipients = 10;         // of a message, or of an alias
constexpr std::size_t most_refused_recipients = 100;  // in the trace: nobody else pays for them

// Letters and digits of 5 random bits each, in the alphabet of RFC 4648 §6.
std::string random_letters(std::size_t count) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz234567";
    std::string text;
    for (const char octet : sasl::random_octets(count)) text += letters[static_cast<unsigned char>(octet) % 32];
    return text;
}

std::string logged_recipients_of(const services::IntakeEnvelope& envelope) {
    std::string list;
    for (std::size_t i = 0; i < std::min(envelope.recipients.size(), logged_recipients); ++i) {
        list += (i == 0 ? "" : ",") + envelope.recipients[i].recipient.address;
    }
    if (envelope.recipients.size() > logged_recipients) list += ",…";
    return list;
}

std::string logged_targets_of(const std::vector<std::string>& targets) {
    const auto logged = std::span(targets).first(std::min(targets.size(), logged_recipients));
    return fmt::format("{}{}", fmt::join(logged, " "), logged.size() < targets.size() ? " …" : "");
}

std::string logged_ids_of(const std::vector<storage::QueueMessageId>& ids) {
    std::vector<std::int64_t> numbers;
    for (const storage::QueueMessageId id : ids) numbers.push_back(id.value);
    const auto logged = std::span(numbers).first(std::min(numbers.size(), logged_recipients));
    return fmt::format("{}{}", fmt::join(logged, ","), logged.size() < numbers.size() ? ",…" : "");
}

// The destinations as they were, with the room that there is now.
storage::ResolvedRecipient with_room_of(storage::ResolvedRecipient destinations,
                                        const storage::ResolvedRecipient& now) {
    std::unordered_map<std::int64_t, std::optional<std::uint64_t>> room;
    for (const storage::ResolvedRecipient::Local& local : now.local) room.emplace(local.inbox.value, local.room_octets);
    for (storage::ResolvedRecipient::Local& local : destinations.local) {
        const auto found = room.find(local.inbox.value);
        if (found != room.end()) local.room_octets = found->second;
    }
    return destinations;
}

}  // namespace

IncomingMessage::IncomingMessage(IntakeServices house, std::shared_ptr<const IntakeOptions> options,
                                 services::IntakeEnvelope envelope, std::int64_t now, std::string list)
    : house_(house),
      options_(std::move(options)),
      envelope_(std::move(envelope)),
      now_(now),
      id_(random_letters(13)),
      header_(options_->header_octets),
      blob_(house.store, blob_account()),
      memory_(net::Resource::memory, envelope_.allowance),
      staged_(net::Resource::staging, envelope_.allowance),
      summarizer_(options_->summary),
      spool_(house.store, blob_account()),
      list_(std::move(list)) {
    if (envelope_.submitter) return;
    // Strangers are not offered DSN and get no success notices: their reverse-path may be forged. Asking for one
    // changes nothing else (RFC 3461 §5.1 (b)).
    for (services::IntakeRecipient& recipient : envelope_.recipients)
        recipient.notify = without_success(recipient.notify);
}

// In whose turns content is written.
storage::AccountId IncomingMessage::blob_account() const {
    return envelope_.submitter ? envelope_.submitter->account : storage::AccountId{};
}

bool IncomingMessage::fits(std::size_t octets) const {
    const std::uint64_t size = size_octets_ + octets;
    return begun_ && !refusal_ && size <= staged_most_ && size <= options_->message_octets &&
           (is_spooled() ? spool_.fits(octets) : blob_.fits(octets));
}

void IncomingMessage::append(std::string_view octets) {
    size_octets_ += octets.size();
    if (judge_) judge_->feed(octets);
    if (binary_) binary_->examine(octets);
    if (is_spooled()) {
        spool_.append(octets);
    } else {
        keep_report(octets);
        summarizer_.feed(octets);
        blob_.append(octets);
    }
    Done held = hold();
    if (!held) refusal_ = std::move(held.error());
}

// Whether what the message keeps in memory until it is complete is to be had.
Result<std::monostate> IncomingMessage::hold() {
    const std::size_t held = header_.held_octets() + summarizer_.held_octets() + blob_.held_octets() +
                             spool_.held_octets() + trace_fields_.capacity() + fields_.capacity() + report_.capacity() +
                             (binary_ ? binary_->held_octets() : 0);
    if (memory_.set(held)) return std::monostate{};
    return over(envelope_.submitter ? "limits.account_memory" : "limits.strangers_memory", Reason::storage_full,
                "too much is being received just now, try later");
}

asio::awaitable<Result<std::monostate>> IncomingMessage::write(std::string_view octets) {
    if (refusal_) co_return std::unexpected(*refusal_);
    Done done = co_await take(octets);
    if (!done) refusal_ = done.error();
    co_return done;
}

asio::awaitable<Result<std::monostate>> IncomingMessage::take(std::string_view octets) {
    size_octets_ += octets.size();
    if (size_octets_ > options_->message_octets) {
        co_return over(
            "limits.message_size", Reason::too_large,
            "message exceeds " + std::to_string(options_->message_octets) + " octets, the largest size accepted");
    }
    if (size_octets_ > staged_most_ && !stage_more()) {
        co_return over(envelope_.submitter ? "limits.account_disk" : "limits.strangers_disk", Reason::storage_full,
                       "too much is being received just now, try later");
    }
    if (!begun_) {
        octets.remove_prefix(header_.take(octets));
        Done held = hold();
        if (!held || !header_.complete()) co_return held;
        Done done = co_await begin_content();
        if (!done) co_return done;
    }
    if (octets.empty()) co_return std::monostate{};
    Done done = co_await put_body(octets);
    co_return done;
}

// Room for what has come, and some more so that this is seldom asked.
bool IncomingMessage::stage_more() {
    constexpr std::uint64_t step = std::uint64_t{1} << 20;
    const std::uint64_t wanted = size_octets_ + std::min(size_octets_, step);
    if (!staged_.set(wanted)) return false;
    staged_most_ = wanted;
    return true;
}

// Refuses what is over a limit; the log names its config key.
std::unexpected<Refusal> IncomingMessage::over(std::string_view key, Reason reason, std::string text) const {
    log(services::Level::info, "over-limit",
        {{"limit", key}, {"from", envelope_.reverse_path}, {"octets", size_octets_}});
    return storage::refuse(reason, std::move(text));
}

asio::awaitable<Result<std::monostate>> IncomingMessage::put_body(std::string_view octets) {
    if (!is_spooled()) {
        Done done = co_await put(octets);
        co_return done;
    }
    if (judge_) judge_->feed(octets);
    if (binary_) binary_->examine(octets);
    Done done = co_await spool_.write(octets);
    if (!done) co_return done;
    co_return hold();
}

asio::awaitable<Result<std::monostate>> IncomingMessage::put(std::string_view octets) {
    keep_report(octets);
    summarizer_.feed(octets);
    if (blob_.fits(octets.size())) {
        blob_.append(octets);
    } else {
        Done done = co_await blob_.write(octets);
        if (!done) co_return done;
    }
    co_return hold();
}

bool IncomingMessage::has_local_recipients() const {
    return !list_.empty() || std::ranges::any_of(envelope_.recipients, [](const services::IntakeRecipient& recipient) {
        return !recipient.recipient.destinations->local.empty();
    });
}

asio::awaitable<Result<services::IncomingMessage::Receipt>> IncomingMessage::finish() {
    if (!refusal_ && !begun_) {
        header_.finish();
        Done done = co_await begin_content();
        if (!done) refusal_ = done.error();
    }
    if (!refusal_ && is_spooled()) {
        Done done = judge_ ? co_await end_judging() : co_await put_spooled();
        if (!done) refusal_ = done.error();
    }
    Result<Receipt> receipt = std::unexpected(refusal_.value_or(Refusal{}));
    if (!refusal_) receipt = co_await accept();
    if (!receipt && receipt.error().reason == Reason::sending_limit) co_await tell_of_limit(receipt.error());
    if (!receipt) co_await note_refusal(receipt.error());
    if (!receipt && !given_up_) {
        log(services::Level::info, "refused",
            {{"from", envelope_.reverse_path},
             {"to", logged_recipients_of(envelope_)},
             {"size", size_octets_},
             {"reason", receipt.error().text}});
    }
    co_return receipt;
}

void IncomingMessage::give_up(std::string why) {
    given_up_ = true;
    if (!refusal_) refusal_ = Refusal{.reason = Reason::not_permitted, .text = std::move(why)};
    blob_ = storage::BlobWriter(house_.store, blob_account());
    summarizer_ = mime::Summarizer(options_->summary);
    spool_ = storage::Spool(house_.store, blob_account());
    judge_.reset();
    envelope_.inquiry.reset();
    binary_.reset();
    trace_fields_ = fields_ = {};
    header_.clear();
    memory_.set(0);
    staged_.set(0);
}

// In the trace, as far as it can be written.
asio::awaitable<void> IncomingMessage::note_refusal(const Refusal& why) {
    storage::TraceText story;
    tell_origin(story, envelope_);
    tell_recipients(story, envelope_, most_refused_recipients);
    story.add("id", id_);
    tell_content(story, names_, size_octets_);
    for (const std::string& check : checks_) story.add("check", check);
    story.add("refused", why.text);
    storage::Operation<std::monostate> note = storage::note_in_trace(now_, std::move(story));
    const Result<std::monostate> noted = co_await house_.store.write(std::move(note));
    if (!noted) log(services::Level::warn, "not-traced", {{"reason", noted.error().text}});
}

asio::awaitable<Result<services::IncomingMessage::Receipt>> IncomingMessage::accept() {
    storage::Acceptance acceptance;
    Result<storage::StagedBlob> content = co_await blob_.finish();
    if (!content) co_return std::unexpected(std::move(content.error()));
    acceptance.content = std::move(*content);
    const mime::Summary summary = summarizer_.finish();
    acceptance.summary = mime::encode_summary(summary);
    acceptance.thread_names = mime::thread_names(summary);
    acceptance.text_sizes = {summary.text_octets, summary.ascii_text_octets};
    acceptance.received_at = now_;
    const std::uint64_t size = acceptance.content.size_octets;
    LeftOut left_out = this->left_out(size);
    std::optional<storage::Acceptance> for_later;
    if (may_leave_out(envelope_)) for_later = acceptance;
    Result<storage::Accepted> accepted = co_await store(std::move(acceptance), left_out);
    if (!accepted && accepted.error().reason == Reason::over_quota && for_later) {
        // A member's mailbox has become full since the alias was resolved.
        co_await look_at_quotas_again();
        left_out = this->left_out(size);
        accepted = co_await store(*std::move(for_later), left_out);
    }
    if (!accepted) co_return std::unexpected(accepted.error());
    services::EventLog::Fields fields{{"id", id_},
                                      {"from", envelope_.reverse_path},
                                      {"to", logged_recipients_of(envelope_)},
                                      {"size", size},
                                      {"mailboxes", accepted->local.size()}};
    if (accepted->queue_message) fields.emplace_back("queue_id", accepted->queue_message->value);
    if (!accepted->forwards.empty()) fields.emplace_back("sent_on_as", logged_ids_of(accepted->forwards));
    if (notices_ != 0) fields.emplace_back("notices", notices_);
    if (envelope_.tls_wish != bits::TlsWish::by_policy) fields.emplace_back("wants", bits::word_of(envelope_.tls_wish));
    log(services::Level::info, "accepted", std::move(fields));
    for (const std::string& list : left_)
        log(services::Level::info, "list-left", {{"id", id_}, {"list", list}, {"member", author_}});
    log_left_out(left_out);
    log_aliases();
    co_return Receipt{id_};
}

void IncomingMessage::log_left_out(const LeftOut& left_out) const {
    const std::size_t logged = std::min(left_out.members.size(), logged_recipients);
    for (const LeftOut::Member& member : std::span(left_out.members).first(logged)) {
        log(services::Level::warn, "member-left-out",
            {{"id", id_},
             {"alias", member.alias},
             {"to", member.report.forward_path},
             {"reason", member.report.reply}});
    }
    const std::size_t others = left_out.members.size() - logged;
    if (others != 0) log(services::Level::warn, "members-left-out", {{"id", id_}, {"others", others}});
}

// Logs where mail for an alias went, so that the log shows which mailbox got a message. Of the names that mean one
// alias only the first: a stranger may give a thousand.
void IncomingMessage::log_aliases() const {
    std::set<const storage::ResolvedRecipient*> logged;
    for (const services::IntakeRecipient& recipient : envelope_.recipients) {
        if (logged.contains(&*recipient.recipient.destinations)) continue;
        const std::vector<std::string> targets = alias_targets(recipient);
        if (targets.empty()) continue;
        logged.insert(&*recipient.recipient.destinations);
        log(services::Level::info, "alias",
            {{"id", id_},
             {"address", recipient.recipient.address},
             {"targets", targets.size()},
             {"to", logged_targets_of(targets)}});
    }
}

asio::awaitable<Result<storage::Accepted>> IncomingMessage::store(storage::Acceptance acceptance,
                                                                  const LeftOut& left_out) {
    const Result<Forwarding> forwarding = co_await this->forwarding();
    if (!forwarding) co_return std::unexpected(forwarding.error());
    if (list_.empty()) add_targets(acceptance, envelope_, left_out, *forwarding);
    if (!list_.empty() && decision_.what == Disposition::junk)
        co_return storage::refuse(Reason::not_permitted,
                                  "the list takes no mail that its author's domain disowns (DMARC)");
    const Done members = co_await add_members(acceptance);
    if (!members) co_return std::unexpected(members.error());
    const Done leavers = co_await add_leavers(acceptance);
    if (!leavers) co_return std::unexpected(leavers.error());
    const Done ours = lend_no_name(acceptance);
    if (!ours) co_return std::unexpected(ours.error());
    if (acceptance.local.empty() && !acceptance.remote && acceptance.forwards.empty() && left_.empty() &&
        !is_bounce()) {
        co_return storage::refuse(Reason::not_deliverable, "none of the recipients leads anywhere");
    }
    for (storage::Acceptance::Local& local : acceptance.local) {
        local.junk = decision_.what == Disposition::junk && !spared_.contains(local.mailbox);
    }
    acceptance.trace = story_of(left_out);
    acceptance.list_mail = list_mail_;
    if (acceptance.remote) settle_smtputf8(*acceptance.remote);
    for (storage::NewQueueMessage& forward : acceptance.forwards) settle_smtputf8(forward);
    Made told = co_await notices(left_out);
    if (!told) co_return std::unexpected(std::move(told.error()));
    storage::Operation<storage::Accepted> accept = storage::accept_message(std::move(acceptance), *std::move(told));
    // The submitter may have lost its log-in since the session began.
    if (envelope_.submitter) {
        accept = storage::within_sending_limits(envelope_.submitter->account, options_->sending,
                                                envelope_.recipients.size(), now_, std::move(accept));
        accept = storage::while_valid(envelope_.submitter->log_in(), std::move(accept));
    }
    Result<storage::Accepted> accepted = co_await house_.store.write(std::move(accept));
    co_return accepted;
}

storage::TraceText IncomingMessage::story_of(const LeftOut& left_out) const {
    storage::TraceText story;
    tell_origin(story, envelope_);
    tell_recipients(story, envelope_, envelope_.recipients.size());
    for (const LeftOut::Member& member : left_out.members) {
        story.add("left-out", member.report.forward_path);
        story.add("because", member.report.reply);
    }
    story.add("id", id_);
    tell_content(story, names_, size_octets_);
    for (const std::string& check : checks_) story.add("check", check);
    if (!decision_.why.empty()) story.add(decision_.what == Disposition::junk ? "junk" : "policy", decision_.why);
    return story;
}

// Recipients that share their destinations still do so after it.
asio::awaitable<void> IncomingMessage::look_at_quotas_again() {
    std::map<const storage::ResolvedRecipient*, services::Destinations> seen;
    for (services::IntakeRecipient& recipient : envelope_.recipients) {
        services::Destinations& destinations = recipient.recipient.destinations;
        const auto same = seen.find(&*destinations);
        if (same != seen.end()) {
            destinations = same->second;
            continue;
        }
        const Result<services::Recipient> now = co_await house_.directory.resolve(recipient.recipient.address);
        services::Destinations again = now ? with_room_of(*destinations, *now->destinations) : destinations;
        seen.emplace(&*destinations, again);
        destinations = std::move(again);
    }
}

// RFC 6531 §3.6: a message that came with SMTPUTF8 but does not need it is sent without, to reach more servers.
void IncomingMessage::settle_smtputf8(storage::NewQueueMessage& remote) const {
    remote.smtputf8 = remote.smtputf8 && (!summarizer_.headers_are_ascii() || needs_smtputf8(remote));
}

ReportedMessage IncomingMessage::reported_message() const {
    return {.reverse_path = envelope_.reverse_path,
            .envelope_id = envelope_.envelope_id,
            .dsn_return = envelope_.dsn_return,
            .smtputf8 = false,
            .session = envelope_.session,
            .arrived_at = now_,
            .release_at = envelope_.release_at,
            .size_octets = size_octets_,
            .blob = {},
            .header_section = header_section_,
            .tls_wish = envelope_.tls_wish};
}

asio::awaitable<void> IncomingMessage::tell_of_limit(Refusal refusal) {
    const services::Identity& submitter = *envelope_.submitter;
    log(services::Level::warn, "sending-limit", {{"account", submitter.name}, {"reason", refusal.text}});
    const Done told = co_await tell_of_sending_limit(house_.store, notice_maker(), submitter.account, submitter.name,
                                                     refusal.text, now_);
    if (!told) log(services::Level::warn, "sending-limit-not-told", {{"reason", told.error().text}});
}

NoticeMaker IncomingMessage::notice_maker() {
    return {house_.store, house_.directory, house_.log, {.hostname = options_->hostname}, [](std::size_t octets) {
                return random_letters(2 * octets);
            }};
}

// The notices to be accepted in the same commit as the message.
asio::awaitable<IncomingMessage::Made> IncomingMessage::notices(const LeftOut& left_out) {
    std::vector<storage::Acceptance> made;
    Done done = co_await add_success_notices(made);
    if (done) done = co_await add_failure_notices(made, left_out);
    if (!done) co_return std::unexpected(std::move(done.error()));
    notices_ = made.size();
    co_return made;
}

// Success notices for recipients reached by this acceptance: RFC 3461 §5.2.3 (a), §5.2.7.3 (c).
asio::awaitable<Result<std::monostate>> IncomingMessage::add_success_notices(std::vector<storage::Acceptance>& made) {
    if (!wants_success(envelope_)) co_return std::monostate{};
    Successes successes = successes_of(envelope_);
    ReportedMessage message = reported_message();
    message.smtputf8 = envelope_.smtputf8 && needs_smtputf8(message, successes);
    NoticeMaker maker = notice_maker();
    const std::pair<NoticeKind, std::vector<Reported>*> kinds[] = {{NoticeKind::delivered, &successes.delivered},
                                                                   {NoticeKind::expanded, &successes.expanded}};
    for (const auto& [kind, recipients] : kinds) {
        Result<std::optional<storage::Acceptance>> notice =
            co_await maker.make(kind, message, std::move(*recipients), now_, 0);
        if (!notice) co_return std::unexpected(std::move(notice.error()));
        if (*notice) made.push_back(**std::move(notice));
    }
    co_return std::monostate{};
}

// If a member of an alias was not reached, our own submitter is notified. An outside sender is not: the address may be
// forged, so that the bounce would go to a third party, and it would reveal who is behind the alias. Instead the
// alias's postmaster is notified, as in RFC 5321 §3.9.2 for lists: that person can make room or change the alias.
asio::awaitable<Result<std::monostate>> IncomingMessage::add_failure_notices(std::vector<storage::Acceptance>& made,
                                                                             const LeftOut& left_out) {
    std::map<std::string, std::vector<Reported>> by_reader;
    for (const LeftOut::Member& member : left_out.members) {
        Reported report = member.report;
        if (!member.whole) report.reply += " (a member of " + member.alias + ", whose others have the message)";
        if (envelope_.submitter) {
            by_reader[envelope_.reverse_path].push_back(std::move(report));
            continue;
        }
        report.notify = 0;  // the sender's NOTIFY is not for the postmaster
        report.original_recipient.clear();
        const std::size_t at = member.alias.rfind('@');
        by_reader[at == std::string::npos ? "postmaster" : "postmaster" + member.alias.substr(at)].push_back(
            std::move(report));
    }
    NoticeMaker maker = notice_maker();
    for (auto& [reader, reports] : by_reader) {
        ReportedMessage message = reported_message();
        message.reverse_path = reader;
        message.dsn_return = storage::DsnReturn::headers;  // only the header section is available here
        message.smtputf8 = envelope_.smtputf8;
        Result<std::optional<storage::Acceptance>> notice =
            co_await maker.make(NoticeKind::failed, message, std::move(reports), now_, 0);
        if (!notice) co_return std::unexpected(std::move(notice.error()));
        if (*notice) made.push_back(**std::move(notice));
    }
    co_return std::monostate{};
}

void IncomingMessage::log(services::Level level, std::string_view event, services::EventLog::Fields fields) const {
    if (house_.log.enabled(level)) house_.log.write(level, envelope_.area, envelope_.session, event, fields);
}

}  // namespace server::delivery
