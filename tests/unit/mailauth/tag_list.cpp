#include "protocols/mailauth/tag_list.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

// "name=value|…", or "!" and what is wrong.
std::string shown_tags(std::string_view text) {
    const auto list = mailauth::parse_tag_list(text);
    if (!list) return "!" + list.error();
    std::string out;
    for (const mailauth::Tag& tag : list->tags()) {
        if (!out.empty()) out += '|';
        out += std::string(tag.name) + "=" + std::string(tag.value);
    }
    return out;
}

}  // namespace

// RFC 6376 §3.2.
TEST_CASE("a list of tags is read, and what is none is refused") {
    struct Row {
        std::string_view text;
        std::string_view expected;
    };
    const std::vector<Row> rows = {
        {"v=1", "v=1"},
        {"v=1;", "v=1"},
        {"v=1; a=rsa-sha256;\r\n\tb=ab c\r\n d ; ", "v=1|a=rsa-sha256|b=ab c\r\n d"},
        {" v =\t1 ", "v=1"},
        {"p=", "p="},
        {"p=; t=s", "p=|t=s"},
        {"b=a=b==", "b=a=b=="},
        {"a_1=x;A_1=y", "a_1=x|A_1=y"},                                  // names are case-sensitive
        {"i=\xc3\xa4@\xc3\xb6.example", "i=\xc3\xa4@\xc3\xb6.example"},  // RFC 8616 §5
        {"", "!no tag where one should be"},
        {" ", "!no tag where one should be"},
        {";", "!no tag where one should be"},
        {"v=1;;", "!no tag where one should be"},
        {"v=1;;a=b", "!no tag where one should be"},
        {"v", "!no tag where one should be"},
        {"v=1; a", "!no tag where one should be"},
        {"=1", "!no tag where one should be"},
        {"1v=1", "!no tag where one should be"},
        {"_v=1", "!no tag where one should be"},
        {"v-1=1", "!no tag where one should be"},
        {"v w=1", "!no tag where one should be"},
        {"v=1; v=1", "!tag v twice"},
        {"v=1; a=b; v =2", "!tag v twice"},
        {std::string_view("v=a\0b", 5), "!tag v has other characters than text"},
        {"v=a\x7f", "!tag v has other characters than text"},
        {"v=a\x0b"
         "b",
         "!tag v has other characters than text"},
        {"v=\xff", "!not UTF-8"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(shown_tags(row.text) == row.expected);
    }
}

TEST_CASE("a tag knows where its value stands, and a tag that is absent differs from an empty one") {
    const std::string_view text = "v=1; b= x y \r\n ; p=";
    const auto list = mailauth::parse_tag_list(text);
    REQUIRE(list.has_value());
    REQUIRE(list->find("b") != nullptr);
    CHECK(list->find("b")->written == " x y \r\n ");
    CHECK(list->find("b")->written.data() == text.data() + 7);
    CHECK(list->value("p") == "");
    CHECK(list->value("P") == std::nullopt);
}

TEST_CASE("what is said of a tag with a long name is short") {
    const std::string tag = std::string(10'000, 'v') + "=1";
    CHECK(shown_tags(tag + ";" + tag) == "!tag " + std::string(32, 'v') + " twice");
}

TEST_CASE("a list has only so many tags") {
    std::string text = "t0=";
    for (std::size_t i = 1; i < mailauth::max_tags; ++i) text += ";t" + std::to_string(i) + "=";
    CHECK(mailauth::parse_tag_list(text).has_value());
    text += ";more=";
    CHECK(shown_tags(text) == "!too many tags");
}

TEST_CASE("values that may be folded anywhere, and lists with colons") {
    CHECK(mailauth::without_white_space(" a\r\n\tb c") == "abc");
    CHECK(mailauth::split_colons("from : to\r\n :date") == std::vector<std::string_view>{"from", "to", "date"});
    CHECK(mailauth::split_colons("") == std::vector<std::string_view>{""});
    CHECK(mailauth::split_colons("a:") == std::vector<std::string_view>{"a", ""});
}
