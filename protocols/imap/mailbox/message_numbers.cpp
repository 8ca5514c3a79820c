// Message numbers and UIDs. RFC 9051 §2.3.1, §7.5.1 (how EXPUNGE changes the numbers). Each range has the count of
// messages before it, so that both directions are one binary search.
#include "protocols/imap/mailbox/message_numbers.h"

#include <algorithm>
#include <cstddef>

#include "protocols/base/expects.h"

namespace imap {

using storage::Uid;
using storage::UidSet;

MessageNumbers::MessageNumbers(const UidSet& uids) {
    ranges_.reserve(uids.ranges().size());
    for (const UidSet::Range& range : uids.ranges()) push(ranges_, range.first.value, range.last.value);
}

std::uint32_t MessageNumbers::size() const {
    return ranges_.empty() ? 0 : ranges_.back().before + ranges_.back().count();
}

Uid MessageNumbers::largest() const { return Uid{ranges_.empty() ? 0 : ranges_.back().last}; }

MessageNumbers::RangeIterator MessageNumbers::at_or_after(std::uint32_t uid) const {
    return std::ranges::lower_bound(ranges_, uid, {}, &Range::last);
}

// Steps that double, and then a search within the last one: sets that have many ranges are walked in about as many
// steps, and few of them are found in a mailbox with many gaps.
MessageNumbers::RangeIterator MessageNumbers::at_or_after(RangeIterator from, std::uint32_t uid) const {
    std::ptrdiff_t step = 1;
    RangeIterator low = from;
    while (ranges_.end() - low > step && (low + step)->last < uid) {
        low += step;
        step *= 2;
    }
    const RangeIterator high = ranges_.end() - low > step ? low + step + 1 : ranges_.end();
    return std::ranges::lower_bound(low, high, uid, {}, &Range::last);
}

MessageNumbers::RangeIterator MessageNumbers::holding(std::uint32_t number) const {
    return std::ranges::upper_bound(ranges_, number - 1, {}, &Range::before) - 1;
}

std::optional<Uid> MessageNumbers::uid_of(std::uint32_t number) const {
    if (number == 0 || number > size()) return std::nullopt;
    const auto range = holding(number);
    return Uid{range->first + (number - 1 - range->before)};
}

std::optional<std::uint32_t> MessageNumbers::number_of(Uid uid) const {
    const auto range = at_or_after(uid.value);
    if (range == ranges_.end() || range->first > uid.value) return std::nullopt;
    return range->before + (uid.value - range->first) + 1;
}

std::uint32_t MessageNumbers::count_below(Uid uid) const { return count_below(at_or_after(uid.value), uid.value); }

std::uint32_t MessageNumbers::count_below(RangeIterator range, std::uint32_t uid) const {
    if (range == ranges_.end()) return size();
    return range->before + (uid > range->first ? uid - range->first : 0);
}

std::uint32_t MessageNumbers::count_in(const UidSet& uids) const {
    std::uint32_t count = 0;
    for (const wire::NumberRange& range : numbers_of(uids)) count += range.last - range.first + 1;
    return count;
}

UidSet MessageNumbers::uids_of(std::span<const wire::NumberRange> numbers) const {
    UidSet uids;
    for (const wire::NumberRange& range : numbers) {
        const std::optional<Uid> first = uid_of(range.first);
        const std::optional<Uid> last = uid_of(range.last);
        base::expects(first && last, "message numbers exist");
        uids.insert(*first, *last);
    }
    return uids;
}

std::vector<wire::NumberRange> MessageNumbers::numbers_of(const UidSet& uids) const {
    std::vector<wire::NumberRange> numbers;
    RangeIterator at = ranges_.begin();
    for (const UidSet::Range& range : uids.ranges()) {
        at = at_or_after(at, range.first.value);
        const std::uint32_t first = count_below(at, range.first.value) + 1;
        std::uint32_t end = size();
        if (range.last.value != UINT32_MAX) {
            at = at_or_after(at, range.last.value + 1);
            end = count_below(at, range.last.value + 1);
        }
        if (end < first) continue;
        if (!numbers.empty() && numbers.back().last + 1 == first) {
            numbers.back().last = end;
        } else {
            numbers.push_back({first, end});
        }
    }
    return numbers;
}

UidSet MessageNumbers::known(const UidSet& uids) const {
    UidSet known;
    RangeIterator from = ranges_.begin();
    for (const UidSet::Range& wanted : uids.ranges()) {
        from = at_or_after(from, wanted.first.value);
        for (auto range = from; range != ranges_.end(); ++range) {
            if (range->first > wanted.last.value) break;
            known.insert(Uid{std::max(range->first, wanted.first.value)},
                         Uid{std::min(range->last, wanted.last.value)});
        }
    }
    return known;
}

UidSet MessageNumbers::unknown(const UidSet& uids) const {
    UidSet unknown;
    RangeIterator from = ranges_.begin();
    for (const UidSet::Range& wanted : uids.ranges()) {
        std::uint64_t next = wanted.first.value;
        from = at_or_after(from, wanted.first.value);
        for (auto range = from; range != ranges_.end(); ++range) {
            if (range->first > wanted.last.value) break;
            if (range->first > next) unknown.insert(Uid{static_cast<std::uint32_t>(next)}, Uid{range->first - 1});
            next = std::uint64_t{range->last} + 1;
        }
        if (next <= wanted.last.value) unknown.insert(Uid{static_cast<std::uint32_t>(next)}, wanted.last);
    }
    return unknown;
}

// A UID less its number is the same all over a range, and more in each one behind it.
std::optional<Uid> MessageNumbers::last_match(wire::NumberRange numbers, std::uint32_t first_uid) const {
    const auto lead = [](const Range& range) { return std::int64_t{range.first} - range.before - 1; };
    const std::int64_t wanted = std::int64_t{first_uid} - numbers.first;
    const auto range = std::ranges::lower_bound(ranges_, wanted, {}, lead);
    if (range == ranges_.end() || lead(*range) != wanted) return std::nullopt;
    const std::uint32_t first = std::max(numbers.first, range->before + 1);
    const std::uint32_t last = std::min(numbers.last, range->before + range->count());
    if (first > last) return std::nullopt;
    return Uid{range->first + (last - range->before - 1)};
}

UidSet MessageNumbers::all() const {
    UidSet uids;
    for (const Range& range : ranges_) uids.insert(Uid{range.first}, Uid{range.last});
    return uids;
}

std::vector<wire::NumberRange> MessageNumbers::batches(std::uint32_t batch_size, std::uint32_t from, std::uint32_t to,
                                                       Uid last_uid) const {
    std::vector<wire::NumberRange> batches;
    std::uint32_t above = last_uid.value;  // the largest UID that is in no batch yet
    std::uint32_t left = size();           // messages that are in no batch yet
    for (std::uint32_t batch = 1; left > 0 && batch <= to; ++batch) {
        left -= std::min(batch_size, left);
        const std::uint32_t first = left == 0 ? 1 : uid_of(left + 1)->value;
        if (batch >= from) batches.push_back({first, above});
        above = first - 1;
    }
    return batches;
}

void MessageNumbers::push(std::vector<Range>& ranges, std::uint32_t first, std::uint32_t last) const {
    if (ranges.empty()) {
        ranges.push_back({first, last, 0});
    } else if (ranges.back().last + 1 == first) {
        ranges.back().last = last;
    } else {
        ranges.push_back({first, last, ranges.back().before + ranges.back().count()});
    }
}

void MessageNumbers::append(Uid uid) {
    base::expects(uid > largest(), "new messages have the largest UID");
    push(ranges_, uid.value, uid.value);
}

std::vector<ExpungeRun> MessageNumbers::remove(const UidSet& uids) {
    std::vector<ExpungeRun> runs;
    const std::vector<wire::NumberRange> numbers = numbers_of(uids);
    if (numbers.empty()) return runs;
    std::uint32_t gone = 0;
    for (const wire::NumberRange& range : numbers) {
        runs.push_back({range.first - gone, range.last - range.first + 1});
        gone += runs.back().count;
    }

    std::vector<Range> kept;
    auto wanted = uids.ranges().begin();
    const auto end = uids.ranges().end();
    for (const Range& range : ranges_) {
        std::uint32_t first = range.first;
        while (wanted != end && wanted->last.value < first) ++wanted;
        for (auto cut = wanted; cut != end && cut->first.value <= range.last; ++cut) {
            if (cut->first.value > first) push(kept, first, cut->first.value - 1);
            first = cut->last.value < range.last ? cut->last.value + 1 : 0;
            if (first == 0) break;
        }
        if (first != 0) push(kept, first, range.last);
    }
    kept.shrink_to_fit();
    ranges_ = std::move(kept);
    return runs;
}

}  // namespace imap
