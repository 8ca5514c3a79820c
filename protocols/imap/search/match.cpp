// Tests messages. RFC 9051 §6.4.4: dates ignore time and zone, texts are searched in what a person would see.
// Three-valued logic: a key without evidence yet is neither true nor false; what is decided without it stays decided.
// BODY is the decoded text and message parts, and header sections of nested messages; TEXT adds the message's own
// header section and those of its parts.
#include "protocols/imap/search/match.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/imap/search/text_scanner.h"
#include "protocols/mime/casemap.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/message_text.h"
#include "protocols/mime/readable_summary.h"
#include "protocols/mime/summary_view.h"
#include "storage/contents.h"

namespace imap {
namespace {

using KeyKind = wire::SearchKey::Kind;
using mime::SummaryView;
using storage::Message;
using storage::Result;
using storage::UidSet;

constexpr std::size_t summaries_at_once = 64;
constexpr std::int64_t seconds_a_day = 86'400;

enum class Truth : std::uint8_t { no, yes, unknown };
Truth truth(bool value) { return value ? Truth::yes : Truth::no; }

std::int64_t day_of(std::int64_t unix_seconds, std::int32_t zone_minutes) {
    const std::int64_t local = unix_seconds + std::int64_t{zone_minutes} * 60;
    return local >= 0 ? local / seconds_a_day : (local - seconds_a_day + 1) / seconds_a_day;
}

// What is known of a message so far.
struct Known {
    storage::Uid uid;
    const Message* row = nullptr;
    const SummaryView* summary = nullptr;
    const std::string* header = nullptr;
    std::string_view charset;                    // of raw fields in the header section
    const std::vector<bool>* in_body = nullptr;  // which of the program's body needles were found
    const std::vector<bool>* in_text = nullptr;
};

Truth judge_row(const SearchNode& node, const Message& row, std::int64_t now) {
    const auto age = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now - row.internal_date));
    const std::int64_t day = day_of(row.internal_date, row.internal_zone_minutes);
    switch (node.kind) {
        case KeyKind::flag:
            return truth((row.flags.system & node.flag) != 0);
        case KeyKind::keyword:
            return truth(!node.never && row.flags.keywords.contains(node.keyword));
        case KeyKind::before:
            return truth(day < node.day);
        case KeyKind::on:
            return truth(day == node.day);
        case KeyKind::since:
            return truth(day >= node.day);
        case KeyKind::larger:
            return truth(row.size_octets > node.number);
        case KeyKind::smaller:
            return truth(row.size_octets < node.number);
        case KeyKind::older:
            return truth(age >= node.number);
        case KeyKind::younger:
            return truth(age <= node.number);
        case KeyKind::mod_seq:
            return truth(row.modseq.value >= node.number);
        case KeyKind::email_id:
            return truth(!node.never && node.email == wire::EmailId{row.blob.value, row.internal_date});
        case KeyKind::saved_before:
            return truth(day_of(row.saved_at, 0) < node.day);
        case KeyKind::saved_on:
            return truth(day_of(row.saved_at, 0) == node.day);
        case KeyKind::saved_since:
            return truth(day_of(row.saved_at, 0) >= node.day);
        default:
            return Truth::unknown;
    }
}

// An empty text asks whether the field exists.
bool field_holds(const std::optional<std::string>& value, std::string_view needle) {
    return value && (needle.empty() || mime::holds(mime::folded(*value), needle));
}

Truth judge_summary(const SearchNode& node, const SummaryView& summary) {
    const mime::EnvelopeView envelope = summary.envelope();
    const auto addresses = [&](const mime::AddressCursor& cursor) {
        return truth(!cursor.empty() && mime::holds(mime::folded(mime::address_text(cursor)), node.text));
    };
    const auto sent_day = [&]() -> std::optional<std::int64_t> {
        std::optional<mime::DateTime> sent = summary.sent_at();
        if (!sent) sent = mime::parse_day(envelope.date.value_or(""));  // the time does not matter (RFC 9051 §6.4.4)
        if (!sent) return std::nullopt;
        return day_of(sent->unix_seconds, sent->zone_minutes);
    };
    switch (node.kind) {
        case KeyKind::from:
            return addresses(envelope.from);
        case KeyKind::to:
            return addresses(envelope.to);
        case KeyKind::cc:
            return addresses(envelope.cc);
        case KeyKind::bcc:
            return addresses(envelope.bcc);
        case KeyKind::subject: {
            std::optional<std::string> subject;
            if (envelope.subject) subject = mime::decode_encoded_words(*envelope.subject);
            return truth(field_holds(subject, node.text));
        }
        case KeyKind::header: {  // Message-ID
            std::optional<std::string> id;
            if (envelope.message_id) id = std::string(*envelope.message_id);
            return truth(field_holds(id, node.text));
        }
        case KeyKind::sent_before:
            return truth(sent_day().value_or(INT64_MAX) < node.day);
        case KeyKind::sent_on:
            return truth(sent_day() == node.day);
        case KeyKind::sent_since:
            return truth(sent_day().value_or(INT64_MIN) >= node.day);
        default:
            return Truth::unknown;
    }
}

