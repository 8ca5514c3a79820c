// What FETCH reads of the store. RFC 3501 §6.4.5, RFC 3516 §4.1, §4.2.
// A batch ends when it holds enough messages or octets: what a client asks for does not decide what it costs at once.
// A summary that this version cannot read is made anew from the content.
#include "protocols/imap/fetch_content.h"

#include <algorithm>
#include <utility>

#include "protocols/mime/header.h"
#include "protocols/mime/summary.h"
#include "storage/blobs.h"

namespace imap {

using mime::OctetRange;
using mime::SummaryView;
using mime::TransferEncoding;
using storage::Result;
using wire::FetchItem;
using wire::Section;
using Source = ContentPlace::Source;

namespace {

// Summaries are read so few at a time, since each may be large.
constexpr std::size_t rows_at_once = 32;

mime::SectionText section_text(Section::Text text) {
    switch (text) {
        case Section::Text::content:
            return mime::SectionText::content;
        case Section::Text::header:
        case Section::Text::header_fields:
        case Section::Text::header_fields_not:
            return mime::SectionText::header;
        case Section::Text::text:
            return mime::SectionText::text;
        case Section::Text::mime:
            return mime::SectionText::mime;
    }
    return mime::SectionText::content;
}

// BINARY[n]: only a leaf has an encoding of its own; the whole message and multiparts are as they are stored.
ContentPlace place_binary(const FetchItem& item, const SummaryView& summary) {
    const std::optional<mime::PartView> part = mime::find_part(summary, item.section.part);
    const auto range = mime::find_section(summary, item.section.part, mime::SectionText::content);
    if (!part || !range) return {};
    if (item.section.part.empty() || part->kind != mime::PartKind::single) return {Source::decoded, *range, {}};
    const TransferEncoding encoding = mime::parse_transfer_encoding(part->encoding);
    if (encoding == TransferEncoding::unknown) return {Source::unknown_encoding, *range, encoding};
    return {Source::decoded, *range, encoding};
}

bool of_fields(const FetchItem& item) {
    return item.section.text == Section::Text::header_fields || item.section.text == Section::Text::header_fields_not;
}

// HEADER.FIELDS of the message itself, when summaries hold every field that it asks for.
bool of_list_fields(const FetchItem& item) {
    return item.section.text == Section::Text::header_fields && item.section.part.empty() &&
           std::ranges::all_of(item.section.fields, mime::is_list_field);
}

std::string partial_of(std::string octets, const std::optional<wire::Partial>& partial) {
    if (!partial) return octets;
    const OctetRange range = clip(octets.size(), partial);
    return octets.substr(range.offset, range.size);
}

class BatchReader {
  public:
    BatchReader(const FetchPlan& plan, storage::engine::Connection& connection) : plan_(plan), connection_(connection) {
        for (const FetchItem& item : plan.contents) of_list_fields_.push_back(of_list_fields(item));
    }

    Result<FetchBatch> read(storage::UidSet targets) {
        FetchBatch batch;
        const storage::Uid end = targets.ranges().back().last;
        const bool heavy = plan_.with_summary || !plan_.contents.empty();
        const std::size_t most = heavy ? rows_at_once : plan_.batch_messages;
        for (;;) {
            Result<std::vector<storage::Message>> rows = storage::read_messages(
                plan_.mailbox, targets, plan_.with_summary, most, plan_.changed_since)(connection_);
            if (!rows) return std::unexpected(rows.error());
            const bool last = rows->size() < most;
            for (storage::Message& row : *rows) {
                batch.done = row.uid;
                batch.messages.push_back(load(std::move(row)));
                if (octets_ >= plan_.batch_octets) return batch;
            }
            if (last) {
                batch.done = end;
                return batch;
            }
            if (batch.messages.size() >= plan_.batch_messages || batch.done >= end) return batch;
            storage::UidSet rest;
            rest.insert(storage::Uid{batch.done.value + 1}, end);
            targets = targets.intersected(rest);
            if (targets.empty()) return batch;
        }
    }

