// Work that waits for a few threads, in turn among those who want it: whoever asks for much waits for his own, not
// others for him. Bounded for each of them and in all. Pure; hash_pool.h has the threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

namespace server::auth {

struct QueueBounds {
    std::size_t in_all = 200;
    std::size_t of_one = 50;
};

template <class Key, class Work, class Hash>
class FairQueue {
  public:
    explicit FairQueue(QueueBounds bounds) : bounds_(bounds) {}

    // Takes work of this key. Returns what cannot wait: this work if its key has as much waiting as it may, or if all
    // places are taken and no one has more than it; else the latest of whoever has most, which makes place.
    std::optional<Work> push(const Key& key, Work work) {
        const auto found = lanes_.find(key);
        const std::size_t mine = found == lanes_.end() ? 0 : found->second->waiting.size();
        if (mine >= bounds_.of_one) return work;
        std::optional<Work> displaced;
        if (size_ >= bounds_.in_all) {
            displaced = displace(mine + 1);
            if (!displaced) return work;
        }
        lane_of(key).waiting.push_back(std::move(work));
        ++size_;
        return displaced;
    }

    // The next in turn; nullopt: nothing waits.
    std::optional<Work> pop() {
        if (turns_.empty()) return std::nullopt;
        Lane& lane = turns_.front();
        std::optional<Work> work = std::move(lane.waiting.front());
        lane.waiting.pop_front();
        --size_;
        if (lane.waiting.empty()) {
            forget(turns_.begin());
        } else {
            turns_.splice(turns_.end(), turns_, turns_.begin());
        }
        return work;
    }

    std::size_t size() const { return size_; }

  private:
    struct Lane {
        Key key;
        std::deque<Work> waiting;
    };
    using Turns = std::list<Lane>;

    Lane& lane_of(const Key& key) {
        const auto found = lanes_.find(key);
        if (found != lanes_.end()) return *found->second;
        turns_.push_back({key, {}});
        lanes_[key] = std::prev(turns_.end());
        return turns_.back();
    }

    void forget(typename Turns::iterator lane) {
        lanes_.erase(lane->key);
        turns_.erase(lane);
    }

    // The latest work of the longest lane, if that has more than `least`.
    std::optional<Work> displace(std::size_t least) {
        const auto longest = std::ranges::max_element(turns_, {}, [](const Lane& lane) { return lane.waiting.size(); });
        if (longest == turns_.end() || longest->waiting.size() <= least) return std::nullopt;
        std::optional<Work> work = std::move(longest->waiting.back());
        longest->waiting.pop_back();
        --size_;
        return work;
    }

    QueueBounds bounds_;
    std::size_t size_ = 0;
    Turns turns_;  // whose turn it is; each with something waiting
    std::unordered_map<Key, typename Turns::iterator, Hash> lanes_;
};

}  // namespace server::auth