Truth judge_header(const SearchNode& node, const std::string& header, std::string_view charset) {
    mime::HeaderReader reader(header);
    while (const std::optional<mime::HeaderField> field = reader.next()) {
        if (!base::iequals(field->name, node.name)) continue;
        if (field_holds(mime::decode_encoded_words(field->value, charset), node.text)) return Truth::yes;
    }
    return Truth::no;
}

Truth judge(const SearchNode& node, const Known& known, std::int64_t now);

// AND (every) stops at the first "no", OR (either) at the first "yes".
Truth judge_children(const SearchNode& node, const Known& known, std::int64_t now, Truth decisive) {
    Truth all = decisive == Truth::no ? Truth::yes : Truth::no;
    for (const SearchNode& child : node.children) {
        const Truth one = judge(child, known, now);
        if (one == decisive) return decisive;
        if (one == Truth::unknown) all = Truth::unknown;
    }
    return all;
}

Truth judge(const SearchNode& node, const Known& known, std::int64_t now) {
    switch (node.kind) {
        case KeyKind::all:
            return Truth::yes;
        case KeyKind::every:
            return judge_children(node, known, now, Truth::no);
        case KeyKind::either:
            return judge_children(node, known, now, Truth::yes);
        case KeyKind::negation: {
            const Truth inner = judge(node.children.front(), known, now);
            return inner == Truth::unknown ? inner : truth(inner == Truth::no);
        }
        case KeyKind::message_set:
        case KeyKind::uid_set:
        case KeyKind::recent:
            return truth(node.uids.contains(known.uid));
        case KeyKind::body:
            return known.in_body ? truth((*known.in_body)[node.needle]) : Truth::unknown;
        case KeyKind::text:
            return known.in_text ? truth((*known.in_text)[node.needle]) : Truth::unknown;
        default:
            break;
    }
    switch (node.evidence) {
        case Evidence::row:
            return known.row ? judge_row(node, *known.row, now) : Truth::unknown;
        case Evidence::summary:
            if (!known.summary) return Truth::unknown;
            if (node.kind == KeyKind::thread_id) return truth(!node.never && known.row->thread == node.thread);
            return judge_summary(node, *known.summary);
        case Evidence::header:
            return known.header ? judge_header(node, *known.header, known.charset) : Truth::unknown;
        default:
            return Truth::unknown;
    }
}

class BatchSearch {
  public:
    BatchSearch(storage::Access access, const SearchProgram& program, SearchLimits limits, storage::Snapshot& snapshot)
        : access_(access), program_(program), limits_(limits), snapshot_(snapshot) {}

    Result<SearchBatch> run(const UidSet& targets) {
        SearchBatch batch;
        if (!program_.asks_row) {  // then rows decide nothing
            batch.done = targets.ranges().back().last;
            const Result<std::monostate> looked = look_closer(targets, batch);
            if (!looked) return std::unexpected(looked.error());
            return batch;
        }
        Result<std::vector<Message>> rows =
            storage::read_messages(access_, targets, false, limits_.messages)(snapshot_);
        if (!rows) return std::unexpected(rows.error());
        batch.done = rows->size() < limits_.messages ? targets.ranges().back().last : rows->back().uid;

        UidSet undecided;
        for (const Message& row : *rows) {
            Truth match = judge(program_.root, {.uid = row.uid, .row = &row}, program_.now);
            // Its score still has to be found out.
            if (match == Truth::yes && !program_.merits.empty()) match = Truth::unknown;
            if (match == Truth::yes) batch.matches.push_back({row.uid, row.modseq});
            if (match == Truth::unknown) undecided.insert(row.uid);
        }
        if (!undecided.empty()) {
            const Result<std::monostate> looked = look_closer(std::move(undecided), batch);
            if (!looked) return std::unexpected(looked.error());
            std::ranges::sort(batch.matches, {}, &SearchMatch::uid);
        }
        return batch;
    }

  private:
    // Tests these by their summaries and, if needed, by their content, until the batch is full.
    Result<std::monostate> look_closer(UidSet undecided, SearchBatch& batch) {
        const storage::Uid end = batch.done;
        std::size_t left = limits_.messages;
        while (!undecided.empty()) {
            const Result<std::vector<Message>> rows =
                storage::read_messages(access_, undecided, true, summaries_at_once)(snapshot_);
            if (!rows) return std::unexpected(rows.error());
            std::vector<storage::BlobId> to_read;  // those for which the summary is not enough
            std::vector<bool> decided;
            for (const Message& row : *rows) {
                const SummaryView summary(row.summary);
                const Known known{.uid = row.uid, .row = &row, .summary = &summary};
                decided.push_back(!mime::needs_text(row.summary) && is_decided(known, Evidence::summary));
                if (!decided.back()) to_read.push_back(row.blob);
            }
            storage::ContentReader contents(snapshot_, std::move(to_read));
            for (std::size_t i = 0; i < rows->size(); ++i) {
                const Message& row = (*rows)[i];
                const std::optional<std::uint8_t> score = closer_match(row, decided[i] ? nullptr : &contents);
                if (score) batch.matches.push_back({row.uid, row.modseq, *score});
                if (octets_ < limits_.octets && --left > 0) continue;
                batch.done = row.uid;
                std::erase_if(batch.matches, [&](const SearchMatch& match) { return match.uid > row.uid; });
                return {};
            }
            if (rows->size() < summaries_at_once || rows->back().uid >= end) return {};
            UidSet rest;
            rest.insert(storage::Uid{rows->back().uid.value + 1}, end);
            undecided = undecided.intersected(rest);
        }
        return {};
    }

