// Matches LIST's patterns with mailbox names: '*' matches anything, '%' anything but the hierarchy separator.
// RFC 9051 §6.3.9. Names and patterns are UTF-8 already.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imap::wire {

// The pattern with its reference: joined, unless the pattern starts with the separator.
std::string join_reference(std::string_view reference, std::string_view pattern, char separator);

// A pattern prepared for many names. INBOX, as the first level of a name, matches in any case.
class ListPattern {
  public:
    ListPattern(std::string_view pattern, char separator);

    // Whether the whole name matches. Takes one step per octet of the name, each over at most one word per 32 octets of
    // the name, whatever the pattern: a pattern with more literal octets than the name cannot match.
    bool matches(std::string_view name) const;

    // The pattern with runs of wildcards reduced to one. Patterns with equal text match the same names.
    const std::string& text() const { return text_; }
    bool has_wildcards() const { return literals_ < text_.size(); }

  private:
    using Words = std::vector<std::uint64_t>;  // bit i stands for text_[i]
    bool matches_by_states(std::string_view name, std::size_t inbox_octets) const;

    std::string text_;
    char separator_;
    std::size_t literals_ = 0;  // octets of text_ that are not wildcards
    std::size_t words_ = 0;     // size of a state
    Words stars_;
    Words percents_;
    std::array<std::uint8_t, 256> row_{};  // for each octet: its row in octets_; 0: none
    Words octets_;                         // the positions of each octet in text_, row by row
};

bool matches_list_pattern(std::string_view pattern, std::string_view name, char separator);

}  // namespace imap::wire
