// Keyword bitmaps and UID sets. RFC 9051 §2.3. Pure.
#include "storage/types.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>

namespace storage {

namespace {

constexpr std::uint32_t largest_uid = std::numeric_limits<std::uint32_t>::max();

void drop_trailing_zeros(std::string& octets) {
    while (!octets.empty() && octets.back() == '\0') octets.pop_back();
}

char combined(char left, char right, bool keep_right) {
    const unsigned a = static_cast<unsigned char>(left);
    const unsigned b = static_cast<unsigned char>(right);
    return static_cast<char>(keep_right ? a | b : a & ~b);
}

}  // namespace

KeywordSet::KeywordSet(std::string octets) : octets_(std::move(octets)) { drop_trailing_zeros(octets_); }

void KeywordSet::insert(std::uint32_t number) {
    const std::size_t octet = number / 8;
    if (octets_.size() <= octet) octets_.resize(octet + 1);
    octets_[octet] = combined(octets_[octet], static_cast<char>(1U << (number % 8)), true);
}

bool KeywordSet::contains(std::uint32_t number) const {
    const std::size_t octet = number / 8;
    return octet < octets_.size() && (static_cast<unsigned char>(octets_[octet]) >> (number % 8) & 1U) != 0;
}

void KeywordSet::merge(const KeywordSet& other) {
    if (octets_.size() < other.octets_.size()) octets_.resize(other.octets_.size());
    for (std::size_t i = 0; i < other.octets_.size(); ++i) octets_[i] = combined(octets_[i], other.octets_[i], true);
}

void KeywordSet::subtract(const KeywordSet& other) {
    const std::size_t common = std::min(octets_.size(), other.octets_.size());
    for (std::size_t i = 0; i < common; ++i) octets_[i] = combined(octets_[i], other.octets_[i], false);
    drop_trailing_zeros(octets_);
}

std::vector<std::uint32_t> KeywordSet::numbers() const {
    std::vector<std::uint32_t> numbers;
    for (std::uint32_t number = 0; number < octets_.size() * 8; ++number) {
        if (contains(number)) numbers.push_back(number);
    }
    return numbers;
}

std::uint32_t KeywordSet::numbers_end() const {
    if (octets_.empty()) return 0;
    const auto last = static_cast<unsigned char>(octets_.back());
    return static_cast<std::uint32_t>(8 * (octets_.size() - 1) + std::bit_width(last));
}

UidSet::UidSet(std::initializer_list<Uid> uids) {
    for (const Uid uid : uids) insert(uid);
}

UidSet UidSet::all() {
    UidSet set;
    set.insert(Uid{1}, Uid{largest_uid});
    return set;
}

void UidSet::insert(Uid uid) { insert(uid, uid); }

void UidSet::insert(Uid first, Uid last) {
    if (last < first) std::swap(first, last);
    // Sets are mostly built in ascending order: nothing to search after the last range.
    if (ranges_.empty() || ranges_.back().last.value < first.value) {
        if (!ranges_.empty() && ranges_.back().last.value + 1 == first.value) {
            ranges_.back().last = last;
        } else {
            ranges_.push_back({first, last});
        }
        return;
    }
    // The ranges that touch the new one: from the first that ends at its left neighbour or later, to the last that
    // begins at its right neighbour or earlier. They become one.
    const auto from = std::ranges::partition_point(ranges_, [&](const Range& range) {
        return range.last.value != largest_uid && range.last.value + 1 < first.value;
    });
    const auto to = std::partition_point(from, ranges_.end(), [&](const Range& range) {
        return last.value == largest_uid || range.first.value <= last.value + 1;
    });
    if (from == to) {
        ranges_.insert(from, {first, last});
        return;
    }
    from->first = std::min(from->first, first);
    from->last = std::max(std::prev(to)->last, last);
    ranges_.erase(std::next(from), to);
}

void UidSet::merge(const UidSet& other) {
    if (other.ranges_.empty()) return;
    if (ranges_.empty() || ranges_.back().last < other.ranges_.front().first || other.ranges_.size() == 1) {
        for (const auto& [first, last] : other.ranges_) insert(first, last);
        return;
    }
    std::vector<Range> all;
    all.reserve(ranges_.size() + other.ranges_.size());
    std::ranges::merge(ranges_, other.ranges_, std::back_inserter(all), {}, &Range::first, &Range::first);
    ranges_.clear();
    for (const Range& range : all) {
        const bool touches = !ranges_.empty() && (ranges_.back().last.value == largest_uid ||
                                                  range.first.value <= ranges_.back().last.value + 1);
        if (touches) {
            ranges_.back().last = std::max(ranges_.back().last, range.last);
        } else {
            ranges_.push_back(range);
        }
    }
}

void UidSet::erase(Uid uid) {
    const auto found = std::ranges::partition_point(ranges_, [&](const Range& range) { return range.last < uid; });
    if (found == ranges_.end() || uid < found->first) return;
    const Range range = *found;
    if (range.first == range.last) {
        ranges_.erase(found);
    } else if (uid == range.first) {
        found->first.value += 1;
    } else if (uid == range.last) {
        found->last.value -= 1;
    } else {
        found->last.value = uid.value - 1;
        ranges_.insert(std::next(found), {Uid{uid.value + 1}, range.last});
    }
}

bool UidSet::contains(Uid uid) const {
    const auto found = std::ranges::partition_point(ranges_, [&](const Range& range) { return range.last < uid; });
    return found != ranges_.end() && found->first <= uid;
}

std::uint64_t UidSet::count() const {
    std::uint64_t count = 0;
    for (const Range& range : ranges_) count += std::uint64_t{range.last.value} - range.first.value + 1;
    return count;
}

UidSet UidSet::intersected(const UidSet& other) const {
    UidSet common;
    auto left = ranges_.begin();
    auto right = other.ranges_.begin();
    while (left != ranges_.end() && right != other.ranges_.end()) {
        const Uid first = std::max(left->first, right->first);
        const Uid last = std::min(left->last, right->last);
        if (first <= last) common.insert(first, last);
        left->last < right->last ? ++left : ++right;
    }
    return common;
}

}  // namespace storage
