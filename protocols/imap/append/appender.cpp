// Receiving APPEND's messages. RFC 3501 §6.3.11, RFC 3502, RFC 4469 (BADURL, TOOBIG), RFC 7889 §3.1. If the disk
// becomes full in the middle of a message, the rest is read and dropped, so that the client gets the NO. Memory does
// not grow with the message; small ones are kept until the commit, within a common limit.
#include "protocols/imap/append/appender.h"

#include <algorithm>
#include <utility>

#include "protocols/imap/changes/changes.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/command_reader.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/connection/refusals.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/mime/thread_names.h"
#include "protocols/net/stream.h"
#include "protocols/services/event_log.h"
#include "storage/blobs.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;

storage::Query<Appender::Target> Appender::target_named(storage::AccountId account, std::string name) {
    return [account, name = std::move(name)](storage::Snapshot& snapshot) -> Result<Target> {
        Result<storage::Mailbox> mailbox = storage::find_mailbox(account, name, storage::right::insert)(snapshot);
        if (!mailbox) return std::unexpected(mailbox.error());
        Result<storage::Account> owner = storage::get_account(mailbox->account)(snapshot);
        if (!owner) return std::unexpected(owner.error());
        return Target{std::move(*mailbox), std::move(*owner)};
    };
}

awaitable<void> Appender::run(wire::Append command) {
    mailbox_ = std::move(command.mailbox);
    co_await run(std::move(command.first));
}

awaitable<void> Appender::run(wire::Replace command) {
    mailbox_ = std::move(command.mailbox);
    Verdict verdict = co_await find_replaced(command);
    if (!verdict) verdict = co_await find_target();
    if (verdict) {
        co_await refuse(std::move(*verdict));
    } else {
        co_await run(std::move(command.first));
    }
}

// RFC 8508 §4.1: needs the rights of UID STORE and UID EXPUNGE in the selected mailbox.
awaitable<Appender::Verdict> Appender::find_replaced(const wire::Replace& command) {
    const SelectedMailbox& selected = *selection_;
    constexpr storage::Rights needed = storage::right::delete_messages | storage::right::expunge;
    if (selected.read_only()) {
        co_return Objection{.code = "READ-ONLY", .text = "The mailbox is open for reading only"};
    }
    if ((selected.rights() & needed) != needed) {
        co_return Objection{.code = "NOPERM", .text = "You have not the right to expunge messages here"};
    }
    const std::optional<storage::UidSet> target = selected.resolve(command.message, command.uid);
    if (!target) co_return Objection{.bad = true, .code = {}, .text = "There is no message with such a number"};
    if (!target->empty()) {
        Result<std::vector<storage::Message>> rows =
            co_await connection_.services.store.read(storage::read_messages(selected.access(), *target, false, 1));
        if (rows && !rows->empty()) {
            replaced_ = std::move(rows->front());
            co_return std::nullopt;
        }
    }
    co_return Objection{.code = command.uid ? "NONEXISTENT" : "EXPUNGEISSUED", .text = "There is no such message"};
}

awaitable<Appender::Verdict> Appender::find_target() {
    if (target_) co_return std::nullopt;
    Result<Target> target =
        co_await connection_.services.store.read(target_named(connection_.login.account(), mailbox_));
    if (!target) {
        const bool missing = target.error().reason == storage::Reason::no_such_mailbox;
        const std::string_view code = missing ? "TRYCREATE" : refusal_code(target.error().reason);
        co_return Objection{.code = std::string(code), .text = target.error().text};
    }
    target_ = std::move(*target);
    co_return std::nullopt;
}

awaitable<void> Appender::run(wire::AppendParts parts) {
    for (;;) {
        Verdict verdict = co_await take(parts);
        if (verdict) {
            co_await refuse(std::move(*verdict));
            co_return;
        }
        if (parts.complete) break;
        std::optional<wire::AppendParts> more = co_await reader_.next_append_parts();
        if (!more) co_return;
        parts = std::move(*more);
    }
    co_await place();
}

