// Sets of message numbers or UIDs, parsed and written: "1:3,5,7:*", "$". RFC 9051 §4.1.1, §9 (sequence-set); "$":
// RFC 5182. The session knows what the numbers mean (message numbers or UIDs), and which exist.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imap::wire {

// Numbers from first to last, both included, 1 <= first <= last.
struct NumberRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    friend bool operator==(const NumberRange&, const NumberRange&) = default;
};

// A sequence-set as it was sent, or "$".
struct SequenceSet {
    static constexpr std::uint32_t star = 0;  // "*" at a range's end: the largest number in use

    std::vector<NumberRange> ranges;  // as sent; ends may be star, and first may exceed last
    bool saved_result = false;        // "$": the result kept by SEARCH RETURN (SAVE); then ranges is empty

    // Sorted, disjoint, non-adjacent ranges with "*" replaced by `largest`. With largest == 0 (an empty mailbox) "*"
    // matches nothing. "3291:*" includes largest even if it is below 3291 (RFC 9051 §9, seq-range).
    std::vector<NumberRange> resolved(std::uint32_t largest) const;

    // The largest number other than "*"; 0 if there is none.
    std::uint32_t largest_named() const;
    bool has_star() const;

    friend bool operator==(const SequenceSet&, const SequenceSet&) = default;
};

// Parses all of text as a sequence-set of at most max_ranges ranges; nullopt if it is invalid or exceeds that.
std::optional<SequenceSet> parse_sequence_set(std::string_view text, std::size_t max_ranges);

// Appends ranges as a sequence-set: "1:3,5". Appends nothing if there are none.
void append_sequence_set(std::string& out, std::span<const NumberRange> ranges);

// Writes numbers in the order in which they are added (COPYUID pairs two such lists), with ascending neighbours as
// ranges: 1 2 3 5 becomes "1:3,5".
class SequenceSetBuilder {
  public:
    void add(std::uint32_t number);
    std::span<const NumberRange> ranges() const { return ranges_; }
    bool empty() const { return ranges_.empty(); }
    std::string text() const;

  private:
    std::vector<NumberRange> ranges_;
};

}  // namespace imap::wire
