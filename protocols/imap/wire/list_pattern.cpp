// Matches LIST's patterns by following all ways through the pattern at once. RFC 9051 §6.3.9. A state is a set of
// positions in the pattern, one bit each: bit i is set if the pattern's first i octets match the name so far.
#include "protocols/imap/wire/list_pattern.h"

#include <cstddef>

#include "protocols/base/text.h"

namespace imap::wire {
namespace {

constexpr std::size_t word_bits = 64;

bool is_wildcard(char c) { return c == '*' || c == '%'; }

void set_bit(std::vector<std::uint64_t>& words, std::size_t first_word, std::size_t bit) {
    words[first_word + bit / word_bits] |= std::uint64_t{1} << (bit % word_bits);
}

// "%" before or after "*" adds nothing.
std::string without_wildcard_runs(std::string_view pattern) {
    std::string text;
    for (const char c : pattern) {
        if (!is_wildcard(c) || text.empty() || !is_wildcard(text.back())) {
            text += c;
        } else if (c == '*') {
            text.back() = '*';
        }
    }
    return text;
}

}  // namespace

std::string join_reference(std::string_view reference, std::string_view pattern, char separator) {
    if (pattern.starts_with(separator)) return std::string(pattern);
    std::string joined(reference);
    joined += pattern;
    return joined;
}

ListPattern::ListPattern(std::string_view pattern, char separator)
    : text_(without_wildcard_runs(pattern)), separator_(separator) {
    for (const char c : text_) literals_ += is_wildcard(c) ? 0 : 1;
    if (!has_wildcards()) return;
    words_ = text_.size() / word_bits + 1;
    stars_.resize(words_);
    percents_.resize(words_);
    octets_.resize(words_);  // row 0: for octets that are not in the pattern
    std::size_t rows = 1;
    for (std::size_t i = 0; i < text_.size(); ++i) {
        const char c = text_[i];
        if (is_wildcard(c)) {
            set_bit(c == '*' ? stars_ : percents_, 0, i);
            continue;
        }
        std::uint8_t& row = row_[static_cast<unsigned char>(c)];
        if (row == 0) {
            row = static_cast<std::uint8_t>(rows++);
            octets_.resize(rows * words_);
        }
        set_bit(octets_, row * words_, i);
    }
}

bool ListPattern::matches(std::string_view name) const {
    if (literals_ > name.size()) return false;
    constexpr std::string_view inbox = "INBOX";
    const bool in_inbox =
        base::istarts_with(name, inbox) && (name.size() == inbox.size() || name[inbox.size()] == separator_);
    const std::size_t any_case = in_inbox ? inbox.size() : 0;
    if (has_wildcards()) return matches_by_states(name, any_case);
    return name.size() == text_.size() && base::iequals(name.substr(0, any_case), text_.substr(0, any_case)) &&
           name.substr(any_case) == std::string_view(text_).substr(any_case);
}

bool ListPattern::matches_by_states(std::string_view name, std::size_t inbox_octets) const {
    constexpr std::size_t words_at_hand = 8;
    std::array<std::uint64_t, 2 * words_at_hand> at_hand{};
    Words larger;
    if (words_ > words_at_hand) larger.resize(2 * words_);
    std::uint64_t* reached = larger.empty() ? at_hand.data() : larger.data();
    std::uint64_t* next = reached + words_;

    // A position after a wildcard is reached together with the one before it, since a wildcard may match nothing.
    const auto pass_wildcards = [&](std::uint64_t* places) {
        std::uint64_t carry = 0;
        for (std::size_t word = 0; word < words_; ++word) {
            const std::uint64_t wild = places[word] & (stars_[word] | percents_[word]);
            places[word] |= wild << 1 | carry;
            carry = wild >> (word_bits - 1);
        }
    };
    reached[0] = 1;
    pass_wildcards(reached);
    for (std::size_t at = 0; at < name.size(); ++at) {
        const char c = name[at];
        const std::uint64_t* const same = &octets_[row_[static_cast<unsigned char>(c)] * words_];
        const std::uint64_t* other = octets_.data();
        if (at < inbox_octets) {
            const char turned = c == base::to_lower(c) ? base::to_upper(c) : base::to_lower(c);
            other = &octets_[row_[static_cast<unsigned char>(turned)] * words_];
        }
        std::uint64_t carry = 0;
        std::uint64_t any = 0;
        for (std::size_t word = 0; word < words_; ++word) {
            const std::uint64_t taken = reached[word] & (same[word] | other[word]);
            const std::uint64_t stays = stars_[word] | (c == separator_ ? 0 : percents_[word]);
            next[word] = taken << 1 | carry | (reached[word] & stays);
            carry = taken >> (word_bits - 1);
            any |= next[word];
        }
        if (any == 0) return false;
        pass_wildcards(next);
        std::swap(reached, next);
    }
    return (reached[text_.size() / word_bits] >> (text_.size() % word_bits) & 1) != 0;
}

bool matches_list_pattern(std::string_view pattern, std::string_view name, char separator) {
    return ListPattern(pattern, separator).matches(name);
}

}  // namespace imap::wire
