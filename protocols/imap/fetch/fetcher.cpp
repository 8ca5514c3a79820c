// Answers FETCH. RFC 3501 §6.4.5, §7.4.2; RFC 7162 §3.1.4; RFC 3516 §4. The store is read one batch ahead, and written
// once per batch if \Seen is implied. Sections above a chunk are streamed: their size is announced, then they are sent
// in pieces, as fast as the client takes them.
#include "protocols/imap/fetch/fetcher.h"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <stdexcept>
#include <utility>

#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"
#include "protocols/services/event_log.h"
#include "storage/blobs.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using mime::OctetRange;
using storage::Result;
using wire::FetchItem;
using wire::FetchWriter;
using ItemKind = wire::FetchItem::Kind;

namespace {

// With this many messages two readers are faster than one.
constexpr std::uint64_t split_from = 128;

// With more gaps, ranges that include the gaps are read: each range alone costs a look-up.
constexpr std::size_t most_exact_ranges = 64;

// Only a literal8 may contain NUL (RFC 3501 §4.3.1): elsewhere it becomes 0x80, which keeps all sizes.
void replace_nul(std::string& octets) {
    if (octets.find('\0') != std::string::npos) std::ranges::replace(octets, '\0', '\x80');
}

// A response named by UID need not contain the UID again.
std::vector<FetchItem> items_of(const wire::Fetch& command, bool uid_only) {
    std::vector<FetchItem> items = command.items;
    const auto has = [&](ItemKind kind) { return std::ranges::find(items, kind, &FetchItem::kind) != items.end(); };
    if (command.uid && !uid_only && !has(ItemKind::uid)) items.insert(items.begin(), FetchItem{.kind = ItemKind::uid});
    if (command.changed_since && !has(ItemKind::mod_seq)) items.push_back(FetchItem{.kind = ItemKind::mod_seq});
    return items;
}

// Content of a message whose answer has begun. If the log-in or the right to read it was taken back meanwhile no more
// of it may be sent, and the answer cannot be ended: so the session ends.
std::string still_readable(Result<std::string> content) {
    if (content) return *std::move(content);
    const storage::Reason why = content.error().reason;
    if (why == storage::Reason::no_such_mailbox || why == storage::Reason::logged_out)
        throw net::Interrupted(net::Interrupted::Cause::logged_out);
    throw std::runtime_error(content.error().text);
}

}  // namespace

Fetcher::Fetcher(const Connection& connection, Selection& selection, const wire::Fetch& command)
    : connection_(connection), selection_(selection), items_(items_of(command, connection.enabled.uid_only)) {
    auto plan = std::make_shared<FetchPlan>(selection->access(), items_);
    // RFC 4314 §4: without the right "s" \Seen is not set.
    const bool may_see = (selection->rights() & storage::right::keep_seen) != 0;
    sets_seen_ = !selection->read_only() && may_see && !std::ranges::all_of(items_, &FetchItem::peek);
    plan->utf8 = connection.enabled.utf8;
    plan->changed_since = storage::ModSeq{command.changed_since.value_or(0)};
    const Options& options = connection.options;
    plan->batch_messages = plan->with_summary ? options.batch_messages : options.batch_rows;
    plan->batch_octets = options.batch_octets;
    plan->chunk_octets = options.chunk_octets;
    plan->header_octets = options.header_octets;
    plan_ = std::move(plan);
}

// One batch is being answered while the next one is read.
std::uint64_t Fetcher::octets_for(std::uint32_t messages) const {
    constexpr std::uint64_t octets_of_response = 400;
    const std::uint64_t rendered = octets_of_response * std::min<std::uint64_t>(messages, 2 * plan_->batch_messages);
    return plan_->light ? rendered : std::min<std::uint64_t>(messages, 2) * plan_->batch_octets;
}

