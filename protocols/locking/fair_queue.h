// Work that waits for threads, in turn among those whose it is (parties: accounts, networks): however much one of them
// has, the others wait for a slice of it only. Whose work has the fewest threads comes first, so no party has all of
// them while others wait; among equals it goes round. Its owner locks it.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <utility>

namespace locking {

template <class Party, class Work>
class FairQueue {
  public:
    bool empty() const { return size_ == 0; }
    std::size_t size() const { return size_; }
    // Whether work of this party waits.
    bool waits(const Party& party) const {
        const auto found = places_.find(party);
        return found != places_.end() && !found->second.waiting.empty();
    }
    // Whether somebody else's work waits.
    bool others_wait(const Party& party) const {
        return line_.size() > 1 || (line_.size() == 1 && line_.front() != party);
    }

    // Waits behind what this party has already.
    void push(const Party& party, Work work) { enter(party).waiting.push_back(std::move(work)); }
    // The same for work that was begun: before what this party has already.
    void push_begun(const Party& party, Work work) { enter(party).waiting.push_front(std::move(work)); }

    struct Taken {
        Party party;
        Work work;
    };
    // The next work, not if empty. It counts as running until done().
    Taken take() {
        const auto next = choose();
        Place& place = places_.at(*next);
        Taken taken{*next, std::move(place.waiting.front())};
        place.waiting.pop_front();
        ++place.running;
        --size_;
        if (place.waiting.empty()) {
            line_.erase(next);
        } else {
            line_.splice(line_.end(), line_, next);
        }
        return taken;
    }
    // How many threads the party has whose work is next, not if empty. None of those that wait has fewer.
    std::size_t running_of_next() { return places_.at(*choose()).running; }
    // What would be taken next, not if empty.
    const Work& next() { return places_.at(*choose()).waiting.front(); }
    // What was taken but not begun: it is next again. Of several the last one first.
    void put_back(const Party& party, Work work) {
        Place& place = enter(party);
        place.waiting.push_front(std::move(work));
        line_.splice(line_.begin(), line_, place.turn);
    }
    // A thread has left this party's work.
    void done(const Party& party) {
        const auto place = places_.find(party);
        if (--place->second.running == 0 && place->second.waiting.empty()) places_.erase(place);
    }

  private:
    struct Place {
        std::deque<Work> waiting;
        std::size_t running = 0;
        typename std::list<Party>::iterator turn{};  // its place in the line, while something waits
    };

    Place& enter(const Party& party) {
        Place& place = places_[party];
        if (place.waiting.empty()) place.turn = line_.insert(line_.end(), party);
        ++size_;
        return place;
    }

    // Looks at no more parties than there are threads, and one.
    typename std::list<Party>::iterator choose() {
        auto best = line_.begin();
        std::size_t fewest = places_.at(*best).running;
        for (auto one = best; fewest > 0 && one != line_.end(); ++one) {
            const std::size_t running = places_.at(*one).running;
            if (running >= fewest) continue;
            best = one;
            fewest = running;
        }
        return best;
    }

    std::map<Party, Place> places_;  // of whom has work here, waiting or running
    std::list<Party> line_;          // of whom has work waiting: the first is next
    std::size_t size_ = 0;
};

}  // namespace locking
