// Combining search keys that name messages (search/fold.h): the folded program must give the same answers.
#include "protocols/imap/search/fold.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

namespace {

using imap::Evidence;
using imap::SearchNode;
using storage::Uid;
using storage::UidSet;
using NodeKind = SearchNode::Kind;

constexpr std::uint32_t largest_asked = 40;

SearchNode set_of(std::initializer_list<Uid> uids) {
    SearchNode node;
    node.kind = NodeKind::uid_set;
    node.uids = uids;
    return node;
}

// A key that needs the row: every n-th message has this flag.
SearchNode flag_key(std::uint8_t n) {
    SearchNode node;
    node.kind = NodeKind::flag;
    node.evidence = Evidence::row;
    node.flag = n;
    return node;
}

SearchNode joined(NodeKind kind, std::vector<SearchNode> children) {
    SearchNode node;
    node.kind = kind;
    for (const SearchNode& child : children) node.evidence = std::max(node.evidence, child.evidence);
    node.children = std::move(children);
    return node;
}

bool answers(const SearchNode& node, Uid uid) {
    switch (node.kind) {
        case NodeKind::all:
            return true;
        case NodeKind::every:
            return std::ranges::all_of(node.children, [&](const SearchNode& child) { return answers(child, uid); });
        case NodeKind::either:
            return std::ranges::any_of(node.children, [&](const SearchNode& child) { return answers(child, uid); });
        case NodeKind::negation:
            return !answers(node.children.front(), uid);
        case NodeKind::flag:
            return uid.value % node.flag == 0;
        default:
            return node.uids.contains(uid);
    }
}

SearchNode any_node(std::mt19937& random, int depth) {
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    switch (depth == 0 ? below(3) : below(6)) {
        case 0: {
            SearchNode node = set_of({});
            for (int i = 0; i < 3; ++i) {
                const std::uint32_t first = 1 + below(largest_asked);
                node.uids.insert(Uid{first}, Uid{first + below(4)});
            }
            return node;
        }
        case 1:
            return flag_key(static_cast<std::uint8_t>(2 + below(3)));
        case 2: {
            SearchNode all;
            all.kind = NodeKind::all;
            return all;
        }
        case 3:
            return joined(NodeKind::negation, {any_node(random, depth - 1)});
        default: {
            std::vector<SearchNode> children;
            for (std::uint32_t i = 1 + below(3); i > 0; --i) children.push_back(any_node(random, depth - 1));
            return joined(below(2) == 0 ? NodeKind::every : NodeKind::either, std::move(children));
        }
    }
}

bool is_tidy(const SearchNode& node) {
    const bool decided_by_uid = node.kind == NodeKind::all || node.kind == NodeKind::uid_set;
    return (node.evidence == Evidence::uid) == decided_by_uid;
}

}  // namespace

TEST_CASE("a thousand NOT UID are one set") {
    std::vector<SearchNode> keys;
    for (std::uint32_t i = 1; i <= 1000; ++i) keys.push_back(joined(NodeKind::negation, {set_of({Uid{2 * i}})}));
    SearchNode root = joined(NodeKind::every, std::move(keys));
    imap::fold(root);
    CHECK(root.kind == NodeKind::uid_set);
    CHECK(imap::count_tests(root) == 1);
    CHECK(root.uids.ranges().size() == 1001);
    CHECK(root.uids.contains(Uid{1}));
    CHECK_FALSE(root.uids.contains(Uid{2000}));
    CHECK(root.uids.contains(Uid{2001}));
}

TEST_CASE("sets are judged first, once, and what cannot match asks for nothing more") {
    SearchNode root = joined(NodeKind::every, {flag_key(2), set_of({Uid{4}, Uid{6}}),
                                               joined(NodeKind::every, {flag_key(3), set_of({Uid{6}})})});
    imap::fold(root);
    REQUIRE(root.children.size() == 3);
    CHECK(root.children[0].kind == NodeKind::uid_set);
    CHECK(root.children[0].uids == UidSet{Uid{6}});

    SearchNode never = joined(NodeKind::every, {flag_key(2), set_of({Uid{4}}), set_of({Uid{5}})});
    imap::fold(never);
    CHECK(never.kind == NodeKind::uid_set);
    CHECK(never.uids.empty());
}

TEST_CASE("what is folded has the same answers") {
    std::mt19937 random(20261129);
    for (int i = 0; i < 3000; ++i) {
        CAPTURE(i);
        const SearchNode asked = any_node(random, 4);
        SearchNode folded = asked;
        imap::fold(folded);
        CHECK(is_tidy(folded));
        CHECK(imap::count_tests(folded) <= imap::count_tests(asked));
        for (std::uint32_t uid = 1; uid <= largest_asked; ++uid) {
            CHECK(answers(folded, Uid{uid}) == answers(asked, Uid{uid}));
        }
    }
}

TEST_CASE("a set without another") {
    const UidSet odd = {Uid{1}, Uid{3}, Uid{5}, Uid{7}};
    UidSet middle;
    middle.insert(Uid{3}, Uid{5});
    UidSet ends;
    ends.insert(Uid{1}, Uid{2});
    ends.insert(Uid{6}, Uid{4294967295U});
    CHECK(imap::without(odd, middle) == UidSet{Uid{1}, Uid{7}});
    CHECK(imap::without(UidSet::all(), middle) == ends);
    CHECK(imap::without(UidSet::all(), ends) == middle);
    CHECK(imap::without(UidSet::all(), UidSet::all()).empty());
    CHECK(imap::without(odd, {}) == odd);
    CHECK(imap::without({}, odd).empty());
}
