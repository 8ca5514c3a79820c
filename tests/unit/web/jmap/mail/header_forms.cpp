// Header fields: RFC 8621 §4.1.2, §4.1.3, with the RFC's own examples.
#include "web/jmap/mail/header_forms.h"

#include <doctest/doctest.h>

using namespace jmap;

namespace {

Json form(std::string_view value, HeaderForm form) { return header_form(value, form, ""); }
Json parse(const char* text) { return Json::parse(text); }

constexpr const char* section =
    "Subject: first\r\nsubject: =?utf-8?Q?na=C3=AFve?=\r\n =?utf-8?Q?_second?=\r\n"
    "Resent-To: a@x.org\r\nResent-To: b@x.org, c@x.org\r\n\r\n";

}  // namespace

TEST_CASE("properties name a field, a form and whether all are wanted") {
    CHECK(parse_header_property("header:Subject")->form == HeaderForm::raw);
    CHECK(parse_header_property("header:Resent-To:asAddresses:all")->all);
    CHECK(parse_header_property("header:Resent-To:asGroupedAddresses")->form == HeaderForm::grouped_addresses);
    CHECK(parse_header_property("header:X-Own:asURLs")->field == "X-Own");
    CHECK(parse_header_property("header:List-Id:asText"));
    for (const char* wrong : {"header:", "header:From:asDate", "header:Subject:asAddresses", "header:Date:asText",
                              "header:List-Post:asMessageIds", "header:Received:asText", "header:X:asNothing",
                              "header:X:all:asText", "header:X Y", "header:X:text", "Header:X", "subject",
                              "header:References:asURLs", "header:Comments:asGroupedAddresses"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_header_property(wrong));
    }
}

TEST_CASE("the last field counts, or all of them, and names ignore case") {
    CHECK(header_property(section, *parse_header_property("header:SUBJECT:asText"), "") == "na\u00efve second");
    CHECK(header_property(section, *parse_header_property("header:subject:all"), "") ==
          parse(R"([" first", " =?utf-8?Q?na=C3=AFve?=\r\n =?utf-8?Q?_second?="])"));
    CHECK(header_property(section, *parse_header_property("header:Resent-To:asAddresses:all"), "") ==
          parse(R"([[{"name": null, "email": "a@x.org"}],
                    [{"name": null, "email": "b@x.org"}, {"name": null, "email": "c@x.org"}]])"));
    CHECK(header_property(section, *parse_header_property("header:X"), "") == Json());
    CHECK(header_property(section, *parse_header_property("header:X:all"), "") == Json::array());
    CHECK(all_headers("A: b\r\nC:d\r\n e\r\n\r\n") ==
          parse(R"([{"name": "A", "value": " b"}, {"name": "C", "value": "d\r\n e"}])"));
    CHECK(convenience_property("messageId")->field == "Message-ID");
    CHECK_FALSE(convenience_property("preview"));
}

TEST_CASE("raw: what is not UTF-8 is replaced, NUL dropped (§4.1.2.1)") {
    CHECK(form(std::string_view(" a\xff"
                                "b\0c",
                                6),
               HeaderForm::raw) == " a\ufffdbc");
}

TEST_CASE("text: unfolded, decoded, without spaces before it, in NFC (§4.1.2.2)") {
    CHECK(form("   a\r\n b ", HeaderForm::text) == "a b");
    CHECK(form(" =?utf-8?Q?e=CC=81?=", HeaderForm::text) == "\u00e9");
    CHECK(form(" =?utf-8?Q?a=00=07b?=", HeaderForm::text) == "a  b");  // control characters are not shown
}

TEST_CASE("addresses, and the groups that they are in (§4.1.2.3, §4.1.2.4)") {
    constexpr const char* list =
        " \"  James Smythe\" <james@example.com>, Friends:\r\n"
        "  jane@example.com, =?UTF-8?Q?John_Sm=C3=AEth?=\r\n  <john@example.com>;";
    CHECK(form(list, HeaderForm::addresses) == parse(R"([
        {"name": "James Smythe", "email": "james@example.com"},
        {"name": null, "email": "jane@example.com"},
        {"name": "John Smîth", "email": "john@example.com"}])"));
    CHECK(form(list, HeaderForm::grouped_addresses) == parse(R"([
        {"name": null, "addresses": [{"name": "James Smythe", "email": "james@example.com"}]},
        {"name": "Friends", "addresses": [
            {"name": null, "email": "jane@example.com"}, {"name": "John Smîth", "email": "john@example.com"}]}])"));
    CHECK(form(" a@x.org, b@x.org, G:;, c@x.org", HeaderForm::grouped_addresses) == parse(R"([
        {"name": null, "addresses": [{"name": null, "email": "a@x.org"}, {"name": null, "email": "b@x.org"}]},
        {"name": "G", "addresses": []},
        {"name": null, "addresses": [{"name": null, "email": "c@x.org"}]}])"));
    CHECK(form(" bob@x.org (Bob)", HeaderForm::addresses) == parse(R"([{"name": "Bob", "email": "bob@x.org"}])"));
    CHECK(form("", HeaderForm::addresses) == Json::array());
}

TEST_CASE("message ids, dates and URLs; null if there is none (§4.1.2.5 to §4.1.2.7)") {
    CHECK(form(" <a@x.org> (c)\r\n <b@x.org>", HeaderForm::message_ids) == parse(R"(["a@x.org", "b@x.org"])"));
    CHECK(form(" none", HeaderForm::message_ids) == Json());
    CHECK(form(" Fri, 21 Nov 1997 09:55:06 -0600", HeaderForm::date) == "1997-11-21T09:55:06-06:00");
    CHECK(form(" Fri, 21 Nov 1997 09:55:06 +0000", HeaderForm::date) == "1997-11-21T09:55:06Z");
    CHECK(form(" Fri, 21 Nov 1997 09:55:06 +0530", HeaderForm::date) == "1997-11-21T09:55:06+05:30");
    CHECK(form(" soon", HeaderForm::date) == Json());
    CHECK(form(" <mailto:a@x.org> (by mail, <not>), <https://x.org/\r\n u>", HeaderForm::urls) ==
          parse(R"(["mailto:a@x.org", "https://x.org/u"])"));
    CHECK(form(" NO", HeaderForm::urls) == Json());
}
