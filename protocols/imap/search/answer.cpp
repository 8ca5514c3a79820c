// RETURN options. RFC 4731 §3, RFC 5182 §2.4, RFC 9394 §3.1, §3.2. "$" and MODSEQ have the same rule: with ALL or
// COUNT, or without MIN, MAX and PARTIAL, all matches count; else those that are returned.
#include "protocols/imap/search/answer.h"

#include <algorithm>

namespace imap {
namespace {

std::vector<wire::NumberRange> ranges_of(std::span<const SearchFind> finds, bool uid) {
    wire::SequenceSetBuilder builder;
    for (const SearchFind& find : finds) builder.add(uid ? find.uid.value : find.number);
    return {builder.ranges().begin(), builder.ranges().end()};
}

std::vector<std::uint8_t> scores_of(std::span<const SearchFind> finds) {
    std::vector<std::uint8_t> scores;
    for (const SearchFind& find : finds) scores.push_back(find.score);
    return scores;
}

// Sorts first: sets are built quickly only in ascending order.
storage::UidSet set_of(std::vector<storage::Uid> uids) {
    if (!std::ranges::is_sorted(uids)) std::ranges::sort(uids);
    storage::UidSet set;
    for (const storage::Uid uid : uids) set.insert(uid);
    return set;
}

}  // namespace

std::vector<SearchFind> known_finds(const MessageNumbers& numbers, std::span<const SearchMatch> matches) {
    std::vector<SearchFind> finds;
    finds.reserve(matches.size());
    for (const SearchMatch& match : matches) {
        const std::optional<std::uint32_t> number = numbers.number_of(match.uid);
        if (number) finds.push_back({*number, match.uid, match.modseq, match.score});
    }
    return finds;
}

std::vector<std::uint32_t> named_by(std::span<const SearchFind> finds, bool uid) {
    std::vector<std::uint32_t> names;
    names.reserve(finds.size());
    for (const SearchFind& find : finds) names.push_back(uid ? find.uid.value : find.number);
    return names;
}

std::optional<std::uint64_t> highest_modseq(std::span<const SearchFind> finds, bool asked) {
    if (!asked || finds.empty()) return std::nullopt;
    return std::ranges::max(finds, {}, &SearchFind::modseq).modseq.value;
}

PartialSlice partial_slice(const wire::PartialRange& range, std::size_t count) {
    const std::size_t before = std::min<std::size_t>(std::min(range.first, range.last) - 1, count);
    const std::size_t last = std::min<std::size_t>(std::max(range.first, range.last), count);
    if (range.from_end) return {count - last, count - before};
    return {before, last};
}

SearchAnswer answer_search(const wire::SearchReturn& wanted, std::span<const SearchFind> finds, bool uid) {
    SearchAnswer answer;
    const bool picks = wanted.min || wanted.max || wanted.partial || wanted.relevancy;
    answer.speaks = picks || wanted.all || wanted.count || !wanted.save;
    if (wanted.count) answer.count = static_cast<std::uint32_t>(finds.size());
    if (wanted.all) answer.all = ranges_of(finds, uid);
    if (finds.empty()) return answer;

    std::vector<storage::Uid> saved;
    const auto returned = [&](std::span<const SearchFind> some) {
        for (const SearchFind& find : some) {
            answer.highest_modseq = std::max(answer.highest_modseq, find.modseq);
            if (wanted.save) saved.push_back(find.uid);
        }
    };
    const auto named = [uid](const SearchFind& find) { return uid ? find.uid.value : find.number; };
    if (wanted.all || wanted.count || (wanted.relevancy && !wanted.partial) || !picks) returned(finds);
    if (wanted.min) {
        answer.min = named(finds.front());
        returned(finds.first(1));
    }
    if (wanted.partial) {
        const PartialSlice slice = partial_slice(*wanted.partial, finds.size());
        const std::span<const SearchFind> part = finds.subspan(slice.first, slice.end - slice.first);
        answer.partial = ranges_of(part, uid);
        returned(part);
        if (wanted.relevancy) answer.relevancy = scores_of(part);
    } else if (wanted.relevancy) {
        answer.relevancy = scores_of(finds);
    }
    if (wanted.max) {
        answer.max = named(finds.back());
        returned(finds.last(1));
    }
    answer.saved = set_of(std::move(saved));
    return answer;
}

wire::SearchCorrelator correlator(const wire::Search& command, std::string_view tag, const SelectedMailbox& mailbox) {
    wire::SearchCorrelator of{.tag = tag, .uid_validity = mailbox.uid_validity()};
    if (command.esearch) of.mailbox = mailbox.name();
    return of;
}

storage::UidSet part_of(const storage::UidSet& targets, const wire::PartialRange& range,
                        const MessageNumbers& numbers) {
    PartialSlice slice = partial_slice(range, numbers.count_in(targets));
    storage::UidSet part;
    for (const wire::NumberRange& run : numbers.numbers_of(targets)) {
        const std::size_t count = run.last - run.first + 1;
        const std::size_t first = std::min(slice.first, count);
        const std::size_t end = std::min(slice.end, count);
        if (first < end) {
            const wire::NumberRange taken{run.first + static_cast<std::uint32_t>(first),
                                          run.first + static_cast<std::uint32_t>(end) - 1};
            const storage::UidSet uids = numbers.uids_of(std::span(&taken, 1));
            for (const storage::UidSet::Range& uid : uids.ranges()) part.insert(uid.first, uid.last);
        }
        slice = {slice.first - first, slice.end - end};
    }
    return part.intersected(targets);
}

storage::Uid keep_newest(storage::UidSet& targets, std::uint32_t most, const MessageNumbers& numbers) {
    targets = part_of(targets, {.first = 1, .last = most, .from_end = true}, numbers);
    return *numbers.uid_of(numbers.numbers_of(targets).front().first);
}

}  // namespace imap
