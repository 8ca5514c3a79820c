// The log: fields escaped, levels, both formats. protocols/README.md "The log".
#include "server/log.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

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
                {"\xc2\x9b[2J", R"("\u009b[2J")"},  // a C1 control: as good as ESC [ to many terminals
                {"\xc2\x80\xc2\x9f\xc2\xa0", "\"\\u0080\\u009f\xc2\xa0\""},
                {"\u202ebob\u2069", R"("\u202ebob\u2069")"},
                {"\u061c\u200e\u200f\u202a\u2066", R"("\u061c\u200e\u200f\u202a\u2066")"},
                {"\u2028\u2029\u200d", "\"\\u2028\\u2029\u200d\""},
                {"\xff", R"("\ufffd")"}};
    for (const auto& row : rows) {
        CAPTURE(row.value);
        CHECK(text_message("a", "", "e", {{"k", row.value}}) == "a event=e k=" + std::string(row.shown));
    }
}

TEST_CASE("json: an object a line") {
    CHECK(json_members("smtp", "1", "x", {{"k", "a\"b\n"}}) == R"("area":"smtp","s":"1","event":"x","k":"a\"b\n")");
}

TEST_CASE("json: numbers are numbers, texts that look like some are texts, and no octets break it") {
    const std::string members = json_members("smtp", "1", "close",
                                             {{"ms", 17},
                                              {"octets", std::uint64_t{18'446'744'073'709'551'615u}},
                                              {"left", -1},
                                              {"user", std::string("0123")},
                                              {"reply", std::string("caf\xe9 \xff")}});
    const auto line = nlohmann::json::parse("{" + members + "}");
    CHECK(line["ms"] == 17);
    CHECK(line["octets"] == 18'446'744'073'709'551'615u);
    CHECK(line["left"] == -1);
    CHECK(line["user"] == "0123");
    CHECK(line["reply"].is_string());
    CHECK(text_message("a", "", "e", {{"ms", 17}}) == "a event=e ms=17");
}

TEST_CASE("every door's first and last line; a health check on this machine leaves none") {
    std::vector<std::string> lines;
    Log log(Level::info, LogFormat::text, [&](const std::string& line) { lines.push_back(line.substr(25)); });
    const auto end = [](services::SessionLog& session) {
        session.close({services::EndReason::gone}, {{"account", "bob"}}, 3, 4, std::chrono::milliseconds(5));
    };
    services::SessionLog far(log, "imap", "1");
    far.open("192.0.2.1", 143, false);
    end(far);
    CHECK(lines == std::vector<std::string>{
                       "info imap s=1 event=open address=192.0.2.1 local_port=143 tls=no\n",
                       "info imap s=1 event=close reason=gone account=bob octets_in=3 octets_out=4 ms=5\n"});
    lines.clear();
    for (const char* here : {"127.0.0.1", "::1"}) {
        services::SessionLog check(log, "smtp", "2");
        check.open(here, 25, false);
        end(check);
    }
    CHECK(lines.empty());
    services::SessionLog near(log, "smtp", "3");
    near.open("127.0.0.1", 25, true);
    near.spoken();
    near.spoken();
    end(near);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == "info smtp s=3 event=open address=127.0.0.1 local_port=25 tls=yes\n");
    lines.clear();
    log.set_level(Level::debug);
    services::SessionLog shown(log, "smtp", "4");
    shown.open("127.0.0.1", 25, false);
    end(shown);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].starts_with("debug smtp s=4 event=open "));
    CHECK(lines[1].starts_with("debug smtp s=4 event=close "));
}

TEST_CASE("of a session's refusals the first ones are told, and how many more there were") {
    std::vector<std::string> lines;
    Log log(Level::info, LogFormat::text, [&](const std::string& line) { lines.push_back(line.substr(25)); });
    services::SessionLog session(log, "smtp", "1");
    for (int i = 1; i <= 1000; ++i) session.refused({{"number", i}});
    session.close({services::EndReason::gone}, {}, 3, 4, std::chrono::milliseconds(5));
    REQUIRE(lines.size() == 21);
    CHECK(lines[0] == "info smtp s=1 event=refused number=1\n");
    CHECK(lines[19] == "info smtp s=1 event=refused number=20\n");
    CHECK(lines[20] == "info smtp s=1 event=close reason=gone more_refused=980 octets_in=3 octets_out=4 ms=5\n");
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
