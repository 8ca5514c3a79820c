// Threads, from the messages to the response. RFC 5256 §3, §4.
#include "protocols/imap/search/threads.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../compute_turns.h"
#include "protocols/imap/search/thread_table.h"
#include "protocols/mime/summary.h"
#include "tests/support/purse.h"

namespace {

using imap::ThreadMessage;
using imap::ThreadTable;
using Algorithm = imap::wire::Thread::Algorithm;

// A message: its id, the ids that it refers to, its subject; dates ascend unless given.
struct Mail {
    std::string id;
    std::string references;  // with spaces between them
    std::string subject;
    int day = 0;  // of January; 0: by the message's position
};

std::string header_of(const Mail& mail, std::size_t place) {
    std::string header;
    if (!mail.id.empty()) header += "Message-ID: <" + mail.id + "@x>\r\n";
    std::string ids;
    for (std::size_t at = 0; at < mail.references.size();) {
        const std::size_t end = std::min(mail.references.find(' ', at), mail.references.size());
        ids += " <" + mail.references.substr(at, end - at) + "@x>";
        at = end + 1;
    }
    if (!ids.empty()) header += "References:" + ids + "\r\n";
    if (!mail.subject.empty()) header += "Subject: " + mail.subject + "\r\n";
    const std::size_t day = mail.day == 0 ? place : static_cast<std::size_t>(mail.day);
    return header + "Date: " + std::to_string(day) + " Jan 2024 10:00:00 +0000\r\n\r\n";
}

void take(ThreadTable& table, const std::string& header, std::uint32_t uid) {
    const std::string encoded = mime::encode_summary(mime::summarize(header));
    const mime::SummaryView summary(encoded);
    const storage::ScannedRow row{
        .uid = storage::Uid{uid}, .modseq = {}, .internal_date = uid, .size_octets = 0, .blob = {}, .summary = encoded};
    const std::function<std::string()> read_header = [&] { return header; };
    CHECK(table.take({.row = row, .summary = summary, .read_header = read_header}));
}

std::string written(const std::vector<imap::wire::ThreadNode>& threads) {
    std::string out;
    imap::wire::ResponseWriter(out).thread(threads);
    return out.substr(0, out.size() - 2);
}

const ThreadTable::Limits ample_threads{.text_octets = 1'000, .octets = 100'000'000};

std::string threaded_headers(const std::vector<std::string>& headers, Algorithm algorithm = Algorithm::references) {
    std::string whole;
    // In one table, or in two that are joined, split at any point: the result is the same.
    for (std::size_t cut = 0; cut <= headers.size(); ++cut) {
        ThreadTable lower(algorithm, ample_threads);
        ThreadTable upper(algorithm, ample_threads);
        for (std::size_t i = 0; i < headers.size(); ++i) {
            take(i < cut ? lower : upper, headers[i], static_cast<std::uint32_t>(i + 1));
        }
        base::Pace pace;
        lower.append(upper, pace).finish();
        std::vector<imap::wire::ThreadNode> threads;
        lower.find_threads(threads).finish();
        const std::string text = written(threads);
        if (cut == 0) whole = text;
        CHECK(text == whole);
    }
    return whole;
}

std::vector<imap::wire::ThreadNode> by_references(const std::vector<ThreadMessage>& messages,
                                                  const std::vector<std::uint32_t>& references, std::uint32_t ids) {
    std::vector<imap::wire::ThreadNode> threads;
    imap::thread_by_references(messages, references, ids, threads).finish();
    return threads;
}

std::string threaded(const std::vector<Mail>& mails, Algorithm algorithm = Algorithm::references) {
    std::vector<std::string> headers;
    for (const Mail& mail : mails) headers.push_back(header_of(mail, headers.size() + 1));
    return threaded_headers(headers, algorithm);
}

}  // namespace

TEST_CASE("ORDEREDSUBJECT: RFC 5256 §3") {
    CHECK(threaded(std::vector<Mail>{}, Algorithm::ordered_subject) == "* THREAD");
    CHECK(threaded({{.subject = "a"}, {.subject = "b"}, {.subject = "Re: a"}, {.subject = "A (fwd)"}, {.subject = "b"}},
                   Algorithm::ordered_subject) == "* THREAD (1 (3)(4))(2 5)");
    // threads are in the order of their first messages' dates, and these need not be first in the mailbox
    CHECK(threaded({{.subject = "a", .day = 9}, {.subject = "b", .day = 5}, {.subject = "re: a", .day = 4}},
                   Algorithm::ordered_subject) == "* THREAD (3 1)(2)");
    CHECK(threaded({{.id = "1"}, {.id = "2"}, {.subject = "x"}}, Algorithm::ordered_subject) == "* THREAD (1 2)(3)");
}

TEST_CASE("REFERENCES, step (1): links") {
    CHECK(threaded({{.id = "a"}, {.id = "b", .references = "a"}, {.id = "c", .references = "a b"}}) ==
          "* THREAD (1 2 3)");
    CHECK(threaded({{.id = "a"}, {.id = "b", .references = "a"}, {.id = "c", .references = "a"}}) ==
          "* THREAD (1 (2)(3))");
    // replies that are before the message they answer
    CHECK(threaded({{.id = "c", .references = "a b"}, {.id = "b", .references = "a"}, {.id = "a"}}) ==
          "* THREAD (3 2 1)");
    // (A): an existing link stays, since References may be cut short; (B): but a message's own parent overrides it
    CHECK(threaded({{.id = "a"}, {.id = "b"}, {.id = "c", .references = "a b"}, {.id = "d", .references = "c b"}}) ==
          "* THREAD (1 2 (3)(4))");
    CHECK(threaded({{.id = "a"}, {.id = "d", .references = "a b c"}, {.id = "c", .references = "a"}}) ==
          "* THREAD (1 3 2)");
    // a message without references has no parent
    CHECK(threaded({{.id = "z"}, {.id = "d", .references = "z a"}, {.id = "a"}}) == "* THREAD (1)(3 2)");
    CHECK(threaded({{.id = "b", .references = "a"},
                    {.id = "c", .references = "a b"},
                    {.id = "a", .references = ""},
                    {.id = "d", .references = "c a"}}) == "* THREAD (3 (1 2)(4))");
    // no loops
    CHECK(threaded({{.id = "a", .references = "b"}, {.id = "b", .references = "a"}}) == "* THREAD (2 1)");
    CHECK(threaded({{.id = "a", .references = "a"}}) == "* THREAD (1)");
    CHECK(threaded({{.id = "a", .references = "c"}, {.id = "b", .references = "a"}, {.id = "c", .references = "b"}}) ==
          "* THREAD (3 1 2)");
    // an id belongs to the first message that has it; without an id there are no replies
    CHECK(threaded({{.id = "a"}, {.id = "a"}, {.id = "b", .references = "a"}}) == "* THREAD (1 3)(2)");
    CHECK(threaded({{.references = "a"}, {.references = "a"}, {.id = "a"}}) == "* THREAD (3 (1)(2))");
}

TEST_CASE("REFERENCES: what counts as a reference, and when ids are the same") {
    const std::string parents = "Message-ID: <a@x>\r\n\r\n";
    const std::string second = "Message-ID: <b@x>\r\n\r\n";
    const struct {
        std::string header;
        std::string threads;
    } rows[] = {
        {"In-Reply-To: <a@x>\r\n\r\n", "* THREAD (1 3)(2)"},
        {"In-Reply-To: <a@x> <b@x>\r\n\r\n", "* THREAD (1 3)(2)"},
        {"In-Reply-To: your message <b@x> of Monday\r\n\r\n", "* THREAD (1)(2 3)"},
        {"In-Reply-To: <b@x>\r\nReferences: <a@x>\r\n\r\n", "* THREAD (1 3)(2)"},
        {"In-Reply-To: <b@x>\r\nReferences: nothing\r\n\r\n", "* THREAD (1)(2 3)"},
        {"In-Reply-To: <a@x> <b@x>\r\nReferences: <a@x> <b@x>\r\n\r\n", "* THREAD (1 2 3)"},
        {"References: <\"a\"@x>\r\n\r\n", "* THREAD (1 3)(2)"},
        {"References: <\"\\a\"@x>\r\n\r\n", "* THREAD (1 3)(2)"},
        {"References: <a\r\n @x>\r\n\r\n", "* THREAD (1 3)(2)"},
        {"References: <A@x>\r\n\r\n", "* THREAD (1)(2)(3)"},
        {"References: <>\r\n\r\n", "* THREAD (1)(2)(3)"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.header);
        CHECK(threaded_headers({parents, second, row.header}) == row.threads);
    }
}

TEST_CASE("REFERENCES, step (3): dummies are pruned") {
    // an only child replaces its dummy, at the top too; several keep the dummy at the top only
    CHECK(threaded({{.id = "b", .references = "a"}}) == "* THREAD (1)");
    CHECK(threaded({{.id = "b", .references = "a"}, {.id = "c", .references = "a"}}) == "* THREAD ((1)(2))");
    CHECK(threaded({{.id = "a"}, {.id = "c", .references = "a b"}, {.id = "d", .references = "a b"}}) ==
          "* THREAD (1 (2)(3))");
    CHECK(threaded({{.id = "d", .references = "a b c"}, {.id = "e", .references = "a f g"}}) == "* THREAD ((1)(2))");
    CHECK(threaded({{.id = "d", .references = "a b c"},
                    {.id = "e", .references = "a b g"},
                    {.id = "h", .references = "d"}}) == "* THREAD ((1 3)(2))");
}

TEST_CASE("REFERENCES, step (5): one subject, one thread") {
    CHECK(threaded({{.id = "a", .subject = "x"}, {.id = "b", .subject = "Re: x"}}) == "* THREAD (1 2)");
    CHECK(threaded({{.id = "a", .subject = "Re: x"}, {.id = "b", .subject = "X"}}) == "* THREAD (2 1)");
    CHECK(threaded({{.id = "a", .subject = "x"}, {.id = "b", .subject = "x"}}) == "* THREAD ((1)(2))");
    CHECK(threaded({{.id = "a", .subject = "Re: x"}, {.id = "b", .subject = "Re: x"}}) == "* THREAD ((1)(2))");
    CHECK(threaded({{.id = "a", .subject = "x"}, {.id = "b", .subject = "x"}, {.id = "c", .subject = "Re: x"}}) ==
          "* THREAD ((1)(2)(3))");
    CHECK(threaded({{.id = "a"}, {.id = "b"}}) == "* THREAD (1)(2)");
    // a dummy takes messages and other dummies' children; its subject is its first child's
    CHECK(threaded({{.id = "b", .references = "a", .subject = "Re: x"},
                    {.id = "c", .references = "a", .subject = "Re: y"},
                    {.id = "d", .subject = "x"},
                    {.id = "f", .references = "e", .subject = "Re: x"},
                    {.id = "g", .references = "e", .subject = "Re: z"},
                    {.id = "h", .subject = "y"}}) == "* THREAD ((1)(2)(3)(4)(5))(6)");
    // threads keep their replies
    CHECK(threaded({{.id = "a", .subject = "x"},
                    {.id = "b", .references = "a", .subject = "Re: x"},
                    {.id = "c", .subject = "Fwd: x"},
                    {.id = "d", .references = "c", .subject = "y"}}) == "* THREAD (1 (2)(3 4))");
}

TEST_CASE("REFERENCES, steps (4) and (6): siblings by sent date, then by number") {
    CHECK(threaded({{.id = "a", .day = 9},
                    {.id = "b", .day = 8},
                    {.id = "c", .references = "a", .day = 7},
                    {.id = "d", .references = "a", .day = 6},
                    {.id = "e", .references = "a", .day = 7}}) == "* THREAD (2)(1 (4)(3)(5))");
    CHECK(threaded({{.id = "b", .references = "a", .day = 9},
                    {.id = "c", .references = "a", .day = 5},
                    {.id = "d", .day = 7}}) == "* THREAD ((2)(1))(3)");
}

TEST_CASE("threads deeper than any stack, and references made to be slow") {
    constexpr std::uint32_t many = 100'000;
    std::vector<ThreadMessage> messages;
    std::vector<std::uint32_t> references;
    for (std::uint32_t i = 0; i < many; ++i) {  // each answers the one after it
        if (i + 1 < many) references.push_back(many - 2 - i);
        messages.push_back({.uid = i + 1,
                            .sent_date = i,
                            .id = many - 1 - i,
                            .references_end = static_cast<std::uint32_t>(references.size())});
    }
    const std::string chain = written(by_references(messages, references, many));
    CHECK(chain.starts_with("* THREAD (100000 99999 99998 "));
    CHECK(chain.ends_with(" 3 2 1)"));

    // Every second message has two answers: lists within lists, half as deep as there are messages.
    messages.clear();
    references.clear();
    for (std::uint32_t i = 0; i < many; ++i) {
        if (i > 0) references.push_back(i % 2 == 1 ? i - 1 : i - 2);
        messages.push_back(
            {.uid = i + 1, .sent_date = i, .id = i, .references_end = static_cast<std::uint32_t>(references.size())});
    }
    const std::string nested = written(by_references(messages, references, many));
    CHECK(nested.starts_with("* THREAD (1 (2)(3 (4)(5 (6)"));
    CHECK(nested.ends_with(std::string(many / 2, ')')));
    CHECK(std::ranges::count(nested, '(') == std::ranges::count(nested, ')'));

    // Random references: most links must be checked for loops.
    constexpr std::uint32_t tangled = 20'000;
    messages.clear();
    references.clear();
    for (std::uint32_t i = 0; i < tangled; ++i) {
        for (std::uint32_t j = 0; j < 10; ++j) references.push_back((i * 7919 + j * 104729) % tangled);
        messages.push_back(
            {.uid = i + 1, .sent_date = i, .id = i, .references_end = static_cast<std::uint32_t>(references.size())});
    }
    CHECK(by_references(messages, references, tangled).size() == tangled);
}

TEST_CASE("THREAD is done in slices, and others have their turn between them") {
    const auto slices_of = [](std::uint32_t half, Algorithm algorithm) {
        const auto lower = std::make_shared<ThreadTable>(algorithm, ample_threads);
        const auto upper = std::make_shared<ThreadTable>(algorithm, ample_threads);
        for (std::uint32_t i = 0; i < 2 * half; ++i) {
            const std::string number = std::to_string(i);
            take(i < half ? *lower : *upper,
                 header_of({.id = number, .references = std::to_string(i / 3), .subject = "pickles " + number}, 1),
                 i + 1);
        }
        imap::Threading threading(lower, upper);
        const test::Turns turns = test::turns_beside([&] { return threading.go_on(); });
        CHECK(threading.take_threads().value().size() == 2 * half);
        return turns.slices;
    };
    for (const Algorithm algorithm : {Algorithm::references, Algorithm::ordered_subject}) {
        const int few = slices_of(2'500, algorithm);
        const int many = slices_of(10'000, algorithm);
        CHECK(few >= 2);
        CHECK(many >= 3 * few);  // a slice has the same size however much there is to do
    }
}

TEST_CASE("what a THREAD's halves hold while they become one counts") {
    base::Budget all(10'000'000);
    const ThreadTable::Limits limits{.text_octets = 1'000, .octets = 10'000'000, .of_all = &all};
    const auto threaded_within = [&](std::uint64_t octets) {
        all.resize(10'000'000);
        const auto lower = std::make_shared<ThreadTable>(Algorithm::references, limits);
        const auto upper = std::make_shared<ThreadTable>(Algorithm::references, limits);
        for (std::uint32_t i = 0; i < 4'000; ++i) {
            take(i < 2'000 ? *lower : *upper, header_of({.id = std::to_string(i)}, 1), i + 1);
        }
        const std::uint64_t apart = all.taken();
        all.resize(apart + octets);
        imap::Threading threading(lower, upper);
        while (threading.go_on()) CHECK(all.taken() <= apart + octets);
        return threading.take_threads();
    };
    CHECK(threaded_within(50'000).error() == imap::TableFault::busy);
    CHECK(threaded_within(9'000'000).value().size() == 4'000);
    CHECK(all.taken() == 0);
}

TEST_CASE("what an account's threads hold counts for it, and comes back") {
    const auto purse = std::make_shared<support::Purse>(100'000);
    {
        ThreadTable table(Algorithm::references, {.text_octets = 1'000, .octets = 1'000'000, .allowance = purse});
        std::uint32_t uid = 0;
        const std::string encoded = mime::encode_summary(mime::summarize("Subject: pickles\r\n\r\n"));
        const mime::SummaryView summary(encoded);
        const std::function<std::string()> no_header = [] { return std::string(); };
        bool fits = true;
        while (fits && uid < 10'000) {
            const storage::ScannedRow row{.uid = storage::Uid{++uid},
                                          .modseq = {},
                                          .internal_date = 0,
                                          .size_octets = 0,
                                          .blob = {},
                                          .summary = encoded};
            fits = table.take({.row = row, .summary = summary, .read_header = no_header});
        }
        CHECK(uid > 100);
        CHECK(table.fault() == imap::TableFault::account);
        CHECK(purse->held > 90'000);
    }
    CHECK(purse->held == 0);
}
