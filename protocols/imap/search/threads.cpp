// ORDEREDSUBJECT and REFERENCES. RFC 5256 §3; comments give the numbers of its steps. All siblings are in the order of
// their sent dates: messages are sorted once, by date and number, and everything collected in that order is sorted.
#include "protocols/imap/search/threads.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <utility>

#include "protocols/imap/search/ancestry.h"
#include "protocols/imap/search/slice_sort.h"

namespace imap {
namespace {

using wire::ThreadNode;

constexpr std::uint32_t none = UINT32_MAX;

constexpr std::size_t steps_of_a_link = 20;  // into and out of two splay trees

// Indices of the messages by sent date; equal dates in mailbox order (§2.2).
base::Slices put_by_sent_date(std::span<const ThreadMessage> messages, std::vector<std::uint32_t>& order,
                              base::Pace& pace) {
    order.resize(messages.size());
    std::iota(order.begin(), order.end(), 0);
    const auto is_earlier = [messages](std::uint32_t a, std::uint32_t b) {
        return std::pair(messages[a].sent_date, a) < std::pair(messages[b].sent_date, b);
    };
    return sort_in_slices(order, is_earlier, pace);
}

std::size_t count_subjects(std::span<const ThreadMessage> messages) {
    std::uint32_t count = 0;
    for (const ThreadMessage& message : messages) count = std::max(count, message.subject + 1);
    return count;
}

// Writes out a forest of messages and dummies: each node before its children. Nodes from messages.size() on are
// dummies; parents[node] is none at the top.
class Outline {
  public:
    Outline(std::span<const ThreadMessage> messages, std::span<const std::uint32_t> parents,
            std::span<const std::uint32_t> order)
        : messages_(messages),
          parents_(parents),
          order_(order),
          children_(parents.size()),
          starts_(parents.size() + 1) {}

    base::Slices write(std::vector<ThreadNode>& out, base::Pace& pace) {
        for (base::Slices part = gather(pace); part.go_on();) co_yield base::pause;
        out.reserve(children_.size());
        std::vector<std::uint32_t> waiting(tops_.rbegin(), tops_.rend());
        while (!waiting.empty()) {
            const std::uint32_t node = waiting.back();
            waiting.pop_back();
            const std::uint32_t count = starts_[node + 1] - starts_[node];
            out.push_back({node < messages_.size() ? messages_[node].uid : 0, count});
            for (std::uint32_t i = starts_[node + 1]; i-- > starts_[node];) {
                waiting.push_back(children_[i]);
                co_await pace.step();
            }
        }
    }

  private:
    base::Slices gather(base::Pace& pace) {
        for (const std::uint32_t node : order_) {
            if (parents_[node] != none) ++starts_[parents_[node] + 1];
            co_await pace.step();
        }
        std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
        std::vector<std::uint32_t> filled(starts_.begin(), starts_.end() - 1);
        for (const std::uint32_t node : order_) {
            const std::uint32_t parent = parents_[node];
            if (parent == none) {
                tops_.push_back(node);
            } else {
                // A dummy at the top takes the position of its first child (step 6).
                const bool opens_dummy = parent >= messages_.size() && filled[parent] == starts_[parent];
                if (opens_dummy) tops_.push_back(parent);
                children_[filled[parent]++] = node;
            }
            co_await pace.step();
        }
    }

    std::span<const ThreadMessage> messages_;
    std::span<const std::uint32_t> parents_;
    std::span<const std::uint32_t> order_;
    std::vector<std::uint32_t> children_;  // of all nodes, one after the other
    std::vector<std::uint32_t> starts_;    // where each node's children begin
    std::vector<std::uint32_t> tops_;
};

class References {
  public:
    References(std::span<const ThreadMessage> messages, std::span<const std::uint32_t> references,
               std::uint32_t id_count)
        : messages_(messages), references_(references), node_of_id_(id_count, none), parents_(messages.size(), none) {}

    base::Slices thread(std::vector<ThreadNode>& threads) {
        std::array stages{put_by_sent_date(messages_, order_, pace_), find_nodes(), link(), prune(), merge_subjects()};
        for (base::Slices& stage : stages) {
            while (stage.go_on()) co_yield base::pause;
        }
        Outline outline(messages_, parents_, order_);
        for (base::Slices part = outline.write(threads, pace_); part.go_on();) co_yield base::pause;
    }

  private:
    bool is_dummy(std::uint32_t node) const { return node >= messages_.size(); }

    std::uint32_t add_dummy() {
        parents_.push_back(none);
        return static_cast<std::uint32_t>(parents_.size() - 1);
    }

    // An id belongs to the first message that has it; an id without a message gets a dummy.
    base::Slices find_nodes() {
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            const std::uint32_t id = messages_[i].id;
            if (id != ThreadMessage::no_id && node_of_id_[id] == none) node_of_id_[id] = i;
            co_await pace_.step();
        }
        for (const std::uint32_t id : references_) {
            if (node_of_id_[id] == none) node_of_id_[id] = add_dummy();
            co_await pace_.step();
        }
    }