awaitable<Appender::Verdict> Appender::take(wire::AppendParts& parts) {
    if (failed_) co_return failed_;
    for (wire::AppendPart& part : parts.parts) {
        awaitable<Verdict> taking = std::visit([this](auto& one) { return take(one); }, part);
        Verdict verdict = co_await std::move(taking);
        if (verdict) co_return verdict;
    }
    if (!parts.complete) co_return std::nullopt;
    Verdict verdict = co_await finish_message();
    co_return verdict;
}

// A message begins, so the one before it is complete.
awaitable<Appender::Verdict> Appender::take(wire::AppendMessage& message) {
    Verdict verdict = co_await finish_message();
    if (verdict) co_return verdict;
    const Options& options = connection_.options;
    if (options.message_limit != 0 && messages_.size() >= options.message_limit) {
        std::string code = "MESSAGELIMIT " + std::to_string(options.message_limit);
        co_return Objection{.code = std::move(code), .text = "Too many messages in one APPEND"};
    }
    if (messages_.size() >= options.append_messages || held_octets_ > options.append_memory_octets) {
        co_return Objection{.code = "LIMIT", .text = "Too many messages in one APPEND"};
    }
    incoming_.emplace(connection_.services.store.unchecked(), connection_.login.account(), options.append_summary,
                      std::move(message));
    co_return std::nullopt;
}

// A small literal that is already being sent is read without checking the mailbox first: the commit will check it, for
// all reasons of refusal.
awaitable<Appender::Verdict> Appender::take(wire::AppendLiteral& literal) {
    constexpr std::uint64_t a_little = 64U << 10;
    const bool on_its_way = !literal.synchronizing && literal.octets <= a_little;
    if (!on_its_way) {
        Verdict missing = co_await find_target();
        if (missing) co_return missing;
    }
    Verdict verdict = object(literal);
    if (!verdict && !staged_.set(octets_ + incoming_->content.size_octets() + literal.octets)) {
        verdict = Objection{.code = "LIMIT", .text = "Your account is sending too much at once: try again later"};
    }
    if (verdict) co_return verdict;
    if (literal.synchronizing) {
        connection_.answers.say().continuation("OK");
        co_await connection_.stream.flush();
    }
    if (literal.is_url) {
        co_await take_url_literal(literal.octets);
    } else {
        co_await take_octets(literal.octets);
    }
    co_return std::nullopt;
}

// Header fields with 8-bit octets are accepted from every client. RFC 6855 §4 and RFC 9755 §4 require NO for a client
// that has not enabled UTF8=ACCEPT, but RFC 9051 §6.3.12 permits such octets, and imapsync, mbsync and others enable
// nothing and copy old messages with raw 8-bit fields between servers. NO would lose these, although they may arrive by
// SMTP. Dovecot, Cyrus and mox accept them too. They are returned unchanged.
Appender::Verdict Appender::object(const wire::AppendLiteral& literal) const {
    if (literal.is_url) return std::nullopt;
    if (literal.utf8 && !connection_.enabled.utf8)
        return Objection{.bad = true, .code = {}, .text = "UTF8=ACCEPT is not enabled"};
    if (literal.octets == 0 && !incoming_->head.catenate) {
        return Objection{.code = {}, .text = "An empty message is none"};
    }
    return object_to(literal.octets);
}

