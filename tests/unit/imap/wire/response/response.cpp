// Responses, with examples from the RFCs.
#include "protocols/imap/wire/response/response.h"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/imap/wire/response/fetch.h"

using namespace imap::wire;

namespace {

std::string written(bool utf8, const std::function<void(ResponseWriter&)>& write) {
    std::string out;
    ResponseWriter writer(out, utf8);
    write(writer);
    return out;
}

std::string as_string(std::string_view text, bool utf8) {
    std::string out;
    append_string(out, text, utf8);
    return out;
}

std::string as_mailbox(std::string_view name, bool utf8) {
    std::string out;
    append_mailbox(out, name, utf8);
    return out;
}

}  // namespace

TEST_CASE("strings: quoted where safe, literals else, RFC 9051 §4.3") {
    using namespace std::string_view_literals;
    CHECK(as_string("", false) == "\"\"");
    CHECK(as_string("a b", false) == "\"a b\"");
    CHECK(as_string("a\"b\\", false) == "\"a\\\"b\\\\\"");
    CHECK(as_string("a\r\nb", false) == "{4}\r\na\r\nb");
    CHECK(as_string("a\0b"sv, false) == "{2}\r\nab");
    CHECK(as_string("\xc3\xa4", false) == "{2}\r\n\xc3\xa4");
    CHECK(as_string("\xc3\xa4", true) == "\"\xc3\xa4\"");
    CHECK(as_string("\xe4", true) == "{1}\r\n\xe4");
    CHECK(as_string(std::string(1001, 'x'), false) == "{1001}\r\n" + std::string(1001, 'x'));
    std::string out;
    append_nstring(out, std::nullopt, false);
    append_nstring(out, "NIL", false);
    CHECK(out == "NIL\"NIL\"");
    out.clear();
    for (const std::string_view text : {"DATE", "nil", "a b", "", "x]"}) append_astring(out, text, false);
    CHECK(out == "DATE\"nil\"\"a b\"\"\"\"x]\"");
}

// RFC 3501 §9: TEXT-CHAR except quoted-specials needs no escape; all other octets must be found at any position.
TEST_CASE("every octet is seen at every place of a string") {
    for (std::size_t length = 1; length <= 17; ++length) {
        for (std::size_t at = 0; at < length; ++at) {
            for (unsigned octet = 0; octet < 256; ++octet) {
                std::string text(length, 'a');
                text[at] = static_cast<char>(octet);
                const bool plain = octet >= 0x20 && octet <= 0x7e && octet != '"' && octet != '\\';
                std::string out = "begun";
                const bool appended = imap::wire::append_plain_string(out, text);
                REQUIRE(appended == plain);
                REQUIRE(out == (plain ? "begun\"" + text + "\"" : "begun"));
            }
        }
    }
    std::string out;
    CHECK(imap::wire::append_plain_string(out, {}));
    CHECK(out == "\"\"");
    CHECK_FALSE(imap::wire::append_plain_string(out, std::string(1001, 'a')));
}

TEST_CASE("mailbox names are quoted, in modified UTF-7 unless UTF-8 is enabled") {
    CHECK(as_mailbox("INBOX", false) == "\"INBOX\"");
    CHECK(as_mailbox("R&D", false) == "\"R&-D\"");
    CHECK(as_mailbox("R&D", true) == "\"R&D\"");
    CHECK(as_mailbox("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", false) == "\"&ZeVnLIqe-\"");
    CHECK(as_mailbox("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", true) == "\"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\"");
    CHECK(as_mailbox("a\"b", false) == "\"a\\\"b\"");
}

