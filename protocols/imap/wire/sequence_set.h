// Sets of message numbers or UIDs as a client writes them and as we write them back: "1:3,5,7:*", "$".
// RFC 9051 §4.1.1, §9 (sequence-set); "$": RFC 5182. What a number stands for (message number or UID), and whether
// it exists, is the session's to know.
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
    static constexpr std::uint32_t star = 0;  // "*" in a range's end: the largest number in use

    std::vector<NumberRange> ranges;  // in the order sent; ends may be star, and first may exceed last
    bool saved_result = false;        // "$": what SEARCH RETURN (SAVE) kept; ranges is empty then

    // Sorted, disjoint, non-adjacent ranges with "*" standing for largest. With largest == 0 (an empty mailbox) "*"
    // stands for nothing. "3291:*" includes largest even where it is below 3291 (RFC 9051 §9, seq-range).
    std::vector<NumberRange> resolved(std::uint32_t largest) const;

    // The largest number named without "*"; 0 if there is none.
    std::uint32_t largest_named() const;
    bool has_star() const;

    friend bool operator==(const SequenceSet&, const SequenceSet&) = default;
};

// The whole of text as a sequence-set of at most max_ranges ranges; nothing where the grammar or the limit is broken.
std::optional<SequenceSet> parse_sequence_set(std::string_view text, std::size_t max_ranges);

// Appends ranges as a sequence-set: "1:3,5". Nothing is appended for no ranges.
void append_sequence_set(std::string& out, std::span<const NumberRange> ranges);

// Numbers added one by one, in any order that suits the answer (COPYUID pairs them), rendered with runs of ascending
// neighbours as ranges: 1 2 3 5 becomes "1:3,5".
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
