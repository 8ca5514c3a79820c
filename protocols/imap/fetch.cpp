// FETCH's answers. RFC 3501 §6.4.5, §7.4.2; RFC 7162 §3.1.4; RFC 3516 §4.
// One store read for each batch, one batch ahead of what is told, and one write where \Seen is implied. Sections above
// a chunk are streamed: their size is announced, then they pass through in pieces, as fast as the client takes them.
#include "protocols/imap/fetch.h"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <stdexcept>
#include <utility>

#include "storage/blobs.h"

namespace imap {

using asio::awaitable;
using mime::OctetRange;
using storage::Result;
using wire::FetchItem;
using wire::FetchWriter;
using Kind = wire::FetchItem::Kind;

namespace {

bool needs_content(Kind kind) {
    return kind == Kind::body_section || kind == Kind::rfc822 || kind == Kind::rfc822_header ||
           kind == Kind::rfc822_text || kind == Kind::binary || kind == Kind::binary_size;
}

bool needs_summary(Kind kind) {
    return needs_content(kind) || kind == Kind::envelope || kind == Kind::body || kind == Kind::body_structure ||
           kind == Kind::preview;
}

// No string but a literal8 may hold NUL (RFC 3501 §4.3.1): it is shown as 0x80, which keeps every size.
void replace_nul(std::string& octets) {
    if (octets.find('\0') != std::string::npos) std::ranges::replace(octets, '\0', '\x80');
}

// A response that is named by its UID need not repeat it.
std::vector<FetchItem> items_of(const wire::Fetch& command, bool uid_only) {
    std::vector<FetchItem> items = command.items;
    const auto has = [&](Kind kind) { return std::ranges::find(items, kind, &FetchItem::kind) != items.end(); };
    if (command.uid && !uid_only && !has(Kind::uid)) items.insert(items.begin(), FetchItem{.kind = Kind::uid});
    if (command.changed_since && !has(Kind::mod_seq)) items.push_back(FetchItem{.kind = Kind::mod_seq});
    return items;
}

}  // namespace

Fetcher::Fetcher(Session& session, const wire::Fetch& command)
    : session_(session), items_(items_of(command, session.uid_only_)) {
    auto plan = std::make_shared<FetchPlan>();
    plan->mailbox = session.selected_->id();
    for (const FetchItem& item : items_) {
        plan->with_summary = plan->with_summary || needs_summary(item.kind);
        plan->with_sound_summary = plan->with_sound_summary || (needs_summary(item.kind) && !item.lazy);
        if (needs_content(item.kind)) plan->contents.push_back(item);
        sets_seen_ = sets_seen_ || !item.peek;
    }
    // RFC 4314 §4: without "s" right \Seen is not set.
    const bool may_see = (session.selected_->rights() & storage::right::keep_seen) != 0;
    if (session.selected_->read_only() || !may_see) sets_seen_ = false;
    plan->changed_since = storage::ModSeq{command.changed_since.value_or(0)};
    plan->batch_messages = session.options_.batch_messages;
    plan->batch_octets = session.options_.batch_octets;
    plan->chunk_octets = session.options_.chunk_octets;
    plan->header_octets = session.options_.header_octets;
    plan_ = std::move(plan);
}

// While one batch is answered, the next is read.
awaitable<void> Fetcher::run(storage::UidSet targets) {
    using namespace asio::experimental::awaitable_operators;
    UidWalk walk(std::move(targets));
    for (Read next = co_await read(walk); next.batch || next.failure;) {
        if (next.failure) std::rethrow_exception(next.failure);
        FetchBatch batch = *std::move(next.batch);
        if (walk.done()) co_return co_await answer(std::move(batch));  // as most do: two at once would cost them more
        next = co_await (read(walk) && answer(std::move(batch)));
    }
}

// Throws nothing: what was read before must be told whole first.
awaitable<Fetcher::Read> Fetcher::read(UidWalk& walk) {
    Read next;
    try {
        if (walk.done()) co_return next;
        Result<FetchBatch> batch = co_await session_.services_.store.read(read_fetch_batch(plan_, walk.next()));
        if (!batch && batch.error().reason == storage::Reason::no_such_mailbox) co_return next;  // all of it is gone
        if (!batch) throw std::runtime_error(batch.error().text);
        walk.passed(batch->done);
        next.batch = *std::move(batch);
    } catch (...) {
        next.failure = std::current_exception();
    }
    co_return next;
}

awaitable<void> Fetcher::answer(FetchBatch batch) {
    std::vector<storage::Uid> newly_seen;
    if (sets_seen_) newly_seen = co_await mark_seen(batch.messages);
    std::vector<const storage::Flags*> flags;
    for (const FetchedMessage& message : batch.messages) flags.push_back(&message.row.flags);
    co_await session_.learn_keywords(flags);

    for (FetchedMessage& message : batch.messages) {
        const std::optional<std::uint32_t> number = session_.selected_->numbers().number_of(message.row.uid);
        if (!number) continue;  // it came after what this client has been told of
        const bool seen_now = std::ranges::binary_search(newly_seen, message.row.uid);
        co_await write(*number, message, seen_now);
        message.contents.clear();
        ++told_;
    }
    co_await session_.stream_.drain();
}

// Sets \Seen on those that lack it, and takes the new flags over. Which ones changed. If it cannot be done, the
// messages are answered all the same: reading must work when writing does not.
awaitable<std::vector<storage::Uid>> Fetcher::mark_seen(std::vector<FetchedMessage>& messages) {
    std::vector<storage::Uid> changed;
    storage::UidSet unseen;
    for (const FetchedMessage& message : messages) {
        const bool known = session_.selected_->numbers().number_of(message.row.uid).has_value();
        if (known && (message.row.flags.system & storage::system_flag::seen) == 0) unseen.insert(message.row.uid);
    }
    if (unseen.empty()) co_return changed;
    const storage::NamedFlags seen{storage::system_flag::seen, {}};
    const Result<storage::FlagChange> change = co_await session_.services_.store.write(storage::change_flags(
        plan_->mailbox, std::move(unseen), storage::FlagEdit::add, seen, std::nullopt, session_.account()));
    if (!change) {
        session_.log_.warn("seen_not_set", {{"why", change.error().text}});
        co_return changed;
    }
    auto message = messages.begin();
    for (const storage::FlagChange::Changed& one : change->changed) {
        while (message != messages.end() && message->row.uid < one.uid) ++message;
        if (message == messages.end()) break;
        message->row.flags = one.flags;
        message->row.modseq = one.modseq;
        changed.push_back(one.uid);
        session_.selected_->told(one.modseq, storage::UidSet{one.uid});
    }
    co_return changed;
}

awaitable<void> Fetcher::write(std::uint32_t number, const FetchedMessage& message, bool seen_now) {
    const mime::SummaryView summary(message.row.summary);
    FetchWriter out = session_.say_fetch(number, message.row.uid);
    auto content = message.contents.begin();
    for (const FetchItem& item : items_) {
        if (needs_content(item.kind)) {
            out.name(item);
            if (content->loaded && content->place.source != ContentPlace::Source::decoded) {
                write_loaded(out, *content);
            } else {
                co_await write_content(out, item, message.row.blob, *content);
            }
            ++content;
        } else {
            write_row_item(out, item, message.row, summary);
        }
    }
    if (seen_now) {
        // Once CONDSTORE is enabled the client hears UID and MODSEQ of every change (RFC 7162 §3.2.4).
        const auto write_missing = [&](Kind kind) {
            const bool asked = std::ranges::find(items_, kind, &FetchItem::kind) != items_.end();
            if (!asked) write_row_item(out, FetchItem{.kind = kind}, message.row, summary);
        };
        if (session_.tells_uids()) write_missing(Kind::uid);
        write_missing(Kind::flags);
        if (session_.condstore_) write_missing(Kind::mod_seq);
    }
    out.end();
    if (session_.stream_.output().size() > session_.options_.chunk_octets) co_await session_.stream_.drain();
}

void Fetcher::write_row_item(FetchWriter& out, const FetchItem& item, const storage::Message& row,
                             const mime::SummaryView& summary) const {
    switch (item.kind) {
        case Kind::uid:
            return out.uid(row.uid.value);
        case Kind::flags:
            return out.flags(row.flags.system, session_.is_recent(row.uid), session_.keyword_names(row.flags.keywords));
        case Kind::internal_date:
            return out.internal_date({row.internal_date, row.internal_zone_minutes});
        case Kind::rfc822_size:
            return out.rfc822_size(row.size_octets);
        case Kind::mod_seq:
            return out.mod_seq(row.modseq.value);
        case Kind::email_id:
            return out.email_id({row.blob.value, row.internal_date});
        case Kind::thread_id:
            return out.no_thread_id();
        case Kind::save_date:
            return out.save_date({row.saved_at, 0});
        case Kind::preview:
            return out.preview(item.lazy && summary.damaged() ? std::nullopt : std::optional(summary.preview()));
        case Kind::envelope:
            return out.envelope(summary);
        case Kind::body:
            return out.body(summary);
        case Kind::body_structure:
            return out.body_structure(summary);
        default:
            return;
    }
}

// What was read with the batch and goes out as it is.
void Fetcher::write_loaded(FetchWriter& out, const FetchedContent& content) {
    using Source = ContentPlace::Source;
    if (content.place.source == Source::unknown_encoding) unknown_encoding_ = true;
    if (content.place.source == Source::nothing || content.place.source == Source::unknown_encoding) return out.nil();
    write_text(out, content.octets, false);
}

void Fetcher::write_text(FetchWriter& out, std::string octets, bool literal8) {
    if (octets.empty()) {
        session_.stream_.output() += "\"\"";
        return;
    }
    if (!literal8) replace_nul(octets);
    out.literal(octets.size(), literal8);
    session_.stream_.output() += octets;
}

// What must be decoded or streamed.
awaitable<void> Fetcher::write_content(FetchWriter& out, const FetchItem& item, storage::BlobId blob,
                                       const FetchedContent& content) {
    if (item.kind == Kind::binary_size) {
        std::uint64_t octets = content.size;
        if (!content.loaded) octets = (co_await measure_decoded(blob, content.place)).octets;
        out.number(octets);
    } else if (content.loaded) {
        const bool literal8 = content.octets.find('\0') != std::string::npos;
        write_text(out, content.octets, literal8);
    } else if (content.place.source == ContentPlace::Source::stored) {
        co_await stream_stored(out, blob, content.place.range);
    } else {
        co_await stream_decoded(out, item, blob, content.place);
    }
}

// The announced octets must come, whatever happens: if they cannot, the session ends (literal_open_).
awaitable<void> Fetcher::stream_stored(FetchWriter& out, storage::BlobId blob, OctetRange range) {
    out.literal(range.size, false);
    session_.literal_open_ = true;
    while (range.size > 0) {
        std::string chunk = co_await read_chunk(blob, range);
        range.offset += chunk.size();
        range.size -= chunk.size();
        replace_nul(chunk);
        session_.stream_.write(chunk);
        co_await session_.stream_.drain();
    }
    session_.literal_open_ = false;
}

awaitable<void> Fetcher::stream_decoded(FetchWriter& out, const FetchItem& item, storage::BlobId blob,
                                        const ContentPlace& place) {
    const Measured measured = co_await measure_decoded(blob, place);
    const OctetRange wanted = clip(measured.octets, item.partial);
    if (wanted.size == 0) {
        write_text(out, {}, false);
        co_return;
    }
    out.literal(wanted.size, measured.has_nul);
    session_.literal_open_ = true;
    mime::TransferDecoder decoder(place.encoding);
    std::uint64_t at = 0;
    const std::uint64_t end = wanted.offset + wanted.size;
    for (OctetRange rest = place.range; at < end;) {
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
        session_.stream_.write(std::string_view(decoded).substr(first - at, last - first));
        at += decoded.size();
        if (rest.size == 0 && at < end) throw std::runtime_error("a part decodes to less than was measured");
        co_await session_.stream_.drain();
    }
    session_.literal_open_ = false;
}

awaitable<Fetcher::Measured> Fetcher::measure_decoded(storage::BlobId blob, const ContentPlace& place) {
    Measured measured;
    mime::TransferDecoder decoder(place.encoding);
    std::string decoded;
    for (OctetRange rest = place.range; rest.size > 0;) {
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
    Result<std::string> chunk = co_await session_.services_.store.read(storage::read_blob(blob, range.offset, octets));
    if (!chunk || chunk->empty()) throw std::runtime_error("the content is gone");
    co_return std::move(*chunk);
}

}  // namespace imap
