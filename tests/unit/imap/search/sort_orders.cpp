// Cached orders of whole mailboxes: RFC 5256; what each can be used for, and for how long.
#include <doctest/doctest.h>

#include "protocols/imap/search/match.h"
#include "protocols/imap/search/sort_orders.h"

namespace {

using imap::SearchMatch;
using imap::SortOrders;
using storage::MailboxId;
using storage::Uid;
using Criteria = std::vector<imap::wire::SortCriterion>;
using SortKey = imap::wire::SortCriterion::Key;

const Criteria by_subject = {{.key = SortKey::subject}};
const Criteria by_date = {{.key = SortKey::date}};

std::vector<SearchMatch> matches_of(std::initializer_list<std::uint32_t> uids) {
    std::vector<SearchMatch> matches;
    for (const std::uint32_t uid : uids) matches.push_back({.modseq = storage::ModSeq{uid * 10}, .uid = Uid{uid}});
    return matches;
}

std::vector<std::uint32_t> uids_in_order(std::initializer_list<std::uint32_t> found,
                                         std::initializer_list<std::uint32_t> order) {
    std::vector<Uid> uids;
    for (const std::uint32_t uid : order) uids.push_back(Uid{uid});
    const auto sorted = imap::in_order(matches_of(found), uids);
    if (!sorted) return {0};
    std::vector<std::uint32_t> out;
    for (const SearchMatch& match : *sorted) {
        CHECK(match.modseq.value == match.uid.value * 10);
        out.push_back(match.uid.value);
    }
    return out;
}

}  // namespace

TEST_CASE("matches are put in an order that knows more, and not in one that lacks one of them") {
    using Uids = std::vector<std::uint32_t>;
    CHECK(uids_in_order({1, 2, 3}, {3, 1, 2}) == Uids{3, 1, 2});
    CHECK(uids_in_order({2, 7, 9}, {9, 3, 1, 7, 2}) == Uids{9, 7, 2});
    CHECK(uids_in_order({}, {3, 1}) == Uids{});
    CHECK(uids_in_order({1, 2, 3}, {3, 1}) == Uids{0});
}

TEST_CASE("an order is known for its mailbox and criteria until a message is added") {
    SortOrders orders;
    orders.keep(MailboxId{1}, Uid{3}, by_subject, matches_of({3, 1, 2}));
    REQUIRE(orders.find(MailboxId{1}, Uid{3}, by_subject));
    CHECK(*orders.find(MailboxId{1}, Uid{3}, by_subject) == std::vector{Uid{3}, Uid{1}, Uid{2}});
    CHECK_FALSE(orders.find(MailboxId{1}, Uid{4}, by_subject));
    CHECK_FALSE(orders.find(MailboxId{2}, Uid{3}, by_subject));
    CHECK_FALSE(orders.find(MailboxId{1}, Uid{3}, by_date));
    CHECK_FALSE(orders.find(MailboxId{1}, Uid{3}, {{.key = SortKey::subject, .reverse = true}}));
    orders.keep(MailboxId{1}, Uid{4}, by_subject, matches_of({3, 1, 2, 4}));
    CHECK_FALSE(orders.find(MailboxId{1}, Uid{3}, by_subject));
    CHECK(orders.find(MailboxId{1}, Uid{4}, by_subject)->size() == 4);
    CHECK(imap::is_lasting({{.key = SortKey::from}, {.key = SortKey::date}}));
    CHECK_FALSE(imap::is_lasting({{.key = SortKey::from}, {.key = SortKey::relevancy}}));
}

TEST_CASE("what was least lately used is forgotten first, and what is too large is not kept at all") {
    SortOrders orders(3 * SortOrders::least_octets);
    for (const std::int64_t mailbox : {1, 2, 3}) {
        orders.keep(MailboxId{mailbox}, Uid{3}, by_subject, matches_of({1, 2, 3}));
    }
    CHECK(orders.find(MailboxId{1}, Uid{3}, by_subject));
    orders.keep(MailboxId{4}, Uid{3}, by_subject, matches_of({1, 2, 3}));
    CHECK(orders.find(MailboxId{1}, Uid{3}, by_subject));
    CHECK_FALSE(orders.find(MailboxId{2}, Uid{3}, by_subject));
    CHECK(orders.find(MailboxId{3}, Uid{3}, by_subject));
    std::vector<SearchMatch> many(4 * SortOrders::least_octets / sizeof(Uid));
    for (std::uint32_t i = 0; i < many.size(); ++i) many[i].uid = Uid{i + 1};
    orders.keep(MailboxId{5}, many.back().uid, by_subject, many);
    CHECK_FALSE(orders.find(MailboxId{5}, many.back().uid, by_subject));
    CHECK(orders.find(MailboxId{4}, Uid{3}, by_subject));
}