// Checks whether the current message may grow by this much.
Appender::Verdict Appender::object_to(std::uint64_t octets) const {
    const Options& options = connection_.options;
    const std::uint64_t so_far = incoming_->content.size_octets();
    if (incoming_->parts >= options.append_parts) {
        return Objection{.code = "LIMIT", .text = "Too many parts in one message"};
    }
    if (octets > options.message_octets - std::min(so_far, options.message_octets)) {
        return Objection{.code = "TOOBIG", .text = "The message is larger than this server takes"};
    }
    // The replaced message makes room in the same step (RFC 8508 §3.4).
    const bool frees = replaced_ && target_ && selection_->owner() == target_->mailbox.account;
    const std::uint64_t more = octets_ + so_far + octets;
    const std::uint64_t net = frees ? more - std::min(more, replaced_->size_octets) : more;
    if (target_ && !storage::fits_quota(target_->account, net, frees ? 0 : messages_.size() + 1)) {
        return Objection{.code = "OVERQUOTA", .text = "There is not enough room left in your quota"};
    }
    return std::nullopt;
}

awaitable<void> Appender::take_octets(std::uint64_t octets) {
    ++incoming_->parts;
    while (octets > 0) {
        const std::uint64_t most = std::min<std::uint64_t>(octets, connection_.options.chunk_octets);
        const std::string_view chunk = co_await connection_.stream.read_chunk(static_cast<std::size_t>(most));
        octets -= chunk.size();
        if (!failed_ && incoming_->content.fits(chunk.size())) {
            incoming_->summarizer.feed(chunk);
            incoming_->content.append(chunk);
        } else if (!failed_) {
            co_await store(chunk);
        }
    }
}

// Adds octets to the message. A refusal meanwhile is kept in failed_.
awaitable<void> Appender::store(std::string_view octets) {
    incoming_->summarizer.feed(octets);
    const Result<std::monostate> written = co_await incoming_->content.write(octets);
    if (!written) {
        failed_ = {.code = std::string(refusal_code(written.error().reason)), .text = written.error().text};
    }
}

// The receiver has limited its size.
awaitable<void> Appender::take_url_literal(std::uint64_t octets) {
    wire::AppendUrl part;
    while (part.url.size() < octets) {
        const std::string_view chunk = co_await connection_.stream.read_chunk(octets - part.url.size());
        part.url.append(chunk);
    }
    failed_ = co_await take(part);
}

awaitable<Appender::Verdict> Appender::take(wire::AppendUrl& url) {
    const auto bad_url = [&](std::string_view why) {
        return Objection{.code = wire::bad_url_code(url.url), .text = std::string(why)};
    };
    const Options& options = connection_.options;
    const std::string selected = selection_ ? selection_->name() : std::string();
    std::optional<wire::MessageUrl> named = wire::parse_message_url(url.url, selected, options.commands);
    if (!named) co_return bad_url("This is not the URL of a message on this server");
    Verdict missing = co_await find_target();
    if (missing) co_return missing;
    const CatenateLimits limits = {.chunk_octets = options.chunk_octets, .header_octets = options.header_octets};
    const Result<CatenatedPart> part = co_await connection_.services.store.read_long(
        find_catenated_part(connection_.login.account(), std::move(*named), limits));
    if (!part) co_return bad_url(part.error().text);
    Verdict verdict = object_to(part->size());
    if (verdict) co_return verdict;
    if (part->size() > options.catenated_octets - std::min(catenated_octets_, options.catenated_octets)) {
        co_return Objection{.code = "LIMIT", .text = "That is too much from URLs for one command"};
    }
    ++incoming_->parts;
    catenated_octets_ += part->size();
    Verdict outcome = co_await take_stored(*part, url.url);
    co_return outcome;
}

// In pieces, each read on its own: the message may be expunged meanwhile.
awaitable<Appender::Verdict> Appender::take_stored(const CatenatedPart& part, std::string_view url) {
    if (part.loaded) {
        co_await store(part.octets);
        co_return failed_;
    }
    const storage::Access from(part.mailbox, connection_.login.account());
    for (mime::OctetRange rest = part.range; rest.size > 0 && !failed_;) {
        const std::uint64_t most = std::min<std::uint64_t>(rest.size, connection_.options.chunk_octets);
        const Result<std::string> chunk =
            co_await connection_.services.store.read(storage::read_content(from, part.blob, rest.offset, most));
        if (!chunk || chunk->empty()) {
            co_return Objection{.code = wire::bad_url_code(url), .text = "The message has just been expunged"};
        }
        rest.offset += chunk->size();
        rest.size -= chunk->size();
        co_await store(*chunk);
    }
    co_return failed_;
}

