// Tests messages. RFC 9051 §6.4.4: dates ignore time and zone, texts are searched in what a person would see.
// Three-valued logic: a key without evidence yet is neither true nor false; what is decided without it stays decided.
#include "protocols/imap/search/match.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "protocols/imap/mailbox/told_ids.h"
#include "protocols/imap/search/message_texts.h"
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
    MessageTexts* texts = nullptr;
    std::optional<std::int64_t> sent_day{};  // if it was asked for, and is known
    bool sent_day_is_known = false;
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
            return truth(!node.never && node.email == told_email(row.ids, row.internal_date));
        case KeyKind::thread_id:
            return truth(!node.never && node.thread == told_thread(row.ids));
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

std::optional<std::int64_t> sent_day_of(const SummaryView& summary) {
    std::optional<mime::DateTime> sent = summary.sent_at();
    if (!sent) sent = mime::parse_day(summary.envelope().date.value_or(""));  // the time does not matter
    if (!sent) return std::nullopt;
    return day_of(sent->unix_seconds, sent->zone_minutes);
}

Truth judge_summary(const SearchNode& node, Known& known) {
    if (!known.sent_day_is_known) known.sent_day = sent_day_of(*known.summary);
    known.sent_day_is_known = true;
    switch (node.kind) {
        case KeyKind::sent_before:
            return truth(known.sent_day.value_or(INT64_MAX) < node.day);
        case KeyKind::sent_on:
            return truth(known.sent_day == node.day);
        case KeyKind::sent_since:
            return truth(known.sent_day.value_or(INT64_MIN) >= node.day);
        default:
            return Truth::unknown;
    }
}

Truth judge_text(const SearchNode& node, const Known& known) {
    const std::optional<bool> holds = known.texts ? known.texts->holds(node.place, node.needle) : std::nullopt;
    return holds ? truth(*holds) : Truth::unknown;
}

Truth judge(const SearchNode& node, Known& known, std::int64_t now);

// AND (every) stops at the first "no", OR (either) at the first "yes".
Truth judge_children(const SearchNode& node, Known& known, std::int64_t now, Truth decisive) {
    Truth all = decisive == Truth::no ? Truth::yes : Truth::no;
    for (const SearchNode& child : node.children) {
        const Truth one = judge(child, known, now);
        if (one == decisive) return decisive;
        if (one == Truth::unknown) all = Truth::unknown;
    }
    return all;
}

Truth judge(const SearchNode& node, Known& known, std::int64_t now) {
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
        case KeyKind::bcc:
        case KeyKind::body:
        case KeyKind::cc:
        case KeyKind::from:
        case KeyKind::header:
        case KeyKind::subject:
        case KeyKind::text:
        case KeyKind::to:
            return judge_text(node, known);
        default:
            break;
    }
    if (node.evidence == Evidence::row) return known.row ? judge_row(node, *known.row, now) : Truth::unknown;
    return known.summary ? judge_summary(node, known) : Truth::unknown;
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
            storage::read_messages(access_, targets, {false, program_.asks_ids}, limits_.messages)(snapshot_);
        if (!rows) return std::unexpected(rows.error());
        batch.done = rows->size() < limits_.messages ? targets.ranges().back().last : rows->back().uid;

        UidSet undecided;
        for (const Message& row : *rows) {
            Known known{.uid = row.uid, .row = &row};
            Truth match = judge(program_.root, known, program_.now);
            snapshot_.give_way();
            // Its score still has to be found out.
            if (match == Truth::yes && !program_.merits.empty()) match = Truth::unknown;
            if (match == Truth::yes) batch.matches.push_back({row.modseq, row.uid});
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
                storage::read_messages(access_, undecided, {true, program_.asks_ids}, summaries_at_once)(snapshot_);
            if (!rows) return std::unexpected(rows.error());
            std::vector<storage::BlobId> to_read;  // those for which the summary is not enough
            std::vector<Verdict> verdicts;
            for (const Message& row : *rows) {
                verdicts.push_back(mime::needs_text(row.summary) ? Verdict() : first_verdict(row));
                if (!verdicts.back().decided) to_read.push_back(row.blob);
                snapshot_.give_way();
            }
            storage::ContentReader contents(snapshot_, std::move(to_read));
            for (std::size_t i = 0; i < rows->size(); ++i) {
                const Message& row = (*rows)[i];
                octets_ += row.summary.size();
                const Verdict verdict = verdicts[i].decided ? verdicts[i] : closer_verdict(row, contents);
                if (verdict.score) batch.matches.push_back({row.modseq, row.uid, *verdict.score});
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

    // Whether a message matches, and how well.
    struct Verdict {
        bool decided = false;
        std::optional<std::uint8_t> score{};  // nullopt: it does not match
    };

    // By its row and stored summary alone.
    Verdict first_verdict(const Message& row) const {
        const SummaryView summary(row.summary);
        MessageTexts texts(program_);
        texts.give(summary);
        Known known{.uid = row.uid, .row = &row, .summary = &summary, .texts = &texts};
        return verdict(known, Evidence::summary);
    }

    Verdict closer_verdict(const Message& row, storage::ContentReader& content) {
        content.open(row.blob);
        const mime::ReadOctets read = [&](std::uint64_t offset, std::uint64_t length) {
            const std::string_view octets = content.read(offset, length);
            octets_ += octets.size();
            return octets;
        };
        std::string anew;
        const SummaryView summary(mime::readable_summary(row.summary, read, anew));
        MessageTexts texts(program_);
        texts.give(summary);
        Known known{.uid = row.uid, .row = &row, .summary = &summary, .texts = &texts};
        if (const Verdict early = verdict(known, Evidence::summary); early.decided) return early;

        std::string header;
        if (!program_.header_places.empty()) {
            header = mime::read_range(
                read, {0, std::min<std::uint64_t>(summary.header_octets(), program_.text_limits.header_octets)});
            texts.give_header(header);
            if (const Verdict early = verdict(known, Evidence::header); early.decided) return early;
        }
        texts.give_content(read);
        return verdict(known, Evidence::content);
    }

    // After so much was read.
    Verdict verdict(Known& known, Evidence read) const {
        const Truth match = judge(program_.root, known, program_.now);
        if (match == Truth::no) return {.decided = true};
        const bool decided = match == Truth::yes && program_.merits_evidence <= read;
        if (!decided) return {.decided = read == Evidence::content};
        return {.decided = true, .score = score_of(known)};
    }

    std::uint8_t score_of(Known& known) const {
        if (program_.merits.empty()) return 100;
        const auto held = std::ranges::count_if(
            program_.merits, [&](const SearchNode& merit) { return judge(merit, known, program_.now) == Truth::yes; });
        return static_cast<std::uint8_t>(1 + 99 * static_cast<std::size_t>(held) / program_.merits.size());
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
            matches.push_back({{}, storage::Uid{static_cast<std::uint32_t>(uid)}});
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