    // Step (1).
    base::Slices link() {
        Ancestry ancestry(static_cast<std::uint32_t>(parents_.size()));
        std::vector<bool> has_children(parents_.size());
        const auto join = [&](std::uint32_t parent, std::uint32_t child) {
            if (parent == child) return;
            if (has_children[child] && ancestry.root_of(parent) == child) return;  // no loops
            ancestry.join(parent, child);
            parents_[child] = parent;
            has_children[parent] = true;
        };
        std::uint32_t at = 0;
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            std::uint32_t last = none;
            for (; at < messages_[i].references_end; ++at) {
                const std::uint32_t node = node_of_id_[references_[at]];
                if (last != none && parents_[node] == none) join(last, node);  // (A)
                last = node;
                co_await pace_.step(steps_of_a_link);
            }
            co_await pace_.step(steps_of_a_link);
            if (parents_[i] == last) continue;  // (B)
            if (parents_[i] != none) ancestry.cut(i);
            parents_[i] = none;
            if (last != none) join(last, i);
        }
    }

    // Steps (2) and (3): no dummies are left between messages, and at the top only those with several children. So each
    // message moves to its nearest ancestor that is a message or is at the top.
    base::Slices prune() {
        std::vector<std::uint32_t> path;
        std::vector<std::uint32_t> settled(parents_.size(), none);  // for dummies: where their children move to
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            std::uint32_t at = parents_[i];
            path.clear();
            while (at != none && is_dummy(at) && settled[at] == none && parents_[at] != none) {
                path.push_back(at);
                at = parents_[at];
                co_await pace_.step();
            }
            if (at != none && is_dummy(at) && settled[at] != none) at = settled[at];
            for (const std::uint32_t dummy : path) settled[dummy] = at;
            parents_[i] = at;
            co_await pace_.step();
        }
        std::vector<std::uint32_t> children(parents_.size());
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            if (parents_[i] != none) ++children[parents_[i]];
            co_await pace_.step();
        }
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            const std::uint32_t parent = parents_[i];
            if (parent != none && is_dummy(parent) && children[parent] == 1) parents_[i] = none;
            co_await pace_.step();
        }
    }

    // A node at the top: a message, or a dummy with the first of its children (step 4).
    struct Top {
        std::uint32_t node;
        std::uint32_t first;  // the message whose date and subject it has
    };
    base::Slices find_tops() {
        std::vector<bool> seen(parents_.size());
        for (const std::uint32_t message : order_) {
            const std::uint32_t parent = parents_[message];
            if (parent == none) {
                tops_.push_back({message, message});
            } else if (is_dummy(parent) && !seen[parent]) {
                seen[parent] = true;
                tops_.push_back({parent, message});
            }
            co_await pace_.step();
        }
    }

    bool is_reply(std::uint32_t node) const { return !is_dummy(node) && messages_[node].is_reply_or_forward; }

    // Step (5).
    base::Slices merge_subjects() {
        for (base::Slices part = find_tops(); part.go_on();) co_yield base::pause;
        std::vector<std::uint32_t> table(count_subjects(messages_), none);  // (A)
        for (const Top& top : tops_) {                                      // (B)
            co_await pace_.step();
            const std::uint32_t subject = messages_[top.first].subject;
            if (subject == 0) continue;
            std::uint32_t& entry = table[subject];
            const bool replaces =
                entry == none || (!is_dummy(entry) && (is_dummy(top.node) || (is_reply(entry) && !is_reply(top.node))));
            if (replaces) entry = top.node;
        }
        std::vector<std::uint32_t> moved(parents_.size(), none);  // dummies whose children move to another one
        for (const Top& top : tops_) {                            // (C)
            co_await pace_.step();
            const std::uint32_t subject = messages_[top.first].subject;
            if (subject == 0 || table[subject] == top.node) continue;
            merge(top.node, table[subject], moved);
        }
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            const std::uint32_t parent = parents_[i];
            if (parent != none && parent < moved.size() && moved[parent] != none) parents_[i] = moved[parent];
            co_await pace_.step();
        }
    }

    void merge(std::uint32_t node, std::uint32_t& entry, std::vector<std::uint32_t>& moved) {
        if (is_dummy(node)) {
            moved[node] = entry;  // (B) has chosen a dummy as the entry, too
        } else if (is_dummy(entry) || (is_reply(node) && !is_reply(entry))) {
            parents_[node] = entry;
        } else {
            const std::uint32_t dummy = add_dummy();
            parents_[node] = dummy;
            parents_[entry] = dummy;
            entry = dummy;
        }
    }

    std::span<const ThreadMessage> messages_;
    std::span<const std::uint32_t> references_;
    std::vector<std::uint32_t> order_;
    std::vector<std::uint32_t> node_of_id_;
    std::vector<std::uint32_t> parents_;  // of messages, then of dummies
    std::vector<Top> tops_;
    base::Pace pace_;
};

}  // namespace

base::Slices thread_by_subject(std::span<const ThreadMessage> messages, std::vector<ThreadNode>& threads) {
    base::Pace pace;
    std::vector<std::uint32_t> order;
    for (base::Slices part = put_by_sent_date(messages, order, pace); part.go_on();) co_yield base::pause;
    std::vector<std::uint32_t> first(count_subjects(messages), none);  // of each subject, by sent date
    std::vector<std::uint32_t> parents(messages.size(), none);
    for (const std::uint32_t message : order) {
        std::uint32_t& head = first[messages[message].subject];
        parents[message] = std::exchange(head, head == none ? message : head);
        co_await pace.step();
    }
    Outline outline(messages, parents, order);
    for (base::Slices part = outline.write(threads, pace); part.go_on();) co_yield base::pause;
}

base::Slices thread_by_references(std::span<const ThreadMessage> messages, std::span<const std::uint32_t> references,
                                  std::uint32_t id_count, std::vector<ThreadNode>& threads) {
    References work(messages, references, id_count);
    for (base::Slices part = work.thread(threads); part.go_on();) co_yield base::pause;
}

}  // namespace imap
