// SEARCH with the index finds the same as without it: random programs over messages of many charsets and encodings.
// RFC 3501 §6.4.4; the index must never skip a message that matches (storage/search_index.h).
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "protocols/base/base64.h"
#include "protocols/imap/mailbox/uid_walk.h"
#include "protocols/imap/search/match.h"
#include "protocols/imap/search/program.h"
#include "protocols/mime/lexical.h"
#include "protocols/mime/message_text.h"
#include "protocols/mime/summary.h"
#include "protocols/mime/transfer_encoding.h"
#include "storage/search_index.h"
#include "tests/unit/storage/temporary_store.h"

namespace {

using imap::SearchProgram;
using imap::wire::SearchKey;
using storage::Uid;
using storage::UidSet;
using KeyKind = SearchKey::Kind;

constexpr mime::MessageTextLimits text_limits{.header_octets = 64 << 10, .chunk_octets = 500};

// A word as shown, and as encoded in its charset.
struct Word {
    std::string_view utf8;
    std::string_view charset;
    std::string_view octets;
};
constexpr Word words[] = {
    {"ketchup", "us-ascii", "ketchup"},
    {"Mustard", "us-ascii", "Mustard"},
    {"pickles", "us-ascii", "pickles"},
    {"Größe", "iso-8859-1",
     "Gr\xF6\xDF"
     "e"},
    {"Käse", "windows-1252", "K\xE4se"},
    {"Übung", "utf-8", "Übung"},
    {"сыр", "koi8-r", "\xD3\xD9\xD2"},
    {"Огурец", "windows-1251", "\xCE\xE3\xF3\xF0\xE5\xF6"},
    {"会議", "iso-2022-jp", "\x1B$B2q5D\x1B(B"},
    {"会議", "shift_jis", "\x89\xEF\x8B\x63"},
    {"請求書", "utf-8", "請求書"},
    {"회의", "euc-kr", "\xC8\xB8\xC0\xC7"},
    {"žluťoučký", "iso-8859-2", "\xBElu\xBBou\xE8k\xFD"},
};

class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }
    const Word& word() { return words[below(std::size(words))]; }

    std::string message() {
        std::string out = "From: " + phrase() + " <p" + std::to_string(below(5)) +
                          "@example.com>\r\nTo: \"Doe, Jane\" <jane@" + std::to_string(below(3)) +
                          ".example.org>\r\nSubject: " + phrase() + "\r\n " + phrase() + "\r\nMessage-ID: <" +
                          std::to_string(below(1000)) + "@example.net>\r\nX-Odd: " + phrase() +
                          "\r\nMIME-Version: 1.0\r\n";
        return out + entity(2);
    }

    // A text that some message may contain: a word, two words with the text between them, or a few octets of one.
    std::string needle() {
        std::string text(word().utf8);
        if (below(4) == 0) text += " " + std::string(word().utf8);
        if (below(3) == 0) {
            std::size_t from = below(text.size());
            while (from > 0 && (static_cast<unsigned char>(text[from]) & 0xC0) == 0x80) --from;
            text.erase(0, from);
        }
        if (below(8) == 0) text = std::string(1, static_cast<char>('a' + below(26)));
        if (below(8) == 0) text = "p" + std::to_string(below(7)) + "@example";
        if (below(20) == 0) text = "Doe, Jane";
        for (char& c : text) {
            if (below(3) == 0 && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
        }
        return text;
    }

    SearchKey key(unsigned depth) {
        SearchKey key;
        const std::size_t choice = below(depth > 0 ? 13 : 9);
        constexpr KeyKind texts[] = {KeyKind::body, KeyKind::text, KeyKind::subject,
                                     KeyKind::from, KeyKind::to,   KeyKind::cc};
        if (choice < 8) {
            key.kind = choice < std::size(texts) ? texts[choice] : KeyKind::header;
            if (key.kind == KeyKind::header) key.name = below(2) == 0 ? "X-Odd" : "Message-ID";
            key.text = needle();
            if (key.kind == KeyKind::header && below(5) == 0) key.text.clear();
        } else if (choice == 8) {
            key.kind = KeyKind::larger;
            key.number = below(3000);
        } else {
            key.kind = choice < 11 ? KeyKind::every : choice == 11 ? KeyKind::either : KeyKind::negation;
            const std::size_t children = key.kind == KeyKind::negation ? 1 : 2;
            for (std::size_t i = 0; i < children; ++i) key.children.push_back(this->key(depth - 1));
        }
        return key;
    }

  private:
    std::string phrase() {
        const Word& coded = word();
        return std::string(words[below(3)].utf8) + " =?" + std::string(coded.charset) + "?B?" +
               base::encode_base64(coded.octets) + "?=";
    }

    std::string entity(unsigned depth) {
        const std::size_t choice = below(depth > 0 ? 6 : 4);
        if (choice == 0) return attachment();
        if (choice == 5) return "Content-Type: message/rfc822\r\n\r\nSubject: " + phrase() + "\r\n" + entity(depth - 1);
        if (choice == 4) {
            const std::string boundary = "b" + std::to_string(depth) + std::to_string(below(100'000));
            std::string out = "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\npreamble\r\n";
            for (std::size_t i = below(3) + 1; i > 0; --i) out += "--" + boundary + "\r\n" + entity(depth - 1) + "\r\n";
            return out + "--" + boundary + "--\r\n";
        }
        return part();
    }

    // Found only by its name.
    std::string attachment() {
        const Word& name = word();
        if (below(2) == 0) {
            return "Content-Type: application/pdf; name=\"=?" + std::string(name.charset) + "?B?" +
                   base::encode_base64(name.octets) + "?=\"\r\n\r\nketchup\r\n";
        }
        std::string coded;
        for (const char c : name.octets) mime::append_hex(coded += '%', c);
        return "Content-Type: image/png\r\nContent-Disposition: attachment; filename*0*=" + std::string(name.charset) +
               "''" + coded.substr(0, 3) + "; filename*1*=" + coded.substr(3) + "\r\n\r\nketchup\r\n";
    }

    // One text part in one charset; sometimes HTML, sometimes longer than one read.
    std::string part() {
        const std::string_view charset = word().charset;
        const bool html = below(3) == 0;
        std::string text = html ? "<style>p{}</style><p class=\"ketchup\">" : "";
        for (std::size_t i = below(2) == 0 ? 5 : 150; i > 0; --i) {
            const Word& one = word();
            if (one.charset != charset && one.charset != "us-ascii") continue;
            text += one.octets;
            text += html && below(4) == 0 ? "<br>\r\n" : below(6) == 0 ? "\r\n" : " ";
        }
        const std::string head = "Content-Type: text/" + std::string(html ? "html" : "plain") +
                                 "; charset=" + std::string(charset) + "\r\nContent-Transfer-Encoding: ";
        switch (below(3)) {
            case 0:
                return head + "base64\r\n\r\n" + mime::encode_base64_lines(text);
            case 1:
                return head + "quoted-printable\r\n\r\n" + mime::encode_quoted_printable(text);
            default:
                return head + "8bit\r\n\r\n" + text;
        }
    }

    std::mt19937 random_;
};

struct IndexHouse {
    storage_test::TemporaryStore store;
    storage::AccountId account = store.add_account("fred@example.com");
    storage::MailboxId inbox = store.mailbox(account, "INBOX");
    std::unique_ptr<storage::SearchIndex> index;

    void append(const std::string& octets, const mime::ParseLimits& limits = {}) {
        storage::NewMessage message;
        message.content = storage_test::TemporaryStore::staged(octets);
        message.summary = mime::encode_summary(mime::summarize(octets, limits));
        store.run(storage::append_messages(inbox, {message}, storage_test::now, storage::the_server));
    }

    void make_index() {
        storage::SearchIndexOptions options;
        options.path = store.directory() / "search.db";
        options.least_messages = 0;
        options.room_octets = 0;
        options.tell = [](const std::string& what) { FAIL_CHECK(what); };
        const auto texts = [](std::string_view summary, const storage::ReadPiece& read, const storage::TakeText& take) {
            mime::read_folded_texts(summary, text_limits, read, take);
        };
        index = std::make_unique<storage::SearchIndex>(store.store(), options, texts);
        index->start();
        index->catch_up();
    }

    SearchProgram prepare(SearchKey key) {
        const imap::SelectedMailbox selected(
            {.access = {inbox, storage::AccountId{1}}, .owner = {1}, .name = "INBOX", .uid_validity = 1},
            store.get(storage::view_mailbox({inbox, storage::the_server})));
        imap::wire::Search command;
        command.charset = "UTF-8";
        command.key.kind = KeyKind::every;
        command.key.children = {std::move(key)};
        auto program = imap::prepare_search(command, {.mailbox = selected,
                                                      .keywords = {},
                                                      .now = storage_test::now,
                                                      .text_octets = 4096,
                                                      .texts_octets = 1 << 20,
                                                      .text_limits = text_limits});
        REQUIRE(program);
        return *std::move(program);
    }

    // Whether the text is found in the only message, with the index and without it.
    bool finds(KeyKind kind, std::string_view text, std::string_view field = {}) {
        SearchKey key;
        key.kind = kind;
        key.name = field;
        key.text = text;
        const auto program = std::make_shared<const SearchProgram>(prepare(key));
        const std::vector<std::uint32_t> plain = scan(program, program->targets);
        CHECK(scan(program, store.get(index->narrow({inbox, storage::the_server}, program->targets,
                                                    *program->must_hold))) == plain);
        return !plain.empty();
    }

    std::vector<std::uint32_t> scan(const std::shared_ptr<const SearchProgram>& program, const UidSet& targets) {
        std::vector<std::uint32_t> uids;
        for (imap::UidWalk walk(targets); !walk.done();) {
            const auto batch =
                store.get(imap::search_batch({inbox, storage::the_server}, program, walk.next(), {40, 100'000}));
            walk.passed(batch.done);
            for (const imap::SearchMatch& match : batch.matches) uids.push_back(match.uid.value);
        }
        return uids;
    }
};

}  // namespace

TEST_CASE_FIXTURE(IndexHouse, "the index and a plain scan agree on random programs") {
    Generator generator(20260101);
    mime::ParseLimits tight;  // they cut the summaries of most messages
    tight.addresses = 1;
    tight.parts = 2;
    tight.header_octets = 100;
    for (int i = 0; i < 150; ++i) append(generator.message(), i % 4 == 0 ? tight : mime::ParseLimits());
    make_index();
    for (int i = 0; i < 10; ++i) append(generator.message());  // the index may not have reached some of them
    std::size_t matches = 0;
    std::size_t narrowed = 0;
    for (int i = 0; i < 600; ++i) {
        const SearchKey key = generator.key(2);
        const auto program = std::make_shared<const SearchProgram>(prepare(key));
        const std::vector<std::uint32_t> plain = scan(program, program->targets);
        UidSet candidates = program->targets;
        if (program->must_hold)
            candidates = store.get(index->narrow({inbox, storage::the_server}, candidates, *program->must_hold));
        CAPTURE(i);
        CHECK(scan(program, candidates) == plain);
        matches += plain.size();
        narrowed += candidates.count() < program->targets.count() ? 1 : 0;
    }
    CHECK(matches > 1'000);
    CHECK(narrowed > 200);
}

TEST_CASE_FIXTURE(IndexHouse, "every word is found in every charset, by any case") {
    for (const Word& word : words) {
        append("Subject: =?" + std::string(word.charset) + "?B?" + base::encode_base64(word.octets) +
               "?=\r\nContent-Type: text/html; charset=" + std::string(word.charset) +
               "\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
               mime::encode_base64_lines("<b>one</b> " + std::string(word.octets) + "<p>two"));
    }
    make_index();
    for (std::uint32_t uid = 1; uid <= std::size(words); ++uid) {
        for (const KeyKind kind : {KeyKind::body, KeyKind::subject, KeyKind::text}) {
            SearchKey key;
            key.kind = kind;
            key.text = words[uid - 1].utf8;
            const auto program = std::make_shared<const SearchProgram>(prepare(key));
            const std::vector<std::uint32_t> found = scan(
                program, store.get(index->narrow({inbox, storage::the_server}, program->targets, *program->must_hold)));
            CAPTURE(words[uid - 1].utf8);
            CHECK(std::ranges::find(found, uid) != found.end());
        }
    }
}

TEST_CASE_FIXTURE(IndexHouse, "HTML is searched as its words") {
    append("Content-Type: text/html\r\n\r\n<p class=\"mustard\">Ketch<b>up</b> &amp;\r\n  pickles<!-- relish --></p>");
    for (const auto& [text, found] : {std::pair{"ketchup & pickles", true}, {"mustard", false}, {"relish", false}}) {
        SearchKey key;
        key.kind = KeyKind::body;
        key.text = text;
        const auto program = std::make_shared<const SearchProgram>(prepare(key));
        CHECK(scan(program, program->targets).size() == (found ? 1 : 0));
    }
}

TEST_CASE_FIXTURE(IndexHouse, "where TEXT and BODY look (RFC 9051 §6.4.4)") {
    append(
        "Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\npreamble\r\n"
        "--b\r\nContent-Type: text/plain; name=\"plainname.txt\"\r\nX-Part: partfield\r\n\r\nplainbody\r\n"
        "--b\r\nContent-Type: application/pdf; name*=utf-8''n%C3%A4me-a.pdf\r\n"
        "Content-Disposition: attachment; filename=\"=?utf-8?q?n=C3=A4me-b.pdf?=\"\r\n\r\npdfcontent\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; statusword\r\n"
        "--b\r\nContent-Type: message/disposition-notification\r\n\r\nOriginal-Message-ID: <receipt@word>\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: headersword\r\n"
        "--b\r\nContent-Type: text/x-unheard-of\r\nContent-Transfer-Encoding: base64\r\n\r\nY2FsZW5kYXJ3b3Jk\r\n"
        "--b\r\nContent-Type: message/rfc822\r\nContent-Description: described\r\n\r\nSubject: inner\r\n"
        "Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain; name=innername\r\n\r\n"
        "innerbody\r\n--c--\r\n"
        "--b--\r\n");
    make_index();
    struct Row {
        std::string_view text;
        bool in_text, in_body;
    };
    const Row rows[] = {
        {"outer", true, false},       {"plainname.txt", true, false},
        {"partfield", true, false},   {"plainbody", true, true},
        {"näme-a.pdf", true, false},  {"NÄME-B.PDF", true, false},
        {"pdfcontent", false, false}, {"statusword", true, true},
        {"receipt@word", true, true}, {"headersword", true, true},
        {"calendarword", true, true}, {"described", true, false},
        {"inner", true, true},        {"innername", true, false},
        {"innerbody", true, true},    {"application/pdf", true, false},
        {"preamble", false, false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(finds(KeyKind::text, row.text) == row.in_text);
        CHECK(finds(KeyKind::body, row.text) == row.in_body);
    }
}

TEST_CASE_FIXTURE(IndexHouse, "what the limits of delivery cut off a summary is found in the message") {
    std::string message = "From: a@b.test\r\nTo: ";
    for (int i = 0; i < 1200; ++i) message += "<u" + std::to_string(i) + "@b.test>,\r\n ";
    message += "\"Doe, Jane\" <last@b.test>\r\nX-Long: ";
    for (int i = 0; i < 300; ++i) message += std::string(900, 'x') + "\r\n ";
    message += "\r\nSubject: late\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 1200; ++i) message += "--b\r\n\r\npart " + std::to_string(i) + "\r\n";
    message +=
        "--b\r\nContent-Disposition: attachment; filename=last.pdf\r\nContent-Type: application/pdf\r\n\r\n--b--\r\n";
    append(message);
    make_index();
    CHECK(finds(KeyKind::to, "u1199@"));
    CHECK(finds(KeyKind::to, "Jane <last@b.test>"));
    CHECK(finds(KeyKind::header, "u1199@", "To"));
    CHECK(finds(KeyKind::subject, "late"));
    CHECK(finds(KeyKind::body, "part 1199"));
    CHECK(finds(KeyKind::text, "last.pdf"));
    CHECK_FALSE(finds(KeyKind::to, "u1200@"));
    CHECK_FALSE(finds(KeyKind::body, "part 1200"));
}

TEST_CASE_FIXTURE(IndexHouse, "raw header fields are found by the charset of the text (CLIENTS.md 32)") {
    append(
        "Subject: \xF0\xD2\xC9\xD7\xC5\xD4\r\nX-Odd: \xCD\xC9\xD2\r\nFrom: \"\xF0\xD2\" <a@b.test>\r\n"
        "Content-Type: text/plain; charset=koi8-r\r\n\r\n\xD4\xC5\xCB\xD3\xD4\r\n");
    make_index();
    CHECK(finds(KeyKind::subject, "привет"));
    CHECK(finds(KeyKind::from, "пр"));
    CHECK(finds(KeyKind::header, "мир", "X-Odd"));
    CHECK(finds(KeyKind::text, "Привет"));
    CHECK(finds(KeyKind::body, "текст"));
}
