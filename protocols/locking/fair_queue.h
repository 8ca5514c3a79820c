// Work that waits for threads, in turn among those whose it is (parties: accounts, networks): however much one of them
// has, the others wait for a slice of it only. Whose work has the fewest threads comes first, so no party has all of
// them while others wait; among equals it goes round. Bounded for each party and in all, if asked to. Its owner locks
// it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <utility>

namespace locking {

// How much may wait.
struct QueueBounds {
    std::size_t in_all = std::numeric_limits<std::size_t>::max();
    std::size_t of_one = std::numeric_limits<std::size_t>::max();  // of one party
};

template <class Party, class Work>
class FairQueue {
  public:
    explicit FairQueue(const QueueBounds& bounds = {}) : bounds_(bounds) {}

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

    // Waits behind what this party has already, if the bounds allow it. Returns what cannot wait: this work if its
    // party has as much waiting as it may, or if all places are taken and no one has more than it; else the latest of
    // whoever has most, which makes place.
    std::optional<Work> offer(const Party& party, Work work) {
        const auto found = places_.find(party);
        const std::size_t mine = found == places_.end() ? 0 : found->second.waiting.size();
        if (mine >= bounds_.of_one) return work;
        std::optional<Work> displaced;
        if (size_ >= bounds_.in_all) {
            displaced = displace(mine + 1);
            if (!displaced) return work;
        }
        push(party, std::move(work));
        return displaced;
    }
    // The same without bounds.
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

    // The latest work of whoever has most, if that is more than `least`, which is not 0.
    std::optional<Work> displace(std::size_t least) {
        const auto waiting = [this](const Party& party) { return places_.at(party).waiting.size(); };
        const auto most = std::ranges::max_element(line_, {}, waiting);
        if (most == line_.end() || waiting(*most) <= least) return std::nullopt;
        std::deque<Work>& line = places_.at(*most).waiting;
        std::optional<Work> work = std::move(line.back());
        line.pop_back();
        --size_;
        return work;
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

    QueueBounds bounds_;
    std::map<Party, Place> places_;  // of whom has work here, waiting or running
    std::list<Party> line_;          // of whom has work waiting: the first is next
    std::size_t size_ = 0;
};

}  // namespace locking