TEST_CASE("status responses") {
    CHECK(written(false, [](auto& w) { w.status("A1", Condition::ok, "READ-WRITE", "SELECT completed"); }) ==
          "A1 OK [READ-WRITE] SELECT completed\r\n");
    CHECK(written(false, [](auto& w) { w.status("*", Condition::bye, "", "Logging out"); }) == "* BYE Logging out\r\n");
    CHECK(written(false, [](auto& w) { w.status("a", Condition::bad, "", ""); }) == "a BAD Done.\r\n");
    CHECK(written(false, [](auto& w) { w.status("a", Condition::no, "", "x\r\n* OK \xc3\xa4"); }) ==
          "a NO x??* OK ??\r\n");
    CHECK(written(true, [](auto& w) { w.status("a", Condition::no, "", "\xc3\xa4"); }) == "a NO \xc3\xa4\r\n");
    CHECK(written(false, [](auto& w) { w.continuation(""); }) == "+ \r\n");
    CHECK(permanent_flags_code(system_flag::deleted | system_flag::seen, {}, true) ==
          "PERMANENTFLAGS (\\Deleted \\Seen \\*)");
    CHECK(permanent_flags_code(0, {}, false) == "PERMANENTFLAGS ()");
    CHECK(permanent_flags_code(0, {}, true) == "PERMANENTFLAGS (\\*)");
    const std::vector<NumberRange> from = {{304, 304}, {319, 320}};
    const std::vector<NumberRange> to = {{3956, 3958}};
    CHECK(copy_uid_code(38505, from, to) == "COPYUID 38505 304,319:320 3956:3958");  // RFC 4315 §3
    CHECK(append_uid_code(38505, std::vector<NumberRange>{{3955, 3955}}) == "APPENDUID 38505 3955");
}

TEST_CASE("mailbox data") {
    const std::vector<std::string_view> keywords = {"$Label1", "qa=20x"};
    CHECK(written(false, [&](auto& w) { w.flags(31, keywords); }) ==
          "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Label1 qa=20x)\r\n");
    CHECK(written(false, [](auto& w) { w.exists(23); }) == "* 23 EXISTS\r\n");
    CHECK(written(false, [](auto& w) { w.recent(5); }) == "* 5 RECENT\r\n");
    CHECK(written(false, [](auto& w) { w.expunge(44); }) == "* 44 EXPUNGE\r\n");
    const std::vector<NumberRange> uids = {{41, 41}, {43, 116}, {118, 118}};
    CHECK(written(false, [&](auto& w) { w.vanished(uids, true); }) == "* VANISHED (EARLIER) 41,43:116,118\r\n");
    CHECK(written(false, [&](auto& w) { w.vanished(uids, false); }) == "* VANISHED 41,43:116,118\r\n");
    CHECK(written(false, [&](auto& w) { w.vanished({}, false); }).empty());
    CHECK(written(false, [](auto& w) { w.capability("IMAP4rev1 IDLE"); }) == "* CAPABILITY IMAP4rev1 IDLE\r\n");
    CHECK(written(false, [&](auto& w) { w.enabled(std::vector<std::string_view>{"CONDSTORE"}); }) ==
          "* ENABLED CONDSTORE\r\n");
    CHECK(written(false, [&](auto& w) { w.enabled({}); }) == "* ENABLED\r\n");
    CHECK(written(false, [&](auto& w) { w.id({}); }) == "* ID NIL\r\n");
    const std::vector<std::pair<std::string_view, std::string_view>> id = {{"name", "Cyrus"}, {"version", "1.5"}};
    CHECK(written(false, [&](auto& w) { w.id(id); }) == "* ID (\"name\" \"Cyrus\" \"version\" \"1.5\")\r\n");

    const std::vector<std::string_view> attributes = {"\\Marked", "\\Drafts"};
    CHECK(written(false, [&](auto& w) { w.list({.attributes = attributes, .mailbox = "MyDrafts"}); }) ==
          "* LIST (\\Marked \\Drafts) \"/\" \"MyDrafts\"\r\n");
    CHECK(written(false, [&](auto& w) { w.list({.attributes = {}, .mailbox = "a", .lsub = true}); }) ==
          "* LSUB () \"/\" \"a\"\r\n");
    CHECK(written(false, [&](auto& w) {
              w.list({.attributes = {}, .mailbox = "Foo", .child_subscribed = true, .old_name = "Bar"});
          }) == "* LIST () \"/\" \"Foo\" (\"CHILDINFO\" (\"SUBSCRIBED\") \"OLDNAME\" (\"Bar\"))\r\n");
    const std::vector<std::pair<StatusItem, std::uint64_t>> values = {{StatusItem::messages, 231},
                                                                      {StatusItem::uid_next, 44292}};
    CHECK(written(false, [&](auto& w) { w.mailbox_status("blurdybloop", values); }) ==
          "* STATUS \"blurdybloop\" (MESSAGES 231 UIDNEXT 44292)\r\n");
    const std::vector<std::pair<StatusItem, std::uint64_t>> id_value = {{StatusItem::mailbox_id, 12}};
    CHECK(written(false, [&](auto& w) { w.mailbox_status("foo", id_value); }) ==
          "* STATUS \"foo\" (MAILBOXID (F12))\r\n");
}

