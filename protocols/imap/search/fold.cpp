// Combines sets of UIDs under AND, OR and NOT. Afterwards the cheapest keys are tested first, since they may decide.
#include "protocols/imap/search/fold.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace imap {
namespace {

using NodeKind = SearchNode::Kind;
using storage::UidSet;

bool is_set(const SearchNode& node) {
    return node.kind == NodeKind::message_set || node.kind == NodeKind::uid_set || node.kind == NodeKind::recent;
}

bool is_all(const SearchNode& node) { return node.kind == NodeKind::all; }

SearchNode set_node(UidSet uids) {
    SearchNode node;
    node.kind = NodeKind::uid_set;
    node.uids = std::move(uids);
    return node;
}

// In pairs, so that each range is visited once per round.
template <class Combine>
UidSet combined(std::vector<UidSet> sets, Combine&& combine) {
    while (sets.size() > 1) {
        std::size_t made = 0;
        for (std::size_t i = 0; i < sets.size(); i += 2) {
            if (i + 1 < sets.size()) combine(sets[i], sets[i + 1]);
            if (made != i) sets[made] = std::move(sets[i]);
            ++made;
        }
        sets.resize(made);
    }
    return std::move(sets.front());
}

// The children of AND or OR, including those of nested ones of the same kind; sets go to `sets` instead.
std::vector<SearchNode> split(SearchNode& node, std::vector<UidSet>& sets) {
    std::vector<SearchNode> others;
    for (SearchNode& child : node.children) {
        if (child.kind == node.kind) {
            std::vector<SearchNode> inner = split(child, sets);
            std::ranges::move(inner, std::back_inserter(others));
        } else if (is_set(child)) {
            sets.push_back(std::move(child.uids));
        } else if (child.kind == NodeKind::all && node.kind == NodeKind::every) {
            continue;  // it matches everything
        } else {
            others.push_back(std::move(child));
        }
    }
    return others;
}

void fold_children(SearchNode& node) {
    std::vector<UidSet> sets;
    std::vector<SearchNode> children = split(node, sets);
    if (!children.empty() && std::ranges::all_of(children, is_all)) {  // an OR; in an AND they were removed
        node = {};
        node.kind = NodeKind::all;
        return;
    }
    const bool every = node.kind == NodeKind::every;
    if (!sets.empty()) {
        UidSet uids = combined(std::move(sets), [&](UidSet& one, const UidSet& other) {
            if (every) {
                one = one.intersected(other);
            } else {
                one.merge(other);
            }
        });
        if (every && uids.empty()) children.clear();  // nothing can match
        children.insert(children.begin(), set_node(std::move(uids)));
    }
    if (children.size() == 1) {
        SearchNode only = std::move(children.front());
        node = std::move(only);
        return;
    }
    if (children.empty()) {
        node = {};
        node.kind = NodeKind::all;
        return;
    }
    node.children = std::move(children);
    node.evidence = std::ranges::max_element(node.children, {}, &SearchNode::evidence)->evidence;
    std::ranges::sort(node.children, {}, &SearchNode::evidence);
}

void fold_negation(SearchNode& node) {
    SearchNode& inner = node.children.front();
    if (is_set(inner)) {
        node = set_node(without(UidSet::all(), inner.uids));
    } else if (inner.kind == NodeKind::all) {
        node = set_node({});
    } else if (inner.kind == NodeKind::negation) {
        SearchNode same = std::move(inner.children.front());
        node = std::move(same);
    } else {
        node.evidence = inner.evidence;
    }
}

}  // namespace

UidSet without(const UidSet& uids, const UidSet& other) {
    UidSet rest;
    auto hole = other.ranges().begin();
    for (const UidSet::Range& range : uids.ranges()) {
        std::uint64_t next = range.first.value;
        while (hole != other.ranges().end() && hole->last < range.first) ++hole;
        for (auto cut = hole; cut != other.ranges().end() && cut->first <= range.last; ++cut) {
            hole = cut;  // it may extend into the next range
            if (next < cut->first.value)
                rest.insert(storage::Uid{static_cast<std::uint32_t>(next)}, storage::Uid{cut->first.value - 1});
            next = std::uint64_t{cut->last.value} + 1;
        }
        if (next <= range.last.value) rest.insert(storage::Uid{static_cast<std::uint32_t>(next)}, range.last);
    }
    return rest;
}

void fold(SearchNode& node) {
    for (SearchNode& child : node.children) fold(child);
    if (node.kind == NodeKind::every || node.kind == NodeKind::either) {
        fold_children(node);
    } else if (node.kind == NodeKind::negation) {
        fold_negation(node);
    }
}

std::size_t count_tests(const SearchNode& node) {
    std::size_t tests = 1;
    for (const SearchNode& child : node.children) tests += count_tests(child);
    return tests;
}

}  // namespace imap
