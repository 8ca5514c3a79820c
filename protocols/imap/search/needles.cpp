// Makes the automaton: first the states, from the sorted texts, level by level; then their links to shorter ones.
#include "protocols/imap/search/needles.h"

#include <algorithm>
#include <numeric>

namespace imap {

std::size_t Needles::add(const std::string& folded) {
    const auto [place, is_new] = known_.try_emplace(folded, texts_.size());
    if (is_new) texts_.push_back(folded);
    return place->second;
}

void Needles::prepare() {
    known_ = {};
    grow();
    link();
}

void Needles::grow() {
    std::vector<State> sorted(texts_.size());
    std::iota(sorted.begin(), sorted.end(), State{0});
    std::ranges::sort(sorted, {}, [&](State number) -> const std::string& { return texts_[number]; });
    // Which of the sorted texts begin with a state, and its length.
    struct Branch {
        std::size_t begin;
        std::size_t end;
        std::size_t length;
    };
    std::vector<Branch> branches{{0, sorted.size(), 0}};
    labels_ = {'\0'};
    for (State state = 0; state < branches.size(); ++state) {
        Branch rest = branches[state];
        const bool is_text = rest.begin < rest.end && texts_[sorted[rest.begin]].size() == rest.length;
        numbers_.push_back(is_text ? sorted[rest.begin] : no_text);
        if (is_text) ++rest.begin;
        children_.push_back(static_cast<State>(branches.size()));
        while (rest.begin < rest.end) {
            const auto octet_of = [&](std::size_t place) { return texts_[sorted[place]][rest.length]; };
            const char label = octet_of(rest.begin);
            std::size_t end = rest.begin;
            while (end < rest.end && octet_of(end) == label) ++end;
            branches.push_back({rest.begin, end, rest.length + 1});
            labels_.push_back(label);
            rest.begin = end;
        }
    }
    children_.push_back(static_cast<State>(branches.size()));
}

void Needles::link() {
    const std::size_t states = labels_.size();
    shorter_.assign(states, start);
    whole_.assign(states, start);
    for (State one = children_[start]; one < children_[start + 1]; ++one) {
        first_[static_cast<unsigned char>(labels_[one])] = one;
    }
    for (State state = 0; state < states; ++state) {
        for (State one = children_[state]; one < children_[state + 1]; ++one) {
            if (state != start) shorter_[one] = next(shorter_[state], labels_[one]);
            whole_[one] = numbers_[one] == no_text ? whole_[shorter_[one]] : one;
        }
    }
}

}  // namespace imap
