// Trigrams as bits, numbers and words.
#include "storage/trigrams.h"

#include <algorithm>
#include <utility>

namespace storage {

namespace {

constexpr std::uint32_t possible = 1u << 24;

// A long text is looked up by a few of its trigrams, and a query of many texts by some of them: each costs a list of
// all content that has it.
constexpr std::size_t most_of_text = 16;
constexpr std::size_t most_in_expression = 256;

// A trigram of 7-bit octets (the usual case) takes three octets, others four; all of them are above 127.
void append_word(std::string& out, std::uint32_t trigram) {
    const auto put = [&](std::uint32_t bits) { out += static_cast<char>(0x80 | bits); };
    if ((trigram & 0x808080) == 0) {
        put(trigram >> 16);
        put(trigram >> 8 & 0x7F);
        put(trigram & 0x7F);
        return;
    }
    put(trigram >> 18);
    put(trigram >> 12 & 0x3F);
    put(trigram >> 6 & 0x3F);
    put(trigram & 0x3F);
}

std::uint32_t trigram_at(std::string_view text, std::size_t at) {
    const auto octet = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(text[at + i])}; };
    return octet(0) << 16 | octet(1) << 8 | octet(2);
}

std::optional<std::string> match_text(std::string_view text, std::size_t& left) {
    if (text.size() < shortest_indexed_text) return std::nullopt;
    const std::size_t count = text.size() - 2;
    const std::size_t chosen = std::min(count, most_of_text);
    if (chosen > left) return std::nullopt;
    left -= chosen;
    std::string expression;
    for (std::size_t i = 0; i < chosen; ++i) {
        if (i > 0) expression += ' ';
        expression += '"';
        append_word(expression, trigram_at(text, i * count / chosen));
        expression += '"';
    }
    return expression;
}

// `left`: how many trigrams it may still have.
std::optional<std::string> match_within(const TextQuery& query, std::size_t& left) {
    if (query.kind == TextQuery::Kind::text) return match_text(query.text, left);
    const std::size_t left_before = left;
    std::string expression;
    for (const TextQuery& part : query.parts) {
        const std::optional<std::string> one = match_within(part, left);
        if (!one && query.kind == TextQuery::Kind::any) {
            left = left_before;
            return std::nullopt;
        }
        if (!one) continue;  // the others are necessary on their own
        if (!expression.empty()) expression += query.kind == TextQuery::Kind::any ? " OR " : " AND ";
        expression += "(" + *one + ")";
    }
    if (expression.empty()) return std::nullopt;
    return expression;
}

}  // namespace

TrigramSet::TrigramSet(std::size_t most) : most_(most), seen_(possible / 64) {}

void TrigramSet::add(std::string_view folded) {
    for (const char c : folded) {
        last_ = (last_ << 8 | static_cast<unsigned char>(c)) & (possible - 1);
        if (before_ < 2) {
            ++before_;
            continue;
        }
        std::uint64_t& word = seen_[last_ / 64];
        const std::uint64_t bit = std::uint64_t{1} << (last_ % 64);
        if ((word & bit) != 0) continue;
        if (too_many()) return;
        word |= bit;
        found_.push_back(last_);
    }
}

void TrigramSet::end_text() { before_ = 0; }

std::string TrigramSet::take_words() {
    std::string words;
    words.reserve(found_.size() * 4);
    for (const std::uint32_t trigram : found_) {
        append_word(words, trigram);
        words += ' ';
        seen_[trigram / 64] = 0;
    }
    found_.clear();
    before_ = 0;
    return words;
}

std::optional<std::string> match_expression(const TextQuery& query) {
    std::size_t left = most_in_expression;
    return match_within(query, left);
}

std::string match_some_words(std::string_view words, std::size_t most) {
    std::string expression;
    const std::size_t stride = std::max<std::size_t>(words.size() / most, 1);
    for (std::size_t at = 0; at < words.size(); at = words.find(' ', at + stride - 1)) {
        if (at > 0) ++at;  // after the space
        if (at >= words.size()) break;
        expression += expression.empty() ? "\"" : " \"";
        expression += words.substr(at, words.find(' ', at) - at);
        expression += '"';
    }
    return expression;
}

}  // namespace storage
