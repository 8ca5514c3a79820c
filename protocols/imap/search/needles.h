// Texts to search for, prepared to be found all in one pass over a text: the automaton of Aho and Corasick (1975). Its
// time per octet does not grow with the number of texts; its memory is about 20 octets for each octet of theirs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace imap {

class Needles {
  public:
    // The number of this text, which is folded (mime/casemap.h). Equal texts share one.
    std::size_t add(const std::string& folded);
    // Makes them ready, after the last add().
    void prepare();

    std::size_t size() const { return texts_.size(); }
    const std::string& operator[](std::size_t number) const { return texts_[number]; }

    // The longest beginning of any of these texts with which what was read so far ends.
    using State = std::uint32_t;
    static constexpr State start = 0;
    State next(State state, char octet) const {
        while (state != start) {
            const State longer = child(state, octet);
            if (longer != start) return longer;
            state = shorter_[state];
        }
        return first_[static_cast<unsigned char>(octet)];
    }
    // With which what was read ends: the state itself or a shorter one that is a whole text; start: none.
    State whole(State state) const { return whole_[state]; }
    // The next shorter of these.
    State next_whole(State whole) const { return whole_[shorter_[whole]]; }
    // The number of the text that this is.
    std::size_t number(State whole) const { return numbers_[whole]; }

  private:
    State child(State state, char octet) const {
        for (State one = children_[state]; one < children_[state + 1]; ++one) {
            if (labels_[one] == octet) return one;
        }
        return start;
    }
    void grow();
    void link();

    std::vector<std::string> texts_;
    std::unordered_map<std::string, std::size_t> known_;  // until prepare()
    // By state, in order of length. Those that are one octet longer than a state follow each other.
    std::array<State, 256> first_{};
    std::vector<char> labels_;     // the last octet
    std::vector<State> children_;  // the first of those that are one octet longer; one entry more than there are states
    std::vector<State> shorter_;   // the longest state with which it ends
    std::vector<State> whole_;     // see above
    std::vector<State> numbers_;   // of the text that it is; else no_text
    static constexpr State no_text = UINT32_MAX;
};

}  // namespace imap
