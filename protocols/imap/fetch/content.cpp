// What FETCH reads from the store. RFC 3501 §6.4.5, RFC 3516 §4.1, §4.2. A batch ends when it has enough messages or
// octets, so that no request can make one expensive. A summary that this version cannot read, or that limits have cut,
// is made again from the content.
#include "protocols/imap/fetch/content.h"

#include <algorithm>
#include <utility>

#include "protocols/imap/mailbox/told_ids.h"
#include "protocols/imap/wire/response/fetch.h"
#include "protocols/mime/header.h"
#include "protocols/mime/readable_summary.h"
#include "protocols/mime/summary.h"
#include "storage/contents.h"

namespace imap {

using mime::OctetRange;
using mime::SummaryView;
using mime::TransferEncoding;
using storage::Result;
using wire::FetchItem;
using wire::Section;
using ContentKind = ContentSource::Kind;

namespace {

FetchStep::How how_answered(FetchItem::Kind kind) {
    using Kind = FetchItem::Kind;
    switch (kind) {
        case Kind::flags:
            return FetchStep::How::flags;
        case Kind::mod_seq:
            return FetchStep::How::mod_seq;
        case Kind::body_section:
        case Kind::rfc822:
        case Kind::rfc822_header:
        case Kind::rfc822_text:
        case Kind::binary:
        case Kind::binary_size:
            return FetchStep::How::content;
        default:
            return FetchStep::How::rendered;
    }
}

bool needs_summary(FetchItem::Kind kind) {
    using Kind = FetchItem::Kind;
    return kind == Kind::envelope || kind == Kind::body || kind == Kind::body_structure || kind == Kind::preview ||
           how_answered(kind) == FetchStep::How::content;
}

// Items that limits of parsing must not shorten (RFC 9051 §7.5.2). The message's own header section and text are not
// affected by these limits.
bool tells_all(const FetchItem& item) {
    using Kind = FetchItem::Kind;
    return item.kind == Kind::envelope || item.kind == Kind::body || item.kind == Kind::body_structure ||
           !item.section.part.empty();
}

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
ContentSource find_binary_source(const FetchItem& item, const SummaryView& summary) {
    const std::optional<mime::PartView> part = mime::find_part(summary, item.section.part);
    const auto range = mime::find_section(summary, item.section.part, mime::SectionText::content);
    if (!part || !range) return {};
    if (item.section.part.empty() || part->kind != mime::PartKind::single) return {ContentKind::decoded, *range, {}};
    const TransferEncoding encoding = mime::parse_transfer_encoding(part->encoding);
    if (encoding == TransferEncoding::unknown) return {ContentKind::unknown_encoding, *range, encoding};
    return {ContentKind::decoded, *range, encoding};
}

bool of_fields(const FetchItem& item) {
    return item.section.text == Section::Text::header_fields || item.section.text == Section::Text::header_fields_not;
}

// HEADER.FIELDS of the message itself, if summaries contain every requested field.
bool of_list_fields(const FetchItem& item) {
    return item.kind == FetchItem::Kind::body_section && item.section.text == Section::Text::header_fields &&
           item.section.part.empty() && std::ranges::all_of(item.section.fields, mime::is_list_field);
}

std::string partial_of(std::string octets, const std::optional<wire::Partial>& partial) {
    if (!partial) return octets;
    const OctetRange range = clip(octets.size(), partial);
    return octets.substr(range.offset, range.size);
}

std::string fields_of(const FetchItem& item, std::string_view section) {
    const auto filter =
        item.section.text == Section::Text::header_fields ? mime::HeaderFilter::only : mime::HeaderFilter::except;
    return partial_of(mime::filter_header(section, item.section.fields, filter), item.partial);
}

std::vector<FetchStep> plan_steps(const std::vector<FetchItem>& items) {
    using How = FetchStep::How;
    std::vector<FetchStep> steps;
    for (const FetchItem& item : items) {
        const How how = how_answered(item.kind);
        if (how != How::rendered || steps.empty() || steps.back().how != How::rendered) {
            steps.push_back({how, of_list_fields(item), {}});
        }
        steps.back().items.push_back(item);
    }
    return steps;
}

void render(wire::FetchWriter& out, const FetchItem& item, const storage::ScannedRow& row, const SummaryView& summary) {
    using Kind = FetchItem::Kind;
    switch (item.kind) {
        case Kind::uid:
            return out.uid(row.uid.value);
        case Kind::internal_date:
            return out.internal_date({row.internal_date, row.internal_zone_minutes});
        case Kind::rfc822_size:
            return out.rfc822_size(row.size_octets);
        case Kind::email_id:
            return out.email_id(told_email(row.ids, row.internal_date));
        case Kind::thread_id:
            return out.thread_id(told_thread(row.ids));
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

// First the rows, and items that need nothing else; then all content that they need, in one call.
class BatchReader {
  public:
    BatchReader(const FetchPlan& plan, storage::Snapshot& snapshot, bool summaries_anew)
        : plan_(plan), snapshot_(snapshot), summaries_anew_(summaries_anew) {}

    Result<FetchBatch> read(const storage::UidSet& targets) {
        batch_.done = targets.ranges().back().last;
        bool full = false;
        std::optional<DamagedRow> damaged;
        const auto see = [&](const storage::ScannedRow& row) {
            const SummaryView summary(row.summary);
            const bool cut = plan_.with_whole_summary && summary.defects().cut();
            if (cut || (plan_.with_sound_summary && summary.damaged())) {
                batch_.stopped = !summaries_anew_ || !batch_.messages.empty();
                if (!batch_.stopped) damaged.emplace(row);
                full = true;
                return false;
            }
            take(row, summary);
            const std::uint64_t octets = batch_.rendered.size() + content_octets_;
            message_octets_ = 0;
            full = batch_.messages.size() >= plan_.batch_messages || octets >= plan_.batch_octets;
            return !full;
        };
        const Result<std::size_t> shown =
            storage::scan_messages(plan_.access, targets, {plan_.with_summary, plan_.with_ids}, plan_.batch_messages,
                                   plan_.changed_since, see)(snapshot_);
        if (!shown) return std::unexpected(shown.error());
        if (damaged) take_damaged(*damaged);
        if (full) batch_.done = batch_.messages.empty() ? storage::Uid{0} : batch_.messages.back().uid;
        load_contents();
        return std::move(batch_);
    }

  private:
    // A row whose summary is of an older version, damaged or cut: if it is the first, a new one is made after the rows,
    // and the batch ends there.
    struct DamagedRow {
        explicit DamagedRow(const storage::ScannedRow& seen) : row(seen), keywords(seen.keywords) {
            row.keywords = keywords;
            row.summary = {};
        }
        DamagedRow(const DamagedRow&) = delete;
        DamagedRow& operator=(const DamagedRow&) = delete;
        storage::ScannedRow row;
        std::string keywords;
    };

    void take_damaged(const DamagedRow& damaged) {
        const std::string anew = summarize(damaged.row);
        take(damaged.row, SummaryView(anew));
    }

    void take(const storage::ScannedRow& row, const SummaryView& summary) {
        FetchedMessage& message = batch_.messages.emplace_back(row.uid, row.flags(), row.modseq, row.blob);
        for (const FetchStep& step : plan_.steps) {
            if (step.how == FetchStep::How::rendered) {
                wire::FetchWriter out(batch_.rendered, plan_.utf8);
                for (const FetchItem& item : step.items) render(out, item, row, summary);
                batch_.ends.push_back(batch_.rendered.size());
            } else if (step.how == FetchStep::How::content) {
                find(step, message, summary);
            }
        }
    }

    // Finds the content, and decides whether it is loaded with this batch.
    void find(const FetchStep& step, FetchedMessage& message, const SummaryView& summary) {
        const FetchItem& item = step.items.front();
        FetchedContent& content = message.contents.emplace_back();
        if (step.of_list_fields && summary.list_fields()) {
            content.source.kind = ContentKind::header_fields;
            content.octets = fields_of(item, *summary.list_fields());
            content.loaded = true;
            count(content.octets.size());
            return;
        }
        content.source = find_content_source(item, summary);
        OctetRange range = content.source.range;
        const ContentKind kind = content.source.kind;
        if (kind == ContentKind::nothing || kind == ContentKind::unknown_encoding) {
            content.loaded = true;
            return;
        }
        if (kind == ContentKind::header_fields) {
            range.size = std::min<std::uint64_t>(range.size, plan_.header_octets);
        } else if (range.size > plan_.chunk_octets) {
            return;  // the session streams it
        }
        // A thousand sections of one message are read by the session too, one after the other.
        if (message_octets_ + range.size > std::max<std::uint64_t>(plan_.batch_octets, range.size)) return;
        asked_.push_back({message.blob, range.offset, range.size});
        awaited_.push_back({&item, batch_.messages.size() - 1, message.contents.size() - 1});
        count(range.size);
    }

    void count(std::uint64_t octets) {
        message_octets_ += octets;
        content_octets_ += octets;
    }

    void load_contents() {
        std::vector<std::optional<std::string>> loaded = snapshot_.read_contents(asked_);
        for (std::size_t i = 0; i < awaited_.size(); ++i) {
            const Awaited& one = awaited_[i];
            load(*one.item, whole(std::move(loaded[i])), batch_.messages[one.message].contents[one.content]);
        }
    }

    static void load(const FetchItem& item, std::string octets, FetchedContent& content) {
        content.loaded = true;
        if (content.source.kind == ContentKind::header_fields) {
            content.octets = fields_of(item, octets);
            return;
        }
        if (content.source.kind == ContentKind::stored) {
            content.octets = std::move(octets);
            return;
        }
        std::string decoded = mime::decode_transfer(octets, content.source.encoding);
        content.size = decoded.size();
        if (item.kind == FetchItem::Kind::binary) content.octets = partial_of(std::move(decoded), item.partial);
    }

    // The row is in this snapshot, so its content must be too: if it is missing, the store is damaged.
    static std::string whole(std::optional<std::string> octets) {
        if (!octets) throw std::runtime_error("content of a message is missing: the content is gone");
        return *std::move(octets);
    }

    std::string summarize(const storage::ScannedRow& row) {
        std::string piece;
        const mime::ReadOctets read = [&](std::uint64_t offset, std::uint64_t length) {
            if (offset >= row.size_octets) return std::string_view();
            const storage::ContentRange range{row.blob, offset, std::min<std::uint64_t>(length, plan_.chunk_octets)};
            piece = whole(std::move(snapshot_.read_contents(std::span(&range, 1)).front()));
            return std::string_view(piece);
        };
        std::string anew;
        (void)mime::readable_summary({}, read, anew);
        return anew;
    }

    // The destination of one requested content.
    struct Awaited {
        const FetchItem* item;
        std::size_t message;
        std::size_t content;
    };

    const FetchPlan& plan_;
    storage::Snapshot& snapshot_;
    const bool summaries_anew_;
    FetchBatch batch_;
    std::uint64_t content_octets_ = 0;  // of all contents
    std::uint64_t message_octets_ = 0;  // of those of the message that is being taken
    std::vector<storage::ContentRange> asked_;
    std::vector<Awaited> awaited_;
};

}  // namespace

OctetRange clip(std::uint64_t size, const std::optional<wire::Partial>& partial) {
    if (!partial) return {0, size};
    if (partial->offset >= size) return {size, 0};
    return {partial->offset, std::min(partial->count, size - partial->offset)};
}

ContentSource find_content_source(const FetchItem& item, const SummaryView& summary) {
    using Kind = FetchItem::Kind;
    if (item.kind == Kind::binary || item.kind == Kind::binary_size) return find_binary_source(item, summary);
    mime::SectionText text = section_text(item.section.text);
    if (item.kind == Kind::rfc822_header) text = mime::SectionText::header;
    if (item.kind == Kind::rfc822_text) text = mime::SectionText::text;
    const std::optional<OctetRange> range = mime::find_section(summary, item.section.part, text);
    if (!range) return {};
    if (of_fields(item)) return {ContentKind::header_fields, *range, {}};
    const OctetRange clipped = clip(range->size, item.partial);
    return {ContentKind::stored, {range->offset + clipped.offset, clipped.size}, {}};
}

FetchPlan::FetchPlan(storage::Access access, const std::vector<FetchItem>& items)
    : access(access), steps(plan_steps(items)) {
    rendered_steps = static_cast<std::size_t>(std::ranges::count(steps, FetchStep::How::rendered, &FetchStep::how));
    for (const FetchItem& item : items) {
        with_summary = with_summary || needs_summary(item.kind);
        with_ids = with_ids || item.kind == FetchItem::Kind::email_id || item.kind == FetchItem::Kind::thread_id;
        with_sound_summary = with_sound_summary || (needs_summary(item.kind) && !item.lazy);
        with_whole_summary = with_whole_summary || tells_all(item);
        light = light && (how_answered(item.kind) != FetchStep::How::content || of_list_fields(item));
    }
}

storage::Query<FetchBatch> read_fetch_batch(std::shared_ptr<const FetchPlan> plan, storage::UidSet targets,
                                            bool summaries_anew) {
    return [plan = std::move(plan), targets = std::move(targets), summaries_anew](storage::Snapshot& snapshot) {
        return BatchReader(*plan, snapshot, summaries_anew).read(targets);
    };
}

storage::Query<std::string> read_header_fields(std::shared_ptr<const FetchPlan> plan, storage::BlobId blob,
                                               OctetRange section, const FetchItem& item) {
    return [plan = std::move(plan), blob, section, item](storage::Snapshot& snapshot) -> Result<std::string> {
        const std::uint64_t octets = std::min<std::uint64_t>(section.size, plan->header_octets);
        const Result<std::string> header = storage::read_content(plan->access, blob, section.offset, octets)(snapshot);
        if (!header) return std::unexpected(header.error());
        return fields_of(item, *header);
    };
}

}  // namespace imap