// Reads the next piece while one is being answered.
awaitable<void> Fetcher::run(storage::UidSet targets) {
    using namespace asio::experimental::awaitable_operators;
    if (plan_->light && plan_->changed_since.value == 0) {  // else the size of the result cannot be foreseen
        storage::UidSet exact = selection_->numbers().known(targets);
        exact_ = exact.ranges().size() <= most_exact_ranges;
        if (exact_) targets = std::move(exact);
    }
    UidWalk walk(std::move(targets));
    for (Read next = co_await read(walk); !next.batches.empty() || next.failure;) {
        if (next.failure) std::rethrow_exception(next.failure);
        std::vector<FetchBatch> batches = std::move(next.batches);
        if (walk.done()) co_return co_await answer(std::move(batches));  // the usual case: reading ahead costs more
        next = co_await (read(walk) && answer(std::move(batches)));
    }
}

// Rows and summaries are read in two halves at once: the readers write the responses, which takes most of the time.
// Contents fill a batch anyway, and a second one would have to wait in memory.
awaitable<Fetcher::Read> Fetcher::read(UidWalk& walk) {
    using namespace asio::experimental::awaitable_operators;
    if (walk.done()) co_return Read();
    storage::UidSet slice = exact_ ? walk.next(plan_->batch_messages) : walk.next();
    Read next;
    if (exact_ && slice.count() >= split_from) {
        auto [lower, upper] = halves(slice);
        const storage::Uid lower_end = lower.ranges().back().last;
        auto [first, second] = co_await (read_slice(std::move(lower)) && read_slice(std::move(upper)));
        next = std::move(first);
        const bool whole = !next.batches.empty() && next.batches.back().done == lower_end;
        if (whole && !second.failure) std::ranges::move(second.batches, std::back_inserter(next.batches));
    } else {
        next = co_await read_slice(std::move(slice));
    }
    if (!next.batches.empty()) walk.passed(next.batches.back().done);
    co_return next;
}

// Throws nothing: batches read before must be answered completely first.
awaitable<Fetcher::Read> Fetcher::read_slice(storage::UidSet slice) {
    Read next;
    try {
        const storage::SessionStore& store = connection_.services.store;
        Result<FetchBatch> batch = co_await store.read(read_fetch_batch(plan_, slice, false));
        if (batch && batch->stopped && batch->messages.empty()) {
            batch = co_await store.read_long(read_fetch_batch(plan_, std::move(slice), true));
        }
        if (!batch && batch.error().reason == storage::Reason::no_such_mailbox) co_return next;  // the mailbox is gone
        if (!batch) throw std::runtime_error(batch.error().text);
        next.batches.push_back(*std::move(batch));
    } catch (...) {
        next.failure = std::current_exception();
    }
    co_return next;
}

awaitable<void> Fetcher::answer(std::vector<FetchBatch> batches) {
    for (FetchBatch& batch : batches) co_await answer(std::move(batch));
}

awaitable<void> Fetcher::answer(FetchBatch batch) {
    co_await connection_.stream.drain();  // batches of many sessions may have come at once
    std::vector<storage::Uid> newly_seen;
    if (sets_seen_) newly_seen = co_await mark_seen(batch.messages);
    storage::KeywordSet keywords;
    for (const FetchedMessage& message : batch.messages) keywords.merge(message.flags.keywords);
    co_await selection_.learn_keywords(keywords);

    for (std::size_t i = 0; i < batch.messages.size(); ++i) {
        FetchedMessage& message = batch.messages[i];
        const std::optional<std::uint32_t> number = selection_->numbers().number_of(message.uid);
        if (!number) continue;  // it came after the last reported message
        const bool seen_now = std::ranges::binary_search(newly_seen, message.uid);
        co_await write(*number, batch, i, seen_now);
        message.contents.clear();
        ++answered_;
    }
    co_await connection_.stream.drain();
}

