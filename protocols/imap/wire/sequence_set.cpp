// Sequence sets: parsed, resolved for a mailbox, written. RFC 9051 §9 (sequence-set), RFC 5182 ("$").
#include "protocols/imap/wire/sequence_set.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace imap::wire {
namespace {

// Removes a seq-number = nz-number / "*" from the front of text.
std::optional<std::uint32_t> take_seq_number(std::string_view& text) {
    if (text.starts_with('*')) {
        text.remove_prefix(1);
        return SequenceSet::star;
    }
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || text.front() == '0') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

void append_number(std::string& out, std::uint32_t number) {
    std::array<char, 10> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

// Expects ranges sorted by first; joins neighbours and overlaps.
std::vector<NumberRange> merged(const std::vector<NumberRange>& sorted) {
    std::vector<NumberRange> out;
    for (const NumberRange& range : sorted) {
        if (!out.empty() && range.first - 1 <= out.back().last) {
            out.back().last = std::max(out.back().last, range.last);
        } else {
            out.push_back(range);
        }
    }
    return out;
}

}  // namespace

std::optional<SequenceSet> parse_sequence_set(std::string_view text, std::size_t max_ranges) {
    SequenceSet set;
    if (text == "$") {
        set.saved_result = true;
        return set;
    }
    while (set.ranges.size() < max_ranges) {
        const std::optional<std::uint32_t> first = take_seq_number(text);
        if (!first) return std::nullopt;
        std::optional<std::uint32_t> last = first;
        if (text.starts_with(':')) {
            text.remove_prefix(1);
            last = take_seq_number(text);
            if (!last) return std::nullopt;
        }
        set.ranges.push_back({*first, *last});
        if (text.empty()) return set;
        if (!text.starts_with(',')) return std::nullopt;
        text.remove_prefix(1);
    }
    return std::nullopt;
}

std::vector<NumberRange> SequenceSet::resolved(std::uint32_t largest) const {
    std::vector<NumberRange> out;
    out.reserve(ranges.size());
    for (const NumberRange& range : ranges) {
        const std::uint32_t a = range.first == star ? largest : range.first;
        const std::uint32_t b = range.last == star ? largest : range.last;
        if (a == 0 || b == 0) continue;
        out.push_back({std::min(a, b), std::max(a, b)});
    }
    const auto by_first = [](const NumberRange& a, const NumberRange& b) { return a.first < b.first; };
    if (!std::is_sorted(out.begin(), out.end(), by_first)) std::sort(out.begin(), out.end(), by_first);
    return merged(out);
}

std::uint32_t SequenceSet::largest_named() const {
    std::uint32_t largest = 0;
    for (const NumberRange& range : ranges) largest = std::max({largest, range.first, range.last});
    return largest;
}

bool SequenceSet::has_star() const {
    return std::ranges::any_of(ranges,
                               [](const NumberRange& range) { return range.first == star || range.last == star; });
}

void append_sequence_set(std::string& out, std::span<const NumberRange> ranges) {
    bool first = true;
    for (const NumberRange& range : ranges) {
        if (!first) out += ',';
        first = false;
        append_number(out, range.first);
        if (range.last == range.first) continue;
        out += ':';
        append_number(out, range.last);
    }
}

void SequenceSetBuilder::add(std::uint32_t number) {
    if (!ranges_.empty() && number != 0 && ranges_.back().last == number - 1) {
        ranges_.back().last = number;
    } else {
        ranges_.push_back({number, number});
    }
}

std::string SequenceSetBuilder::text() const {
    std::string out;
    append_sequence_set(out, ranges_);
    return out;
}

}  // namespace imap::wire