TEST_CASE("object identifiers: RFC 8474") {
    using imap::wire::EmailId;
    using imap::wire::parse_email_id;
    using imap::wire::parse_thread_id;
    using imap::wire::ThreadId;
    CHECK(imap::wire::mailbox_id_code(7) == "MAILBOXID (F7)");
    for (const EmailId email : {EmailId{12, 1'700'000'000}, EmailId{1, 0}, EmailId{5, -86'400}, EmailId{0x12ab, {}},
                                EmailId{UINT64_MAX, {}}, EmailId{1'234'567'890'123'456, {}}}) {
        std::string text;
        append_email_id(text, email);
        const std::string_view id = std::string_view(text).substr(1, text.size() - 2);
        CHECK(imap::wire::is_object_id(id));
        CHECK(parse_email_id(id) == email);
    }
    for (const ThreadId thread : {ThreadId{12, false}, ThreadId{1, false}, ThreadId{0, true}, ThreadId{0x12ab, true},
                                  ThreadId{1'234'567'890'123'456, true}, ThreadId{UINT64_MAX, true}}) {
        std::string text;
        append_thread_id(text, thread);
        const std::string_view id = std::string_view(text).substr(1, text.size() - 2);
        CHECK(imap::wire::is_object_id(id));
        CHECK(parse_thread_id(id) == thread);
    }
    std::string text;
    append_email_id(text, {0x12ab, {}});
    append_thread_id(text, {0x12ab, true});
    append_thread_id(text, {});
    CHECK(text == "(M00000000000012ab)(T00000000000012ab)NIL");
    for (const char* wrong :
         {"", "M", "M1", "M1-", "M01-2", "M1-2x", "m1-2", "M-", "M1-+2", "F12", "M99999999999999999999-1",
          "M00000000000012AB", "M0000000000012ab", "M+0000000000012ab", "M000000000000012ab"}) {
        CHECK_FALSE(parse_email_id(wrong));
    }
    for (const char* wrong : {"", "T", "T0", "T012", "T-1", "T1x", "T00000000000012AB", "T99999999999999999999"}) {
        CHECK_FALSE(parse_thread_id(wrong));
    }
    CHECK_FALSE(imap::wire::is_object_id(std::string(256, 'x')));
}

TEST_CASE("FETCH by UID: RFC 9586 §3.3") {
    std::string out;
    imap::wire::FetchWriter fetch(out, 25996, false, imap::wire::FetchName::uid);
    fetch.flags(1, false, {});
    fetch.end();
    CHECK(out == "* 25996 UIDFETCH (FLAGS (\\Seen))\r\n");
}

TEST_CASE("UIDBATCHES and INPROGRESS: RFC 10022, RFC 9585") {
    const std::vector<NumberRange> ranges = {{99696, 215295}, {20351, 99695}, {7830, 20350}, {1, 7829}};
    CHECK(written(false, [&](auto& w) { w.uid_batches("A143", ranges); }) ==
          "* UIDBATCHES (TAG \"A143\") 215295:99696,99695:20351,20350:7830,7829:1\r\n");
    CHECK(written(false, [](auto& w) { w.uid_batches("A302", {}); }) == "* UIDBATCHES (TAG \"A302\")\r\n");
    CHECK(imap::wire::in_progress_code("tag", 175, 1000) == "INPROGRESS (\"tag\" 175 1000)");
    CHECK(imap::wire::in_progress_code("tag]", 0, 1) == "INPROGRESS (NIL 0 1)");
}

TEST_CASE("QUOTA and QUOTAROOT: RFC 9208 §4.2") {
    const std::vector<QuotaResource> resources = {{"STORAGE", 54, 111}, {"MESSAGE", 42, 1000}};
    CHECK(written(false, [&](auto& w) { w.quota("#user/alice", resources); }) ==
          "* QUOTA \"#user/alice\" (STORAGE 54 111 MESSAGE 42 1000)\r\n");
    CHECK(written(false, [&](auto& w) { w.quota("", std::span(resources).first(1)); }) ==
          "* QUOTA \"\" (STORAGE 54 111)\r\n");
    CHECK(written(false, [&](auto& w) { w.quota("\xc3\xa4", std::span(resources).last(1)); }) ==
          "* QUOTA {2}\r\n\xc3\xa4 (MESSAGE 42 1000)\r\n");
    const std::vector<std::string_view> roots = {"a@b.org", "!partition/sda4"};
    CHECK(written(false, [&](auto& w) { w.quota_root("INBOX", roots); }) ==
          "* QUOTAROOT \"INBOX\" \"a@b.org\" \"!partition/sda4\"\r\n");
    CHECK(written(false, [](auto& w) { w.quota_root("comp.mail", {}); }) == "* QUOTAROOT \"comp.mail\"\r\n");
}

// Where the grammar requires at least one element, an empty response or list is left out.
TEST_CASE("no empty list where there may be none") {
    CHECK(written(false, [](auto& w) { w.quota("bob@hamburger.edu", {}); }).empty());         // RFC 9208 §7
    CHECK(written(false, [](auto& w) { w.metadata("INBOX", {}); }).empty());                  // RFC 5464 §5
    CHECK(written(false, [](auto& w) { w.metadata_changed("INBOX", {}); }).empty());          // RFC 5464 §5
    CHECK(written(false, [](auto& w) { w.vanished({}, true); }).empty());                     // RFC 7162 §7
    CHECK(written(false, [](auto& w) { w.results_added({.tag = "a"}, true, {}); }).empty());  // RFC 5267 §5
    CHECK(written(false, [](auto& w) { w.id({}); }) == "* ID NIL\r\n");                       // RFC 2971 §4
    CHECK(written(false, [](auto& w) { w.thread({}); }) == "* THREAD\r\n");                   // RFC 5256 §5
    CHECK(written(false, [](auto& w) { w.search({}, 7); }) == "* SEARCH\r\n");                // RFC 7162 §7
    CHECK(written(false, [](auto& w) { w.sort({}, 7); }) == "* SORT\r\n");                    // RFC 7162 §7
    CHECK(written(false, [](auto& w) { w.esearch({.of = {.tag = "a"}}); }) ==
          "* ESEARCH (TAG \"a\")\r\n");  // RFC 9051 §9
}

TEST_CASE("ACL, LISTRIGHTS, MYRIGHTS: RFC 4314 §3.6 to §3.8; NAMESPACE: RFC 2342") {
    const std::vector<AclEntry> entries = {{"Fred", 2047}, {"-Fred", right::write}, {"a b", 0}};
    CHECK(written(false, [&](auto& w) { w.acl("INBOX", entries); }) ==
          "* ACL \"INBOX\" Fred lrswipkxteacd -Fred w \"a b\" \"\"\r\n");
    CHECK(written(false, [](auto& w) { w.acl("INBOX", {}); }) == "* ACL \"INBOX\"\r\n");
    CHECK(written(false, [](auto& w) { w.list_rights("x", "smith", right::lookup | right::administer, 1022); }) ==
          "* LISTRIGHTS \"x\" smith la r s w i p k x t e c d\r\n");
    CHECK(written(false, [](auto& w) { w.list_rights("x", "anyone", 0, 2047); }) ==
          "* LISTRIGHTS \"x\" anyone \"\" l r s w i p k x t e a c d\r\n");
    CHECK(written(false, [](auto& w) { w.my_rights("INBOX", right::read | right::expunge); }) ==
          "* MYRIGHTS \"INBOX\" red\r\n");
    CHECK(written(false, [](auto& w) { w.my_rights("INBOX", right::delete_mailbox); }) ==
          "* MYRIGHTS \"INBOX\" xc\r\n");
    CHECK(written(false, [](auto& w) { w.namespaces("Other Users/"); }) ==
          "* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\")) NIL\r\n");
}

TEST_CASE("METADATA: RFC 5464 §4.4.1") {
    using namespace std::string_view_literals;
    const std::vector<MetadataValue> values = {
        {"/shared/comment", "It's sunny outside!"}, {"/private/a b", std::nullopt}, {"/private/bin", "a\0b"sv}};
    CHECK(written(false, [&](auto& w) { w.metadata("INBOX", values); }) ==
          "* METADATA \"INBOX\" (/shared/comment \"It's sunny outside!\" \"/private/a b\" NIL /private/bin "
          "~{3}\r\na\0b)\r\n"sv);
    CHECK(written(false, [](auto& w) { w.metadata("INBOX", {}); }).empty());
}

TEST_CASE("SEARCH and ESEARCH") {
    const std::vector<std::uint32_t> numbers = {2, 3, 6};
    CHECK(written(false, [&](auto& w) { w.search(numbers, std::nullopt); }) == "* SEARCH 2 3 6\r\n");
    CHECK(written(false, [&](auto& w) { w.search({}, std::nullopt); }) == "* SEARCH\r\n");
    CHECK(written(false, [&](auto& w) { w.search(numbers, 917162500); }) == "* SEARCH 2 3 6 (MODSEQ 917162500)\r\n");
    const std::vector<NumberRange> all = {{2, 2}, {10, 11}};
    CHECK(written(false, [&](auto& w) { w.sort(numbers, std::nullopt); }) == "* SORT 2 3 6\r\n");
    CHECK(written(false, [&](auto& w) { w.sort(numbers, 917162500); }) == "* SORT 2 3 6 (MODSEQ 917162500)\r\n");
    CHECK(written(false, [&](auto& w) { w.esearch({.of = {.tag = "A282"}, .min = 2, .count = 3}); }) ==
          "* ESEARCH (TAG \"A282\") MIN 2 COUNT 3\r\n");
    CHECK(written(false, [&](auto& w) { w.esearch({.of = {.tag = "A283"}, .all = all}); }) ==
          "* ESEARCH (TAG \"A283\") ALL 2,10:11\r\n");
    CHECK(written(false, [&](auto& w) {
              w.esearch({.of = {.tag = "A"}, .uid = true, .max = 21, .all = all, .mod_seq = 9});
          }) == "* ESEARCH (TAG \"A\") UID MAX 21 ALL 2,10:11 MODSEQ 9\r\n");
    const std::vector<NumberRange> page = {{200, 250}};
    CHECK(written(false, [&](auto& w) {
              w.esearch(
                  {.of = {.tag = "A01"}, .uid = true, .partial = PartialRange{1, 100, true}, .partial_results = page});
          }) == "* ESEARCH (TAG \"A01\") UID PARTIAL (-1:-100 200:250)\r\n");
    constexpr std::array<std::uint8_t, 3> scores = {4, 99, 42};
    CHECK(written(false, [&](auto& w) { w.esearch({.of = {.tag = "B1"}, .all = all, .relevancy = scores}); }) ==
          "* ESEARCH (TAG \"B1\") ALL 2,10:11 RELEVANCY (4 99 42)\r\n");
    CHECK(written(false, [&](auto& w) {
              w.esearch({.of = {.tag = "B1"}, .relevancy = std::span<const std::uint8_t>()});
          }) == "* ESEARCH (TAG \"B1\") RELEVANCY ()\r\n");
    CHECK(written(false, [&](auto& w) { w.esearch({.of = {.tag = "A"}, .partial = PartialRange{1, 9, false}}); }) ==
          "* ESEARCH (TAG \"A\") PARTIAL (1:9 NIL)\r\n");
    // RFC 7377 §2.1: names the mailbox of the results
    const imap::wire::SearchCorrelator of = {.tag = "t", .mailbox = "Büro/a", .uid_validity = 503};
    CHECK(written(false, [&](auto& w) { w.esearch({.of = of, .uid = true, .all = all}); }) ==
          "* ESEARCH (TAG \"t\" MAILBOX \"B&APw-ro/a\" UIDVALIDITY 503) UID ALL 2,10:11\r\n");
    CHECK(written(true, [&](auto& w) { w.esearch({.of = of, .uid = true, .count = 3}); }) ==
          "* ESEARCH (TAG \"t\" MAILBOX \"Büro/a\" UIDVALIDITY 503) UID COUNT 3\r\n");
}

TEST_CASE("FETCH items") {
    std::string out;
    FetchWriter writer(out, 23, false);
    const std::array<std::string_view, 1> keywords = {"$Forwarded"};
    writer.uid(447);
    writer.flags(system_flag::seen, true, keywords);
    writer.internal_date({837596665, -420});
    writer.rfc822_size(44827);
    writer.mod_seq(624140003);
    FetchItem item;
    item.kind = FetchItem::Kind::body_section;
    item.section = {{1, 2}, Section::Text::header_fields, {"Date", "x y"}};
    item.partial = Partial{5, 70};
    writer.name(item);
    writer.text("ab\r\n");
    item = {};
    item.kind = FetchItem::Kind::body_section;
    writer.name(item);
    writer.nil();
    item.section = {{3}, Section::Text::mime, {}};
    writer.name(item);
    writer.literal(0, false);
    item.kind = FetchItem::Kind::rfc822_text;
    writer.name(item);
    writer.text("");
    item = {};
    item.kind = FetchItem::Kind::binary;
    item.section.part = {1};
    writer.name(item);
    writer.literal(3, true);
    out += "abc";
    item.kind = FetchItem::Kind::binary_size;
    writer.name(item);
    writer.number(3);
    writer.end();
    CHECK(out ==
          "* 23 FETCH (UID 447 FLAGS (\\Seen \\Recent $Forwarded) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" "
          "RFC822.SIZE 44827 MODSEQ (624140003) BODY[1.2.HEADER.FIELDS (Date \"x y\")]<5> {4}\r\nab\r\n BODY[] NIL "
          "BODY[3.MIME] {0}\r\n RFC822.TEXT {0}\r\n BINARY[1] ~{3}\r\nabc BINARY.SIZE[1] 3)\r\n");
}

TEST_CASE("THREAD: RFC 5256 §4") {
    using imap::wire::ThreadNode;
    const auto threads = [](const std::vector<ThreadNode>& nodes) {
        return written(false, [&](auto& w) { w.thread(nodes); });
    };
    CHECK(threads({}) == "* THREAD\r\n");
    CHECK(threads({{2, 0}, {3, 1}, {6, 2}, {4, 1}, {23, 0}, {44, 1}, {7, 1}, {96, 0}}) ==
          "* THREAD (2)(3 6 (4 23)(44 7 96))\r\n");
    CHECK(threads({{0, 2}, {3, 0}, {5, 0}}) == "* THREAD ((3)(5))\r\n");
    CHECK(threads({{0, 2}, {3, 2}, {4, 0}, {6, 0}, {5, 0}, {7, 0}}) == "* THREAD ((3 (4)(6))(5))(7)\r\n");
}

TEST_CASE("ADDTO, REMOVEFROM and NOUPDATE: RFC 5267 §4.3") {
    using imap::wire::ResultUpdate;
    const std::vector<ResultUpdate> sorted = {{1, {{2733, 2733}}}, {1, {{2731, 2732}}}};
    const std::vector<ResultUpdate> unsorted = {{0, {{32768, 32769}}}};
    CHECK(written(false, [&](auto& w) { w.results_added({.tag = "B01"}, true, unsorted); }) ==
          "* ESEARCH (TAG \"B01\") UID ADDTO (0 32768:32769)\r\n");
    CHECK(written(false, [&](auto& w) { w.results_added({.tag = "C01"}, true, sorted); }) ==
          "* ESEARCH (TAG \"C01\") UID ADDTO (1 2733 1 2731:2732)\r\n");
    CHECK(written(false, [&](auto& w) { w.results_removed({.tag = "B01"}, false, unsorted); }) ==
          "* ESEARCH (TAG \"B01\") REMOVEFROM (0 32768:32769)\r\n");
    CHECK(written(false, [&](auto& w) { w.results_added({.tag = "B01"}, true, {}); }).empty());
    CHECK(written(false, [&](auto& w) {
              w.results_added({.tag = "B01", .mailbox = "INBOX", .uid_validity = 1}, true, unsorted);
          }) == "* ESEARCH (TAG \"B01\" MAILBOX \"INBOX\" UIDVALIDITY 1) UID ADDTO (0 32768:32769)\r\n");
    CHECK(imap::wire::no_update_code("B02") == "NOUPDATE \"B02\"");
}