// Sets \Seen where it is missing, and takes over the new flags. Returns the changed messages. On failure the messages
// are answered anyway: reading must work even if writing does not.
awaitable<std::vector<storage::Uid>> Fetcher::mark_seen(std::vector<FetchedMessage>& messages) {
    std::vector<storage::Uid> changed;
    storage::UidSet unseen;
    for (const FetchedMessage& message : messages) {
        const bool known = selection_->numbers().number_of(message.uid).has_value();
        if (known && (message.flags.system & storage::system_flag::seen) == 0) unseen.insert(message.uid);
    }
    if (unseen.empty()) co_return changed;
    const storage::NamedFlags seen{storage::system_flag::seen, {}};
    const Result<storage::FlagChange> change = co_await connection_.services.store.write(
        storage::change_flags(plan_->access, std::move(unseen), storage::FlagEdit::add, seen));
    if (!change) {
        connection_.log.warn("seen-not-set", {{"reason", change.error().text}});
        co_return changed;
    }
    storage::UidSet now_seen;
    auto message = messages.begin();
    for (const storage::FlagChange::Changed& one : change->changed) {
        while (message != messages.end() && message->uid < one.uid) ++message;
        if (message == messages.end()) break;
        message->flags = one.flags;
        message->modseq = one.modseq;
        changed.push_back(one.uid);
        selection_->reported(one.modseq, storage::UidSet{one.uid});
        now_seen.insert(one.uid);
    }
    selection_.take_in_own(change->step, now_seen, {});
    co_return changed;
}

awaitable<void> Fetcher::write(std::uint32_t number, const FetchBatch& batch, std::size_t index, bool seen_now) {
    using How = FetchStep::How;
    const FetchedMessage& message = batch.messages[index];
    FetchWriter out = selection_.begin_fetch(number, message.uid);
    std::size_t rendered = index * plan_->rendered_steps;
    auto content = message.contents.begin();
    for (const FetchStep& step : plan_->steps) {
        if (step.how == How::rendered) {
            out.items(batch.rendered_step(rendered++));
        } else if (step.how == How::flags) {
            write_flags(out, message);
        } else if (step.how == How::mod_seq) {
            out.mod_seq(message.modseq.value);
        } else {
            const FetchItem& item = step.items.front();
            out.name(item);
            if (content->loaded && content->source.kind != ContentSource::Kind::decoded) {
                write_loaded(out, *content);
            } else {
                co_await write_content(out, item, message.blob, *content);
            }
            ++content;
            if (connection_.stream.output().size() > connection_.options.chunk_octets)
                co_await connection_.stream.drain();
        }
    }
    if (seen_now) write_change(out, message);
    out.end();
    if (connection_.stream.output().size() > connection_.options.chunk_octets) co_await connection_.stream.drain();
}

void Fetcher::write_flags(FetchWriter& out, const FetchedMessage& message) const {
    out.flags(message.flags.system, selection_.is_recent(message.uid),
              selection_.keyword_names(message.flags.keywords));
}

// Adds the flags changed by \Seen, unless requested anyway. With CONDSTORE enabled, every change is reported with UID
// and MODSEQ (RFC 7162 §3.2.4).
void Fetcher::write_change(FetchWriter& out, const FetchedMessage& message) const {
    const auto missing = [&](ItemKind kind) {
        return std::ranges::find(items_, kind, &FetchItem::kind) == items_.end();
    };
    if (connection_.enabled.tells_uids() && missing(ItemKind::uid)) out.uid(message.uid.value);
    if (missing(ItemKind::flags)) write_flags(out, message);
    if (connection_.enabled.condstore && missing(ItemKind::mod_seq)) out.mod_seq(message.modseq.value);
}

// Writes content that was read with the batch.
void Fetcher::write_loaded(FetchWriter& out, const FetchedContent& content) {
    const ContentSource::Kind kind = content.source.kind;
    if (kind == ContentSource::Kind::unknown_encoding) unknown_encoding_ = true;
    if (kind == ContentSource::Kind::nothing || kind == ContentSource::Kind::unknown_encoding) return out.nil();
    write_text(out, content.octets, false);
}

void Fetcher::write_text(FetchWriter& out, std::string octets, bool literal8) {
    if (octets.empty()) {
        connection_.stream.output() += "\"\"";
        return;
    }
    if (!literal8) replace_nul(octets);
    out.literal(octets.size(), literal8);
    connection_.stream.output() += octets;
}

