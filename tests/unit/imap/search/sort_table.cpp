// Sort keys and their order. RFC 5256 §2.2, §3; RFC 5957 §3, §4.
#include "protocols/imap/search/sort_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "../compute_turns.h"
#include "protocols/mime/summary.h"
#include "tests/support/purse.h"

namespace {

using imap::ScannedMessage;
using imap::SortTable;
using imap::wire::SortCriterion;
using Key = SortCriterion::Key;

struct Row {
    std::string header;
    std::int64_t internal_date = 0;
    std::uint64_t size = 0;
};

void fill(SortTable& table, const std::vector<Row>& rows, std::uint32_t first_uid = 1) {
    const std::function<std::string()> no_header = [] { return std::string(); };
    for (std::uint32_t i = 0; i < rows.size(); ++i) {
        const std::string encoded = mime::encode_summary(mime::summarize(rows[i].header + "\r\n"));
        const mime::SummaryView summary(encoded);
        const storage::ScannedRow row{.uid = storage::Uid{first_uid + i},
                                      .modseq = storage::ModSeq{10},
                                      .internal_date = rows[i].internal_date,
                                      .size_octets = rows[i].size,
                                      .blob = {},
                                      .summary = encoded};
        (void)table.take({.row = row, .summary = summary, .read_header = no_header});
    }
}

std::vector<imap::SearchMatch> in_order(const SortTable& table) {
    std::vector<std::size_t> rows(table.size());
    std::iota(rows.begin(), rows.end(), 0);
    std::ranges::sort(rows, [&](std::size_t a, std::size_t b) { return table.comes_before(a, b); });
    std::vector<imap::SearchMatch> matches;
    for (const std::size_t row : rows) matches.push_back(table.match_of(row));
    return matches;
}

std::string uids(const SortTable& table) {
    std::string out;
    for (const imap::SearchMatch& match : in_order(table)) {
        out += (out.empty() ? "" : " ") + std::to_string(match.uid.value);
    }
    return out;
}

const auto no_scores = std::make_shared<const std::vector<imap::SearchMatch>>();
const SortTable::Limits ample{.text_octets = 1'000, .octets = 1'000'000};

std::string sorted(const std::vector<SortCriterion>& criteria, const std::vector<Row>& rows) {
    SortTable table(criteria, ample, no_scores);
    fill(table, rows);
    return uids(table);
}

Row with(std::string header) { return {.header = std::move(header)}; }

}  // namespace

TEST_CASE("dates and sizes, and the order of the mailbox where they are the same") {
    // §2.2: in UTC; without a valid Date, the internal date (here 2001-01-01 00:00:00)
    const std::vector<Row> rows = {
        {"Date: Sun, 31 Dec 2000 16:01:33 -0800\r\n", 5, 300},  // 00:01:33 UTC
        {"Date: Mon, 1 Jan 2001 00:01:32 +0000\r\n", 9, 70},   {"Subject: no date\r\n", 978307200, 300},
        {"Date: yesterday\r\n", 978307200, 4000000000},        {"Date: Fri, 21 Nov 1969 09:55:06 -0600\r\n", -5, 70},
    };
    CHECK(sorted({{Key::date}}, rows) == "5 3 4 2 1");
    CHECK(sorted({{Key::date, true}}, rows) == "1 2 3 4 5");
    CHECK(sorted({{Key::arrival}}, rows) == "5 1 2 3 4");
    CHECK(sorted({{Key::arrival, true}}, rows) == "3 4 2 1 5");
    CHECK(sorted({{Key::size}}, rows) == "2 5 1 3 4");
    CHECK(sorted({{Key::size}, {Key::date}}, rows) == "5 2 3 1 4");
    CHECK(sorted({{Key::size}, {Key::size, true}, {Key::date, true}}, rows) == "2 5 1 3 4");
    CHECK(sorted({{Key::date}}, {}).empty());
}

TEST_CASE("texts: i;unicode-casemap, the empty one first") {
    const std::vector<Row> rows = {
        with("Subject: Re: zebra crossing\r\n"),
        with("Subject: Zebra\r\n"),
        with("Subject: =?UTF-8?Q?=C3=A4pfel?=\r\n"),
        with("Subject: zebra crossings\r\n"),
        with("From: a@b\r\n"),
        with("Subject: ZEBRA CROSSING\r\n"),
        with("Subject: apple\r\n"),
    };
    // "ä" is "A" and a combining mark: after "AP", before "Z" (RFC 5051)
    CHECK(sorted({{Key::subject}}, rows) == "5 7 3 2 1 6 4");
    CHECK(sorted({{Key::subject, true}}, rows) == "4 1 6 2 3 7 5");
}

TEST_CASE("addresses: RFC 5256 takes addr-mailbox, RFC 5957 what is shown") {
    const std::vector<Row> rows = {
        with("From: Zoe <adam@x.org>\r\nTo: bob@x.org, aaron@x.org\r\n"),
        with("From: zed@a.org\r\nTo: =?UTF-8?Q?=C3=84rzte?= <z@x.org>\r\nCc: carol@x.org\r\n"),
        with("From: ADAM@y.org (Anne)\r\nCc: \"\" <bert@x.org>\r\n"),
        with("From: \"\" <zed@b.org>\r\nTo: friends: a@b.org;\r\n"),
    };
    CHECK(sorted({{Key::from}}, rows) == "1 3 2 4");
    CHECK(sorted({{Key::display_from}}, rows) == "3 2 4 1");
    CHECK(sorted({{Key::to}}, rows) == "3 1 4 2");
    CHECK(sorted({{Key::display_to}}, rows) == "3 2 1 4");
    CHECK(sorted({{Key::cc}}, rows) == "1 4 3 2");
    CHECK(sorted({{Key::from}, {Key::display_from, true}}, rows) == "1 3 4 2");
}

TEST_CASE("two halves make one order, and a table has an end") {
    const std::vector<Row> rows = {with("Subject: a long enough subject 2\r\n"),
                                   with("Subject: a long enough subject 1\r\n")};
    const std::vector<SortCriterion> subjects{{Key::subject}};
    const auto lower = std::make_shared<SortTable>(subjects, ample, no_scores);
    const auto upper = std::make_shared<SortTable>(subjects, ample, no_scores);
    fill(*lower, rows, 1);
    fill(*upper, rows, 3);
    imap::Sorting sorting(lower, upper);
    while (sorting.go_on()) continue;
    std::vector<std::uint32_t> order;
    for (const imap::SearchMatch& match : sorting.take_sorted().value()) order.push_back(match.uid.value);
    CHECK(order == std::vector<std::uint32_t>{2, 4, 1, 3});

    SortTable cut({{Key::subject}}, {.text_octets = 10, .octets = 1'000},
                  no_scores);  // texts that differ only after that count as equal
    fill(cut, rows);
    CHECK(uids(cut) == "1 2");
    CHECK(!cut.fault());

    SortTable tiny({{Key::subject}}, {.text_octets = 10, .octets = 150}, no_scores);
    fill(tiny, rows);
    CHECK(tiny.fault() == imap::TableFault::too_much);
    CHECK(uids(tiny) == "1");
}

TEST_CASE("two halves are sorted in slices of bounded work, into the one order there is") {
    constexpr std::uint32_t half = 20'000;
    std::vector<Row> rows(half);
    for (std::uint32_t i = 0; i < half; ++i) rows[i].size = i * 7'919 % 1'009;
    const std::vector<SortCriterion> criteria{{Key::size}};
    const auto lower = std::make_shared<SortTable>(criteria, SortTable::Limits{1'000, 1U << 30}, no_scores);
    const auto upper = std::make_shared<SortTable>(criteria, SortTable::Limits{1'000, 1U << 30}, no_scores);
    fill(*lower, rows, 1);
    fill(*upper, rows, 1 + half);
    SortTable whole(criteria, {1'000, 1U << 30}, no_scores);
    fill(whole, rows, 1);
    fill(whole, rows, 1 + half);

    imap::Sorting sorting(lower, upper);
    const test::Turns turns = test::turns_beside([&] { return sorting.go_on(); });
    const auto sorted = sorting.take_sorted();
    REQUIRE(sorted.has_value());
    CHECK(std::ranges::equal(*sorted, in_order(whole), {}, &imap::SearchMatch::uid, &imap::SearchMatch::uid));
    CHECK(turns.slices > 10);  // 40,000 rows: runs of some thousand, which are then merged two by two

    imap::Sorting nothing(std::make_shared<SortTable>(criteria, ample, no_scores),
                          std::make_shared<SortTable>(criteria, ample, no_scores));
    while (nothing.go_on()) continue;
    CHECK(nothing.take_sorted().value().empty());
}

TEST_CASE("what all tables hold together has a bound, and comes back") {
    base::Budget all(150'000);
    const SortTable::Limits limits{.text_octets = 1'000, .octets = 1'000'000, .of_all = &all};
    const std::vector<Row> rows(1'000);
    {
        SortTable first({{Key::size}}, limits, no_scores);
        fill(first, rows);
        CHECK(!first.fault());
        // Per row: its match, also in the result, its sort key, and its place while sorting.
        const std::size_t row_octets = 2 * sizeof(imap::SearchMatch) + 16 + 2 * sizeof(imap::Sorting::Place);
        CHECK(all.taken() >= rows.size() * row_octets);
        CHECK(all.taken() <= 150'000);
        const auto second = std::make_shared<SortTable>(std::vector<SortCriterion>{{Key::size}}, limits, no_scores);
        fill(*second, std::vector<Row>(10'000));
        CHECK(second->fault() == imap::TableFault::busy);
        imap::Sorting sorting(std::make_shared<SortTable>(std::move(first)), second);
        while (sorting.go_on()) continue;
        CHECK(sorting.take_sorted().error() == imap::TableFault::busy);
    }
    CHECK(all.taken() == 0);
    SortTable third({{Key::size}}, limits, no_scores);
    fill(third, rows);
    CHECK(!third.fault());
}

TEST_CASE("relevancy: RFC 6203 §6, the highest score first") {
    const auto scores = std::make_shared<const std::vector<imap::SearchMatch>>(std::vector<imap::SearchMatch>{
        {{}, storage::Uid{1}, 4}, {{}, storage::Uid{2}, 99}, {{}, storage::Uid{3}, 42}, {{}, storage::Uid{4}, 42}});
    SortTable table({{Key::relevancy}}, ample, scores);
    CHECK(!table.needs_summary());
    fill(table, std::vector<Row>(4));
    CHECK(uids(table) == "2 3 4 1");
    CHECK(in_order(table).front().score == 99);
    SortTable reverse({{Key::relevancy, true}}, ample, scores);
    fill(reverse, std::vector<Row>(4));
    CHECK(uids(reverse) == "1 3 4 2");
}

TEST_CASE("what an account's tables hold counts for it, and comes back") {
    const auto purse = std::make_shared<support::Purse>(100'000);
    const SortTable::Limits limits{.text_octets = 1'000, .octets = 1'000'000, .allowance = purse};
    {
        SortTable table({{Key::size}}, limits, no_scores);
        fill(table, std::vector<Row>(100));
        CHECK(!table.fault());
        CHECK(purse->held > 0);
        fill(table, std::vector<Row>(10'000));
        CHECK(table.fault() == imap::TableFault::account);
        CHECK(purse->held <= 100'000);
        SortTable next({{Key::size}}, limits, no_scores);
        CHECK(!next.reserve(10'000));
        CHECK(next.fault() == imap::TableFault::account);
    }
    CHECK(purse->held == 0);
}