  private:
    FetchedMessage load(storage::Message row) {
        FetchedMessage message{std::move(row), {}};
        if (plan_.with_sound_summary && SummaryView(message.row.summary).damaged()) summarize_anew(message.row);
        octets_ += message.row.summary.size();
        const SummaryView summary(message.row.summary);
        message.contents.reserve(plan_.contents.size());
        for (std::size_t i = 0; i < plan_.contents.size(); ++i) {
            const FetchItem& item = plan_.contents[i];
            FetchedContent content{place_content(item, summary), false, {}, 0};
            if (of_list_fields_[i] && summary.list_fields()) {
                filter(item, *summary.list_fields(), content);
            } else {
                load(message.row.blob, item, content);
            }
            octets_ += content.octets.size();
            message.contents.push_back(std::move(content));
        }
        return message;
    }

    static void filter(const FetchItem& item, std::string_view section, FetchedContent& content) {
        const auto filter =
            item.section.text == Section::Text::header_fields ? mime::HeaderFilter::only : mime::HeaderFilter::except;
        content.octets = partial_of(mime::filter_header(section, item.section.fields, filter), item.partial);
        content.loaded = true;
    }

    void load(storage::BlobId blob, const FetchItem& item, FetchedContent& content) {
        const OctetRange range = content.place.range;
        switch (content.place.source) {
            case Source::nothing:
            case Source::unknown_encoding:
                content.loaded = true;
                return;
            case Source::header_fields: {
                const std::uint64_t looked_at = std::min<std::uint64_t>(range.size, plan_.header_octets);
                return filter(item, read(blob, {range.offset, looked_at}), content);
            }
            case Source::stored:
                if (range.size > plan_.chunk_octets) return;
                content.octets = read(blob, range);
                content.loaded = true;
                return;
            case Source::decoded: {
                if (range.size > plan_.chunk_octets) return;
                std::string decoded = mime::decode_transfer(read(blob, range), content.place.encoding);
                content.size = decoded.size();
                if (item.kind == FetchItem::Kind::binary) content.octets = partial_of(std::move(decoded), item.partial);
                content.loaded = true;
                return;
            }
        }
    }

    // The row is in this snapshot, so its content is too: a refusal is a fault of the store.
    std::string read(storage::BlobId blob, OctetRange range) {
        if (range.size == 0) return {};
        Result<std::string> octets = storage::read_blob(blob, range.offset, range.size)(connection_);
        if (!octets) throw std::runtime_error("content of a message is missing: " + octets.error().text);
        return std::move(*octets);
    }

    void summarize_anew(storage::Message& row) {
        mime::Summarizer summarizer;
        for (std::uint64_t offset = 0; offset < row.size_octets; offset += plan_.chunk_octets) {
            summarizer.feed(read(row.blob, {offset, plan_.chunk_octets}));
        }
        row.summary = mime::encode_summary(summarizer.finish());
    }

    const FetchPlan& plan_;
    storage::engine::Connection& connection_;
    std::vector<bool> of_list_fields_;  // for each of the plan's contents
    std::size_t octets_ = 0;
};

}  // namespace

OctetRange clip(std::uint64_t size, const std::optional<wire::Partial>& partial) {
    if (!partial) return {0, size};
    if (partial->offset >= size) return {size, 0};
    return {partial->offset, std::min(partial->count, size - partial->offset)};
}

ContentPlace place_content(const FetchItem& item, const SummaryView& summary) {
    using Kind = FetchItem::Kind;
    if (item.kind == Kind::binary || item.kind == Kind::binary_size) return place_binary(item, summary);
    mime::SectionText text = section_text(item.section.text);
    if (item.kind == Kind::rfc822_header) text = mime::SectionText::header;
    if (item.kind == Kind::rfc822_text) text = mime::SectionText::text;
    const std::optional<OctetRange> range = mime::find_section(summary, item.section.part, text);
    if (!range) return {};
    if (of_fields(item)) return {Source::header_fields, *range, {}};
    const OctetRange clipped = clip(range->size, item.partial);
    return {Source::stored, {range->offset + clipped.offset, clipped.size}, {}};
}

storage::Query<FetchBatch> read_fetch_batch(std::shared_ptr<const FetchPlan> plan, storage::UidSet targets) {
    return [plan = std::move(plan), targets = std::move(targets)](storage::engine::Connection& connection) mutable {
        return BatchReader(*plan, connection).read(std::move(targets));
    };
}

}  // namespace imap
