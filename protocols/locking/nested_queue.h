// Work that waits for threads, in turn among groups of groups: networks within wider networks, say. On each level it is
// as in fair_queue.h: whose work has the fewest threads comes first, and among equals it goes round. So a group gets no
// more turns than its neighbours however many groups there are in it. Bounded for each innermost group and in all. Its
// owner locks it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <limits>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace locking {

// How much may wait.
struct QueueBounds {
    std::size_t in_all = std::numeric_limits<std::size_t>::max();
    std::size_t of_one = std::numeric_limits<std::size_t>::max();  // of one innermost group
};

template <class Key, class Work>
class NestedQueue {
  public:
    // Whose work it is: the groups that it is in, the widest first. Empty: a group of its own.
    using Party = std::vector<Key>;

    explicit NestedQueue(const QueueBounds& bounds = {}) : bounds_(bounds) {}
    NestedQueue(const NestedQueue&) = delete;
    NestedQueue& operator=(const NestedQueue&) = delete;

    bool empty() const { return all_.waiting == 0; }
    std::size_t size() const { return all_.waiting; }

    // Waits behind what this party has already, if the bounds allow it. Returns what cannot wait: this work, or if all
    // places are taken the latest of whoever has most, which makes place. That is looked for among the widest groups
    // first, then among those in the work's own one, and so on: so that many small groups which lie together make
    // place for one that lies elsewhere.
    std::optional<Work> offer(const Party& party, Work work) {
        const Group* own = find(party);
        if (own != nullptr && own->own.size() >= bounds_.of_one) return work;
        std::optional<Work> displaced;
        if (all_.waiting >= bounds_.in_all) {
            displaced = displace(party);
            if (!displaced) return work;
        }
        push(party, std::move(work));
        return displaced;
    }
    // The same without bounds.
    void push(const Party& party, Work work) {
        Group& group = enter(party);
        group.own.push_back(std::move(work));
        count_one_more(group);
    }

    struct Taken {
        Party party;
        Work work;
    };
    // The next work, not if empty. It counts as running until done().
    Taken take() {
        Party party;
        Group* group = &all_;
        ++group->running;
        while (group->own.empty()) {
            const auto next = choose(group->line);
            group->line.splice(group->line.end(), group->line, next);
            group = *next;
            ++group->running;
            party.push_back(group->key);
        }
        Taken taken{std::move(party), std::move(group->own.front())};
        group->own.pop_front();
        count_one_less(*group);
        return taken;
    }
    // A thread has left this party's work.
    void done(const Party& party) {
        Group* group = &enter(party);
        for (Group* one = group; one != nullptr; one = one->above) --one->running;
        leave(group);
    }

  private:
    struct Group {
        Group* above = nullptr;
        Key key{};
        std::map<Key, Group> below{};
        std::deque<Work> own{};                       // that waits
        std::list<Group*> line{};                     // those below of whom something waits: the first is next
        typename std::list<Group*>::iterator turn{};  // in the line above, while something waits
        std::size_t waiting = 0;                      // of its own and below
        std::size_t running = 0;
    };

    Group* find(const Party& party) {
        Group* group = &all_;
        for (const Key& key : party) {
            const auto found = group->below.find(key);
            if (found == group->below.end()) return nullptr;
            group = &found->second;
        }
        return group;
    }

    Group& enter(const Party& party) {
        Group* group = &all_;
        for (const Key& key : party) {
            Group& next = group->below[key];
            if (next.above == nullptr) {
                next.above = group;
                next.key = key;
            }
            group = &next;
        }
        return *group;
    }

    // Forgets groups that have nothing left, from the inside.
    void leave(Group* group) {
        while (group->above != nullptr && group->waiting == 0 && group->running == 0) {
            Group* above = group->above;
            const Key key = group->key;
            above->below.erase(key);
            group = above;
        }
    }

    void count_one_more(Group& group) {
        for (Group* one = &group; one != nullptr; one = one->above) {
            if (one->waiting++ == 0 && one->above != nullptr)
                one->turn = one->above->line.insert(one->above->line.end(), one);
        }
    }

    void count_one_less(Group& group) {
        for (Group* one = &group; one != nullptr; one = one->above) {
            if (--one->waiting == 0 && one->above != nullptr) one->above->line.erase(one->turn);
        }
    }

    // For one more of this party. nullopt: nobody has more than it on any level.
    std::optional<Work> displace(const Party& party) {
        Group* group = &all_;
        for (const Key& key : party) {
            if (group->line.empty()) return std::nullopt;
            const auto found = group->below.find(key);
            const std::size_t mine = found == group->below.end() ? 0 : found->second.waiting;
            Group* most = longest(*group);
            if (most->waiting > mine + 1) return take_latest(*most);
            if (mine == 0) return std::nullopt;
            group = &found->second;
        }
        return std::nullopt;
    }

    Group* longest(const Group& group) {
        return *std::ranges::max_element(group.line, {}, [](const Group* one) { return one->waiting; });
    }

    // The latest work of the longest innermost group.
    Work take_latest(Group& within) {
        Group* group = &within;
        while (group->own.empty()) group = longest(*group);
        Work work = std::move(group->own.back());
        group->own.pop_back();
        count_one_less(*group);
        leave(group);
        return work;
    }

    // Looks at no more groups than there are threads, and one.
    typename std::list<Group*>::iterator choose(std::list<Group*>& line) {
        auto best = line.begin();
        for (auto one = best; (*best)->running > 0 && one != line.end(); ++one) {
            if ((*one)->running < (*best)->running) best = one;
        }
        return best;
    }

    QueueBounds bounds_;
    Group all_;
};

}  // namespace locking