    // The score of a match; nullopt if it is none. `content` if the summary is not enough.
    std::optional<std::uint8_t> closer_match(const Message& row, storage::ContentReader* content) {
        octets_ += row.summary.size();
        if (content == nullptr) {
            const SummaryView summary(row.summary);
            return score_of({.uid = row.uid, .row = &row, .summary = &summary});
        }
        content->open(row.blob);
        const mime::ReadOctets read = [&](std::uint64_t offset, std::uint64_t length) {
            const std::string_view octets = content->read(offset, length);
            octets_ += octets.size();
            return octets;
        };
        std::string anew;
        const SummaryView summary(mime::readable_summary(row.summary, read, anew));
        Known known{.uid = row.uid, .row = &row, .summary = &summary};
        if (is_decided(known, Evidence::summary)) return score_of(known);

        std::string header;
        if (program_.asks_header) {
            header = mime::read_range(
                read, {0, std::min<std::uint64_t>(summary.header_octets(), program_.text_limits.header_octets)});
            known.header = &header;
            known.charset = summary.envelope().charset;
            if (is_decided(known, Evidence::header)) return score_of(known);
        }
        std::vector<bool> in_body(program_.body_needles.size());
        std::vector<bool> in_text(program_.text_needles.size());
        scan(summary, read, in_body, in_text);
        known.in_body = &in_body;
        known.in_text = &in_text;
        return score_of(known);
    }

    bool is_decided(const Known& known, Evidence read) const {
        const Truth match = judge(program_.root, known, program_.now);
        return match == Truth::no || (match == Truth::yes && program_.merits_evidence <= read);
    }

    std::optional<std::uint8_t> score_of(const Known& known) const {
        if (judge(program_.root, known, program_.now) != Truth::yes) return std::nullopt;
        if (program_.merits.empty()) return 100;
        const auto held = std::ranges::count_if(
            program_.merits, [&](const SearchNode& merit) { return judge(merit, known, program_.now) == Truth::yes; });
        return static_cast<std::uint8_t>(1 + 99 * static_cast<std::size_t>(held) / program_.merits.size());
    }

    void scan(const SummaryView& summary, const mime::ReadOctets& read, std::vector<bool>& in_body,
              std::vector<bool>& in_text) const {
        TextScanner body(program_.body_needles, in_body);
        TextScanner text(program_.text_needles, in_text);
        const mime::TextSink sink = [&](mime::TextKind kind, std::string_view utf8) {
            if (kind == mime::TextKind::end) {
                body.finish();
                text.finish();
                return false;
            }
            if (kind == mime::TextKind::body) body.feed(utf8);
            text.feed(utf8);
            return body.all_found() && text.all_found();
        };
        if (!text.all_found()) mime::read_header_text(summary, program_.text_limits, read, sink);
        if (body.all_found() && text.all_found()) return;
        mime::read_body_text(summary, program_.text_limits, read, sink);
    }

    storage::Access access_;
    const SearchProgram& program_;
    SearchLimits limits_;
    storage::Snapshot& snapshot_;
    std::size_t octets_ = 0;
};

}  // namespace

std::vector<SearchMatch> match_by_uid(const SearchProgram& program) {
    std::vector<SearchMatch> matches;
    const bool all = program.root.kind == KeyKind::all;
    const UidSet found = all ? program.targets : program.targets.intersected(program.root.uids);
    matches.reserve(found.count());
    for (const storage::UidSet::Range& range : found.ranges()) {
        for (std::uint64_t uid = range.first.value; uid <= range.last.value; ++uid) {
            matches.push_back({storage::Uid{static_cast<std::uint32_t>(uid)}, {}});
        }
    }
    return matches;
}

UidSet uids_of(const std::vector<SearchMatch>& ascending) {
    UidSet uids;
    for (const SearchMatch& match : ascending) uids.insert(match.uid);
    return uids;
}

storage::Query<SearchBatch> search_batch(storage::Access access, std::shared_ptr<const SearchProgram> program,
                                         UidSet targets, SearchLimits limits) {
    return [access, program = std::move(program), targets = std::move(targets), limits](storage::Snapshot& snapshot) {
        return BatchSearch(access, *program, limits, snapshot).run(targets);
    };
}

}  // namespace imap
