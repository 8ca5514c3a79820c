// Trigrams: which three octets of folded text follow each other, each counted once. What the search index keeps of a
// message, and asks for to find a text of three octets or more. As words for FTS5's tokenizer "ascii", to which octets
// above 127 are letters.
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
    // A message may have at most so many.
    explicit TrigramSet(std::size_t most);

    void add(std::string_view folded);  // the text goes on from one piece to the next
    void end_text();                    // what comes is another text
    bool too_many() const { return found_.size() > most_; }
    // The set as words, which is empty then.
    std::string take_words();

  private:
    std::size_t most_;
    std::vector<std::uint64_t> seen_;   // a bit for each possible trigram
    std::vector<std::uint32_t> found_;  // those whose bit is set
    std::uint32_t last_ = 0;            // the octets before
    unsigned before_ = 0;               // how many of these there are: 0 to 2
};

// What a message must hold: a folded text, all of some things, or any of some.
struct TextQuery {
    enum class Kind : std::uint8_t { text, all, any };
    Kind kind = Kind::text;
    std::string text;
    std::vector<TextQuery> parts;
};

constexpr std::size_t shortest_indexed_text = 3;

// The query as FTS5's MATCH has it, by trigrams: necessary, not sufficient. Nothing if they can say nothing of it,
// since a text is too short.
std::optional<std::string> match_expression(const TextQuery& query);

// An expression for some of these words of a TrigramSet; empty if there is none.
std::string match_some_words(std::string_view words, std::size_t most);

}  // namespace storage
