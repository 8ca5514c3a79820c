// ORDEREDSUBJECT and REFERENCES. RFC 5256 §3; the steps of REFERENCES bear its numbers.
// All siblings come in the order of their sent dates: so the messages are sorted once, by date and number, and whatever
// is gathered in that order is sorted.
#include "protocols/imap/search/threads.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "protocols/imap/search/ancestry.h"

namespace imap {
namespace {

using wire::ThreadNode;

constexpr std::uint32_t none = UINT32_MAX;

// Indices of the messages by sent date; where that is the same, as they stand in the mailbox (§2.2).
std::vector<std::uint32_t> by_sent_date(std::span<const ThreadMessage> messages) {
    std::vector<std::uint32_t> order(messages.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](std::uint32_t index) { return std::pair(messages[index].sent_date, index); });
    return order;
}

// A forest of messages and dummies, written out: each node before its children. Nodes from messages.size() on are
// dummies; parents[node] is none at the top.
class Outline {
  public:
    Outline(std::span<const ThreadMessage> messages, std::span<const std::uint32_t> parents,
            std::span<const std::uint32_t> order)
        : messages_(messages), children_(parents.size()), starts_(parents.size() + 1) {
        gather(parents, order);
    }

    std::vector<ThreadNode> write() const {
        std::vector<ThreadNode> out;
        out.reserve(children_.size());
        std::vector<std::uint32_t> waiting(tops_.rbegin(), tops_.rend());
        while (!waiting.empty()) {
            const std::uint32_t node = waiting.back();
            waiting.pop_back();
            const std::uint32_t count = starts_[node + 1] - starts_[node];
            out.push_back({node < messages_.size() ? messages_[node].uid : 0, count});
            for (std::uint32_t i = starts_[node + 1]; i-- > starts_[node];) waiting.push_back(children_[i]);
        }
        return out;
    }

  private:
    void gather(std::span<const std::uint32_t> parents, std::span<const std::uint32_t> order) {
        for (const std::uint32_t node : order) {
            if (parents[node] != none) ++starts_[parents[node] + 1];
        }
        std::partial_sum(starts_.begin(), starts_.end(), starts_.begin());
        std::vector<std::uint32_t> filled(starts_.begin(), starts_.end() - 1);
        for (const std::uint32_t node : order) {
            const std::uint32_t parent = parents[node];
            if (parent == none) {
                tops_.push_back(node);
            } else {
                // A dummy stands at the top, where the first of its children would (step 6).
                const bool opens_dummy = parent >= messages_.size() && filled[parent] == starts_[parent];
                if (opens_dummy) tops_.push_back(parent);
                children_[filled[parent]++] = node;
            }
        }
    }

    std::span<const ThreadMessage> messages_;
    std::vector<std::uint32_t> children_;  // of all nodes, one behind the other
    std::vector<std::uint32_t> starts_;    // where each node's begin
    std::vector<std::uint32_t> tops_;
};

class References {
  public:
    References(std::span<const ThreadMessage> messages, std::span<const std::uint32_t> references,
               std::uint32_t id_count)
        : messages_(messages),
          references_(references),
          order_(by_sent_date(messages)),
          node_of_id_(id_count, none),
          parents_(messages.size(), none) {}

    std::vector<ThreadNode> thread() {
        find_nodes();
        link();
        prune();
        merge_subjects();
        return Outline(messages_, parents_, order_).write();
    }

  private:
    bool is_dummy(std::uint32_t node) const { return node >= messages_.size(); }

    std::uint32_t add_dummy() {
        parents_.push_back(none);
        return static_cast<std::uint32_t>(parents_.size() - 1);
    }

    // The first message of an id has it; an id that no message has gets a dummy. Who has no id is named by nobody.
    void find_nodes() {
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            const std::uint32_t id = messages_[i].id;
            if (id != ThreadMessage::no_id && node_of_id_[id] == none) node_of_id_[id] = i;
        }
        for (const std::uint32_t id : references_) {
            if (node_of_id_[id] == none) node_of_id_[id] = add_dummy();
        }
    }

