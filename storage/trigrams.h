// Trigrams: the groups of three consecutive octets in a folded text, each counted once. The search index stores those
// of each message, and looks up those of a text of three octets or more. Written as words for FTS5's tokenizer "ascii",
// which takes octets above 127 as letters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace storage {

// The trigrams of one message at a time. Memory: 2 MiB, and 4 octets for each trigram.
class TrigramSet {
  public:
    // most: the limit for one message.
    explicit TrigramSet(std::size_t most);

    void add(std::string_view folded);  // the text continues from piece to piece
    void end_text();                    // another text follows
    bool too_many() const { return found_.size() > most_; }
    // Returns the set as words, and empties it.
    std::string take_words();

  private:
    std::size_t most_;
    std::vector<std::uint64_t> seen_;   // a bit for each possible trigram
    std::vector<std::uint32_t> found_;  // those whose bit is set
    std::uint32_t last_ = 0;            // the octets before the next one
    unsigned before_ = 0;               // how many of these: 0 to 2
};

// What a message must contain: a folded text, all of several queries, or any of several.
struct TextQuery {
    enum class Kind : std::uint8_t { text, all, any };
    Kind kind = Kind::text;
    std::string text;
    std::vector<TextQuery> parts;
};

constexpr std::size_t shortest_indexed_text = 3;

// The query as an expression for FTS5's MATCH, by trigrams: necessary, not sufficient. nullopt if trigrams cannot
// express it, since a text is too short, or there are too many.
std::optional<std::string> match_expression(const TextQuery& query);

// An expression for some of these words of a TrigramSet; empty if there is none.
std::string match_some_words(std::string_view words, std::size_t most);

}  // namespace storage
