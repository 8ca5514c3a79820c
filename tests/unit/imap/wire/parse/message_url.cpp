// URLs of messages and their parts. RFC 5092 §6, §7, RFC 4469 §3; examples from their texts.
#include "protocols/imap/wire/parse/message_url.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace imap::wire;

std::string describe(const MessageUrl& url) {
    std::string out = url.mailbox;
    if (url.uid_validity) out += " validity=" + std::to_string(*url.uid_validity);
    out += " uid=" + std::to_string(url.uid);
    for (const std::uint32_t part : url.section.part) out += " " + std::to_string(part);
    if (url.section.text != Section::Text::content) {
        out += " text=" + std::to_string(static_cast<int>(url.section.text));
    }
    for (const std::string& field : url.section.fields) out += " " + field;
    if (!url.partial) return out;
    const bool to_the_end = url.partial->count == UINT64_MAX;
    return out + " <" + std::to_string(url.partial->offset) + "." +
           (to_the_end ? "*" : std::to_string(url.partial->count)) + ">";
}

std::string parse(std::string_view url, std::string_view selected = "") {
    const std::optional<MessageUrl> parsed = parse_message_url(url, selected, {});
    return parsed ? describe(*parsed) : "none";
}

}  // namespace

TEST_CASE("messages, and parts of them") {
    CHECK(parse("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER") == "Drafts validity=385759045 uid=20 text=1");
    CHECK(parse("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.MIME") ==
          "Drafts validity=385759045 uid=20 1 text=5");
    CHECK(parse("/Drafts;UIDVALIDITY=385759045/;UID=20/;Section=2") == "Drafts validity=385759045 uid=20 2");
    CHECK(parse("/Drafts/;UID=3002") == "Drafts uid=3002");
    CHECK(parse("/INBOX;UIDVALIDITY=785799047/;UID=113330/;section=1.5.9") ==
          "INBOX validity=785799047 uid=113330 1 5 9");
    CHECK(parse("/a/b%20c/;uid=1/;partial=0.1024") == "a/b c uid=1 <0.1024>");
    CHECK(parse("/a%2Fb/;UID=1/;SECTION=1.2/;PARTIAL=1024") == "a/b uid=1 1 2 <1024.*>");
    CHECK(parse("/a/;UID=1/;SECTION=HEADER.FIELDS%20(Date%20From)") == "a uid=1 text=2 Date From");
    CHECK(parse("/a/;UID=1/;SECTION=HEADER.FIELDS.NOT%20%28%22To%22%29") == "a uid=1 text=3 To");
    CHECK(parse("/a/;UID=1/;SECTION=TEXT") == "a uid=1 text=4");
    CHECK(parse("/%E6%97%A5%E6%9C%AC/;UID=1") == "日本 uid=1");
    CHECK(parse("/inbox/;UID=4294967295") == "INBOX uid=4294967295");
    CHECK(parse("/Inbox/a/;UID=1") == "INBOX/a uid=1");
    CHECK(parse("/Other%20Users/alice@crepes.fr/Work/;UID=7") == "Other Users/alice@crepes.fr/Work uid=7");
}

TEST_CASE("relative to the mailbox selected, RFC 4469 §3") {
    CHECK(parse(";UID=20/;SECTION=1", "Work") == "Work uid=20 1");
    CHECK(parse("Drafts/;UID=20", "Work") == "Drafts uid=20");
    CHECK(parse("Drafts/;UID=20", "Work/Lists/asio") == "Work/Lists/Drafts uid=20");
    CHECK(parse("../Drafts/;UID=20", "Work/Lists/asio") == "Work/Drafts uid=20");
    CHECK(parse("./Drafts;UIDVALIDITY=1/;UID=20", "Work/Lists") == "Work/Drafts validity=1 uid=20");
    CHECK(parse("/Drafts/;UID=20", "Work/Lists") == "Drafts uid=20");
    CHECK(parse("Drafts/;UID=20") == "Drafts uid=20");
    CHECK(parse(";UID=20") == "none");
}

TEST_CASE("what is none") {
    const std::vector<std::string_view> bad = {"",
                                               "/",
                                               "/a",
                                               "/a/",
                                               "/a;UID=1",
                                               "/;UID=1",
                                               "//server/a/;UID=1",
                                               "imap://bob@server/a/;UID=1",
                                               "http://server/a/;UID=1",
                                               "/a/;UID=",
                                               "/a/;UID=0",
                                               "/a/;UID=4294967296",
                                               "/a/;UID=1/",
                                               "/a/;UID=1?TEXT%20x",
                                               "/a/;UID=1;",
                                               "/a;UIDVALIDITY=0/;UID=1",
                                               "/a;UIDVALIDITY=x/;UID=1",
                                               "/a;UIDVALIDITY=1;UID=1",
                                               ";UIDVALIDITY=1/;UID=1",
                                               "/a b/;UID=1",
                                               "/a%/;UID=1",
                                               "/a%2/;UID=1",
                                               "/a%GG/;UID=1",
                                               "/a%00/;UID=1",
                                               "/a%FF/;UID=1",
                                               "/日本/;UID=1",
                                               "/a/;UID=1/;SECTION=",
                                               "/a/;UID=1/;SECTION=0",
                                               "/a/;UID=1/;SECTION=MIME",
                                               "/a/;UID=1/;SECTION=1.",
                                               "/a/;UID=1/;SECTION=1%5D",
                                               "/a/;UID=1/;SECTION=FOO",
                                               "/a/;UID=1/;SECTION=HEADER.FIELDS",
                                               "/a/;UID=1/;SECTION=HEADER.FIELDS%20(%7B3%7D",
                                               "/a/;UID=1/;PARTIAL=",
                                               "/a/;UID=1/;PARTIAL=x",
                                               "/a/;UID=1/;PARTIAL=0.0",
                                               "/a/;UID=1/;PARTIAL=0.",
                                               "/a/;UID=1/;PARTIAL=-1.2",
                                               "/a/;UID=1/;PARTIAL=0.1/;SECTION=1",
                                               "/a/;UID=1;URLAUTH=anonymous:INTERNAL:91354a47",
                                               "/..;UIDVALIDITY=1/;UID=1",
                                               "/a/;UID=1/;PARTIAL=99999999999999999999999"};
    for (const std::string_view url : bad) {
        CAPTURE(url);
        CHECK(parse(url, "Work") == "none");
    }
    CHECK(parse(";UIDVALIDITY=1/;UID=1") == "none");
    // A URL cut short must not mean more than it says.
    const std::string_view whole = "/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=1.MIME/;PARTIAL=10.20";
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        const std::string described = parse(whole.substr(0, size));
        CHECK((described == "none" || described.starts_with("Drafts validity=385759045 uid=2")));
    }
}

TEST_CASE("as a response code, RFC 4469 §5") {
    CHECK(bad_url_code("/a/;UID=1") == "BADURL /a/;UID=1");
    CHECK(bad_url_code("x]\r\n* BYE \\ \xE6") == "BADURL x%5D%0D%0A* BYE %5C %E6");
    CHECK(bad_url_code("") == "BADURL %20");
}
