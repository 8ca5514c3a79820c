// LIST's patterns against mailbox names: '*' matches anything, '%' anything but the hierarchy separator.
// RFC 9051 §6.3.9. Names and patterns are UTF-8 already; which names there are is the session's to know.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace imap::wire {

// The pattern in the reference's context: joined, unless the pattern starts at the root with the separator.
std::string join_reference(std::string_view reference, std::string_view pattern, char separator);

// A pattern made ready for many names. INBOX, as the first level of a name, fits in any case.
class ListPattern {
  public:
    ListPattern(std::string_view pattern, char separator);

    // Whether the whole name fits. Takes as many steps as the name has octets, of a word for 32 octets of the name at
    // most, whatever the pattern: one with more to match than there is fits nothing.
    bool matches(std::string_view name) const;

    // With each run of wildcards as the one that stands for it. What has the same text matches the same.
    const std::string& text() const { return text_; }
    bool has_wildcards() const { return literals_ < text_.size(); }

  private:
    using Words = std::vector<std::uint64_t>;  // bit i stands for text_[i]
    bool matches_by_states(std::string_view name, std::size_t inbox_octets) const;

    std::string text_;
    char separator_;
    std::size_t literals_ = 0;  // octets of text_ that are no wildcards
    std::size_t words_ = 0;     // of a state
    Words stars_;
    Words percents_;
    std::array<std::uint8_t, 256> row_{};  // by octet: its row in octets_; 0: none
    Words octets_;                         // where in text_ an octet stands, row by row
};

bool matches_list_pattern(std::string_view pattern, std::string_view name, char separator);

}  // namespace imap::wire