// Writes content that must be decoded or streamed.
awaitable<void> Fetcher::write_content(FetchWriter& out, const FetchItem& item, storage::BlobId blob,
                                       const FetchedContent& content) {
    if (item.kind == ItemKind::binary_size) {
        std::uint64_t octets = content.size;
        if (!content.loaded) octets = (co_await measure_decoded(blob, content.source)).octets;
        out.number(octets);
    } else if (content.loaded) {
        const bool literal8 = content.octets.find('\0') != std::string::npos;
        write_text(out, content.octets, literal8);
    } else if (content.source.kind == ContentSource::Kind::header_fields) {
        Result<std::string> fields =
            co_await connection_.services.store.read_long(read_header_fields(plan_, blob, content.source.range, item));
        write_text(out, still_readable(std::move(fields)), false);
    } else if (content.source.kind == ContentSource::Kind::stored) {
        co_await stream_stored(out, blob, content.source.range);
    } else {
        co_await stream_decoded(out, item, blob, content.source);
    }
}

// The announced octets must be sent; if that fails, the session ends (Answers::literal_open).
awaitable<void> Fetcher::stream_stored(FetchWriter& out, storage::BlobId blob, OctetRange range) {
    out.literal(range.size, false);
    connection_.answers.set_literal_open(true);
    while (range.size > 0) {
        std::string chunk = co_await read_chunk(blob, range);
        range.offset += chunk.size();
        range.size -= chunk.size();
        replace_nul(chunk);
        connection_.stream.write(chunk);
        co_await connection_.stream.drain();
    }
    connection_.answers.set_literal_open(false);
}

awaitable<void> Fetcher::stream_decoded(FetchWriter& out, const FetchItem& item, storage::BlobId blob,
                                        const ContentSource& source) {
    const Measured measured = co_await measure_decoded(blob, source);
    const OctetRange wanted = clip(measured.octets, item.partial);
    if (wanted.size == 0) {
        write_text(out, {}, false);
        co_return;
    }
    out.literal(wanted.size, measured.has_nul);
    connection_.answers.set_literal_open(true);
    mime::TransferDecoder decoder(source.encoding);
    std::uint64_t at = 0;
    const std::uint64_t end = wanted.offset + wanted.size;
    for (OctetRange rest = source.range; at < end;) {
        std::string decoded;
        if (rest.size > 0) {
            const std::string chunk = co_await read_chunk(blob, rest);
            rest.offset += chunk.size();
            rest.size -= chunk.size();
            decoder.feed(chunk, decoded);
        }
        if (rest.size == 0) decoder.finish(decoded);
        const std::uint64_t first = std::clamp<std::uint64_t>(wanted.offset, at, at + decoded.size());
        const std::uint64_t last = std::clamp<std::uint64_t>(end, at, at + decoded.size());
        connection_.stream.write(std::string_view(decoded).substr(first - at, last - first));
        at += decoded.size();
        if (rest.size == 0 && at < end) throw std::runtime_error("a part decodes to less than was measured");
        co_await connection_.stream.drain();
    }
    connection_.answers.set_literal_open(false);
}

awaitable<Fetcher::Measured> Fetcher::measure_decoded(storage::BlobId blob, const ContentSource& source) {
    Measured measured;
    mime::TransferDecoder decoder(source.encoding);
    std::string decoded;
    for (OctetRange rest = source.range; rest.size > 0;) {
        const std::string chunk = co_await read_chunk(blob, rest);
        rest.offset += chunk.size();
        rest.size -= chunk.size();
        decoded.clear();
        decoder.feed(chunk, decoded);
        if (rest.size == 0) decoder.finish(decoded);
        measured.octets += decoded.size();
        measured.has_nul = measured.has_nul || decoded.find('\0') != std::string::npos;
    }
    co_return measured;
}

awaitable<std::string> Fetcher::read_chunk(storage::BlobId blob, OctetRange range) {
    const std::uint64_t octets = std::min<std::uint64_t>(range.size, plan_->chunk_octets);
    Result<std::string> read =
        co_await connection_.services.store.read(storage::read_content(plan_->access, blob, range.offset, octets));
    std::string chunk = still_readable(std::move(read));
    if (chunk.empty()) throw std::runtime_error("the content is gone");
    co_return std::move(chunk);
}

}  // namespace imap