awaitable<Appender::Verdict> Appender::finish_message() {
    if (!incoming_) co_return std::nullopt;
    const std::uint64_t octets = incoming_->content.size_octets();
    if (octets == 0) co_return Objection{.code = {}, .text = "An empty message is none"};
    Result<storage::StagedBlob> staged = co_await incoming_->content.finish();
    if (!staged) {
        co_return Objection{.code = std::string(refusal_code(staged.error().reason)), .text = staged.error().text};
    }
    octets_ += octets;
    if (staged->octets) held_octets_ += octets;
    if (!memory_.set(held_octets_)) {
        co_return Objection{.code = "LIMIT", .text = "Your account is sending too much at once: try again later"};
    }
    wire::AppendMessage& head = incoming_->head;
    const mime::Summary summary = incoming_->summarizer.finish();
    const wire::DateTime date = head.date.value_or(wire::DateTime{connection_.services.now(), 0});
    messages_.push_back({.content = std::move(*staged),
                         .summary = mime::encode_summary(summary),
                         .thread_names = mime::thread_names(summary),
                         .text_sizes = {summary.text_octets, summary.ascii_text_octets},
                         .flags = {head.flags.system, std::move(head.flags.keywords)},
                         .internal_date = date.unix_seconds,
                         .internal_zone_minutes = date.zone_minutes});
    incoming_.reset();
    co_return std::nullopt;
}

awaitable<void> Appender::refuse(Objection objection) {
    connection_.log.info("refused", {{"tag", connection_.answers.tag()}, {"reason", objection.text}});
    const wire::Condition condition = objection.bad ? wire::Condition::bad : wire::Condition::no;
    co_await reader_.refuse(condition, objection.text, objection.code);
}

awaitable<void> Appender::place() {
    const storage::TargetMailbox destination =
        target_ ? storage::TargetMailbox(target_->mailbox.id) : storage::TargetMailbox(std::move(mailbox_));
    const std::size_t count = messages_.size();
    const std::int64_t now = connection_.services.now();
    storage::Operation<storage::Appended> operation =
        replaced_ ? storage::replace_message(selection_->access(), replaced_->uid, target_->mailbox.id,
                                             std::move(messages_.front()), now)
                  : storage::append_messages(destination, std::move(messages_), now, connection_.login.account());
    const Result<storage::Appended> appended = co_await connection_.services.store.write(std::move(operation));
    if (!appended) {
        connection_.answers.no_target(appended.error());
        co_return;
    }
    wire::SequenceSetBuilder uids;
    storage::UidSet own;
    for (const storage::Placed& placed : appended->placed) {
        uids.add(placed.uid.value);
        own.insert(placed.uid);
    }
    changes_.note_own_change(appended->mailbox, own, appended->step);
    connection_.log.info(replaced_ ? "replace" : "append",
                         {{"mailbox", appended->mailbox.value}, {"messages", count}, {"octets", octets_}});
    std::string code = wire::append_uid_code(appended->uid_validity, uids.ranges());
    if (replaced_) {
        co_await answer_replaced(std::move(code));
    } else {
        connection_.answers.ok("Appended", code);
    }
}

// The new UID comes before the EXPUNGE (RFC 8508 §4.3), HIGHESTMODSEQ after it (RFC 7162 §3.2.10).
awaitable<void> Appender::answer_replaced(std::string code) {
    connection_.answers.say().status("*", wire::Condition::ok, code, "The message that takes its place is there");
    co_await changes_.sync(true);
    const std::uint64_t reached = selection_->announced().value;
    connection_.answers.ok("Replaced", connection_.enabled.condstore ? "HIGHESTMODSEQ " + std::to_string(reached) : "");
}

}  // namespace imap