    // Step (1).
    void link() {
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
            }
            if (parents_[i] == last) continue;  // (B)
            if (parents_[i] != none) ancestry.cut(i);
            parents_[i] = none;
            if (last != none) join(last, i);
        }
    }

    // Steps (2) and (3): between messages no dummies are left, and at the top those that have several children. So each
    // message comes to its nearest ancestor that is a message or stands at the top.
    void prune() {
        std::vector<std::uint32_t> path;
        std::vector<std::uint32_t> settled(parents_.size(), none);  // for dummies: where their children come to
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            std::uint32_t at = parents_[i];
            path.clear();
            while (at != none && is_dummy(at) && settled[at] == none && parents_[at] != none) {
                path.push_back(at);
                at = parents_[at];
            }
            if (at != none && is_dummy(at) && settled[at] != none) at = settled[at];
            for (const std::uint32_t dummy : path) settled[dummy] = at;
            parents_[i] = at;
        }
        std::vector<std::uint32_t> children(parents_.size());
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            if (parents_[i] != none) ++children[parents_[i]];
        }
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            const std::uint32_t parent = parents_[i];
            if (parent != none && is_dummy(parent) && children[parent] == 1) parents_[i] = none;
        }
    }

    // What stands at the top: a message, or a dummy and the first of its children (step 4).
    struct Top {
        std::uint32_t node;
        std::uint32_t first;  // the message that lends it date and subject
    };
    std::vector<Top> tops() const {
        std::vector<Top> out;
        std::vector<bool> seen(parents_.size());
        for (const std::uint32_t message : order_) {
            const std::uint32_t parent = parents_[message];
            if (parent == none) {
                out.push_back({message, message});
            } else if (is_dummy(parent) && !seen[parent]) {
                seen[parent] = true;
                out.push_back({parent, message});
            }
        }
        return out;
    }

    bool is_reply(std::uint32_t node) const { return !is_dummy(node) && messages_[node].is_reply_or_forward; }

    // Step (5).
    void merge_subjects() {
        const std::vector<Top> tops = this->tops();
        std::uint32_t subjects = 0;
        for (const ThreadMessage& message : messages_) subjects = std::max(subjects, message.subject + 1);
        std::vector<std::uint32_t> table(subjects, none);  // (A)
        for (const Top& top : tops) {                      // (B)
            const std::uint32_t subject = messages_[top.first].subject;
            if (subject == 0) continue;
            std::uint32_t& entry = table[subject];
            const bool replaces =
                entry == none || (!is_dummy(entry) && (is_dummy(top.node) || (is_reply(entry) && !is_reply(top.node))));
            if (replaces) entry = top.node;
        }
        std::vector<std::uint32_t> moved(parents_.size(), none);  // dummies whose children another one takes
        for (const Top& top : tops) {                             // (C)
            const std::uint32_t subject = messages_[top.first].subject;
            if (subject == 0 || table[subject] == top.node) continue;
            merge(top.node, table[subject], moved);
        }
        for (std::uint32_t i = 0; i < messages_.size(); ++i) {
            const std::uint32_t parent = parents_[i];
            if (parent != none && parent < moved.size() && moved[parent] != none) parents_[i] = moved[parent];
        }
    }

    void merge(std::uint32_t node, std::uint32_t& entry, std::vector<std::uint32_t>& moved) {
        if (is_dummy(node)) {
            moved[node] = entry;  // (B) has made the entry a dummy, too
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
};

}  // namespace

std::vector<ThreadNode> thread_by_subject(std::span<const ThreadMessage> messages) {
    std::uint32_t subjects = 0;
    for (const ThreadMessage& message : messages) subjects = std::max(subjects, message.subject + 1);
    std::vector<std::uint32_t> first(subjects, none);  // of each subject, by sent date
    std::vector<std::uint32_t> parents(messages.size(), none);
    const std::vector<std::uint32_t> order = by_sent_date(messages);
    for (const std::uint32_t message : order) {
        std::uint32_t& head = first[messages[message].subject];
        parents[message] = std::exchange(head, head == none ? message : head);
    }
    return Outline(messages, parents, order).write();
}

std::vector<ThreadNode> thread_by_references(std::span<const ThreadMessage> messages,
                                             std::span<const std::uint32_t> references, std::uint32_t id_count) {
    return References(messages, references, id_count).thread();
}

}  // namespace imap
