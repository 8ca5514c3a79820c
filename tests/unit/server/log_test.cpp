// The log: fields escaped, levels, both formats. protocols/README.md "The log".
#include "server/log.h"

#include <doctest/doctest.h>

using namespace server;
using services::Level;

TEST_CASE("text: one event, one line, nothing of a peer's breaks out of its value") {
    CHECK(text_message("imap", "7f3a", "login", {{"account", "bob@hamburger.edu"}, {"mechanism", "PLAIN"}}) ==
          "imap s=7f3a event=login account=bob@hamburger.edu mechanism=PLAIN");
    CHECK(text_message("house", "", "ready", {}) == "house event=ready");
    const struct {
        std::string value;
        std::string_view shown;
    } rows[] = {{"", R"("")"},
                {"a b", R"("a b")"},
                {"a\r\nimap event=login", R"("a\r\nimap event=login")"},
                {"say \"x\"", R"("say \"x\"")"},
                {"a=b", R"("a=b")"},
                {std::string("\0\x1b[2J", 5), R"("\u0000\u001b[2J")"},
                {"\xc3\xa9", "\"\xc3\xa9\""},
                {"\xff", R"("\ufffd")"}};
    for (const auto& row : rows) {
        CAPTURE(row.value);
        CHECK(text_message("a", "", "e", {{"k", row.value}}) == "a event=e k=" + std::string(row.shown));
    }
}

TEST_CASE("json: an object a line") {
    CHECK(json_members("smtp", "1", "x", {{"k", "a\"b\n"}}) == R"("area":"smtp","s":"1","event":"x","k":"a\"b\n")");
}

TEST_CASE("levels and the line's frame") {
    std::vector<std::string> lines;
    Log log(Level::info, LogFormat::text, [&](const std::string& line) { lines.push_back(line); });
    log.write(Level::debug, "imap", "1", "command", {});
    CHECK(lines.empty());
    log.write(Level::warn, "imap", "1", "odd", {{"k", "{}%v"}});
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].substr(24) == " warn imap s=1 event=odd k={}%v\n");
    CHECK(lines[0][10] == 'T');
    CHECK(lines[0][23] == 'Z');
    log.set_level(Level::error);
    CHECK_FALSE(log.enabled(Level::warn));
    CHECK(log.enabled(Level::error));

    lines.clear();
    Log json(Level::info, LogFormat::json, [&](const std::string& line) { lines.push_back(line); });
    json.write(Level::info, "imap", "1", "login", {});
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with(R"({"time":")"));
    CHECK(lines[0].ends_with("\"level\":\"info\",\"area\":\"imap\",\"s\":\"1\",\"event\":\"login\"}\n"));
}
