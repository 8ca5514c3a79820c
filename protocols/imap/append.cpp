// APPEND's messages on their way in. RFC 3501 §6.3.11, RFC 3502, RFC 4469 §5 (TOOBIG), RFC 7889 §3.1.
// A message that meets a full disk half-way is read to its end and dropped: the client must be able to hear the NO.
// Memory does not grow with the message; small ones are held until the commit, and their sum is limited.
#include "protocols/imap/append.h"

#include <algorithm>
#include <utility>

#include "protocols/imap/refusals.h"
#include "protocols/mime/summary.h"
#include "storage/blobs.h"

namespace imap {

using asio::awaitable;
using storage::Result;

storage::Query<Appender::Target> Appender::find_target(storage::AccountId account, std::string name) {
    return [account, name = std::move(name)](storage::engine::Connection& connection) -> Result<Target> {
        Result<storage::Mailbox> mailbox = storage::find_mailbox(account, name, storage::right::insert)(connection);
        if (!mailbox) return std::unexpected(mailbox.error());
        Result<storage::Account> owner = storage::get_account(mailbox->account)(connection);
        if (!owner) return std::unexpected(owner.error());
        return Target{std::move(*mailbox), std::move(*owner)};
    };
}

awaitable<void> Appender::run(wire::Append command) {
    Result<Target> target =
        co_await session_.services_.store.read(find_target(session_.account(), std::move(command.mailbox)));
    if (!target) {
        const bool missing = target.error().reason == storage::Reason::no_such_mailbox;
        const std::string_view code = missing ? "TRYCREATE" : refusal_code(target.error().reason);
        co_await refuse({.code = code, .text = target.error().text});
        co_return;
    }
    target_ = std::move(*target);
    std::optional<wire::AppendMessage> message = std::move(command.first);
    while (message) {
        const std::optional<Objection> objection = object(*message);
        if (objection) {
            co_await refuse(*objection);
            co_return;
        }
        co_await take(std::move(*message));
        message = co_await next();
    }
    if (!answered_) co_await place();
}

std::optional<Appender::Objection> Appender::object(const wire::AppendMessage& message) const {
    if (failed_) return Objection{.code = refusal_code(failed_->reason), .text = failed_->text};
    if (message.utf8 && !session_.utf8_)
        return Objection{.bad = true, .code = {}, .text = "UTF8=ACCEPT is not enabled"};
    if (message.octets == 0) return Objection{.code = {}, .text = "An empty message is none"};
    if (message.octets > session_.options_.message_octets) {
        return Objection{.code = "TOOBIG", .text = "The message is larger than this server takes"};
    }
    if (!storage::fits_quota(target_->account, octets_ + message.octets, messages_.size() + 1)) {
        return Objection{.code = "OVERQUOTA", .text = "There is not enough room left in your quota"};
    }
    if (messages_.size() >= session_.options_.append_messages ||
        held_octets_ > session_.options_.append_memory_octets) {
        return Objection{.code = "LIMIT", .text = "Too many messages in one APPEND"};
    }
    return std::nullopt;
}

// Reads the literal into the store. A refusal on the way is kept in failed_.
awaitable<void> Appender::take(wire::AppendMessage message) {
    if (message.synchronizing) {
        session_.say().continuation("OK");
        co_await session_.stream_.flush();
    }
    storage::BlobWriter writer(session_.services_.store);
    mime::Summarizer summarizer;
    std::uint64_t left = message.octets;
    while (left > 0) {
        const std::uint64_t most = std::min<std::uint64_t>(left, session_.options_.chunk_octets);
        const std::string_view chunk = co_await session_.stream_.read_chunk(static_cast<std::size_t>(most));
        left -= chunk.size();
        if (failed_) continue;
        summarizer.feed(chunk);
        if (writer.fits(chunk.size())) {
            writer.append(chunk);
            continue;
        }
        const Result<std::monostate> written = co_await writer.write(chunk);
        if (!written) failed_ = written.error();
    }
    if (failed_) co_return;
    Result<storage::StagedBlob> staged = co_await writer.finish();
    if (!staged) {
        failed_ = staged.error();
        co_return;
    }
    octets_ += message.octets;
    if (staged->octets) held_octets_ += message.octets;
    const wire::DateTime date = message.date.value_or(wire::DateTime{session_.services_.now(), 0});
    messages_.push_back({.content = std::move(*staged),
                         .summary = mime::encode_summary(summarizer.finish()),
                         .flags = {message.flags.system, std::move(message.flags.keywords)},
                         .internal_date = date.unix_seconds,
                         .internal_zone_minutes = date.zone_minutes});
}

// The line behind a message: another message, or nothing more (or an answer was given).
awaitable<std::optional<wire::AppendMessage>> Appender::next() {
    const net::ReadLine read = co_await session_.stream_.read_line(session_.options_.line_octets);
    const auto* line = std::get_if<net::Line>(&read);
    if (line == nullptr) {
        session_.receiver_.reset();
        session_.answer_bad("The line is too long");
        answered_ = true;
        co_return std::nullopt;
    }
    wire::AppendEvent event = session_.receiver_.append_line(line->text);
    if (auto* message = std::get_if<wire::AppendMessage>(&event)) co_return std::move(*message);
    if (auto* rejected = std::get_if<wire::Rejected>(&event)) {
        co_await conclude(std::move(*rejected));
    } else if (const auto* skip = std::get_if<wire::SkipLiteral>(&event)) {
        co_await conclude(*skip);
    }
    co_return std::nullopt;
}

awaitable<void> Appender::refuse(Objection objection) {
    const auto status = objection.bad ? wire::Rejected::Status::bad : wire::Rejected::Status::no;
    wire::Event event = session_.receiver_.refuse(status, objection.code, objection.text);
    co_await conclude(std::move(event));
}

// Drops what is on its way, then answers.
awaitable<void> Appender::conclude(wire::Event event) {
    answered_ = true;
    while (const auto* skip = std::get_if<wire::SkipLiteral>(&event)) {
        co_await session_.skip_octets(skip->octets);
        std::optional<wire::Event> behind = co_await session_.read_line_event();
        if (!behind) co_return;
        event = std::move(*behind);
    }
    const auto& rejected = std::get<wire::Rejected>(event);
    const bool bad = rejected.status == wire::Rejected::Status::bad;
    const wire::Condition condition = bad ? wire::Condition::bad : wire::Condition::no;
    if (!rejected.fatal) {
        session_.answer(condition, rejected.text, rejected.code);
        co_return;
    }
    session_.tells_changes_ = false;  // nothing comes behind the BYE, and the answer in front of it
    session_.say().status(session_.tag_, condition, rejected.code, rejected.text);
    session_.end("flood", rejected.text);
}

awaitable<void> Appender::place() {
    if (failed_) {
        session_.answer_no(*failed_);
        co_return;
    }
    const storage::MailboxId mailbox = target_->mailbox.id;
    const std::size_t count = messages_.size();
    const Result<storage::Appended> appended = co_await session_.services_.store.write(
        storage::append_messages(mailbox, std::move(messages_), session_.services_.now(), session_.account()));
    if (!appended) {
        session_.answer_no_target(appended.error());
        co_return;
    }
    wire::SequenceSetBuilder uids;
    for (const storage::Placed& placed : appended->placed) uids.add(placed.uid.value);
    session_.log_.info("append", {{"mailbox", std::to_string(mailbox.value)},
                                  {"messages", std::to_string(count)},
                                  {"octets", std::to_string(octets_)}});
    if (session_.selected_ && session_.selected_->id() == mailbox) session_.stale_ = true;
    session_.answer_ok("Appended", wire::append_uid_code(appended->uid_validity, uids.ranges()));
}

}  // namespace imap
