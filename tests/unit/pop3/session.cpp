// POP3 sessions over loopback against a real store: RFC 1939 from greeting to UPDATE, and its extensions.
#include "protocols/pop3/session.h"

#include <doctest/doctest.h>

#include <future>
#include <thread>
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/net/spawn.h"
#include "protocols/sasl/client.h"
#include "tests/unit/pop3/house.h"

using pop3::testing::Caller;
using pop3::testing::House;

namespace {

const std::string first_message = "Subject: one\r\n\r\nHello Bob\r\n.dot\r\n";
const std::string second_message = "Subject: two\r\n\r\nline 1\r\nline 2\r\nline 3\r\n";

// What escapes a coroutine, the first time, as long as this lives: make it before the house.
class FirstEscaped {
  public:
    FirstEscaped() {
        net::on_escaped_exception([this](const std::string& name, const std::string&) {
            if (!std::exchange(told_, true)) name_.set_value(name);
        });
    }
    FirstEscaped(const FirstEscaped&) = delete;
    FirstEscaped& operator=(const FirstEscaped&) = delete;
    ~FirstEscaped() { net::on_escaped_exception({}); }
    // Its coroutine's name; empty if nothing has escaped in ten seconds.
    std::string wait() {
        return future_.wait_for(std::chrono::seconds(10)) == std::future_status::ready ? future_.get() : "";
    }

  private:
    std::promise<std::string> name_;
    std::future<std::string> future_ = name_.get_future();
    bool told_ = false;
};

}  // namespace

TEST_CASE("the session of the lecture: list, retr, dele, quit, in lower case") {
    House house;
    house.deliver(first_message);
    house.deliver(second_message);
    Caller bob(house);
    CHECK(bob.greeting.starts_with("+OK "));
    CHECK(bob.greeting.find('<') == std::string::npos);  // else APOP would be offered
    CHECK(bob.ask("user bob") == "+OK");
    CHECK(bob.ask("pass hungry") == "+OK");
    CHECK(bob.say("stat") == "+OK 2 " + std::to_string(first_message.size() + second_message.size()));
    CHECK(bob.ask_lines("list") ==
          "1 " + std::to_string(first_message.size()) + "\n2 " + std::to_string(second_message.size()) + "\n");
    CHECK(bob.ask_lines("retr 1") == "Subject: one\n\nHello Bob\n..dot\n");
    CHECK(bob.ask("dele 1") == "+OK");
    CHECK(bob.ask_lines("retr 2") == "Subject: two\n\nline 1\nline 2\nline 3\n");
    CHECK(bob.ask("dele 2") == "+OK");
    CHECK(house.messages() == 2);
    CHECK(bob.ask("quit") == "+OK");
    CHECK(bob.line() == "<closed>");
    CHECK(house.messages() == 0);
    CHECK(house.log.eventually_has("event=close reason=quit account=bob@hamburger.edu retrieved=2 deleted=2"));
    CHECK(house.log.text().find("hungry") == std::string::npos);
}

TEST_CASE("download and keep: nothing is removed, unique-ids stay, a broken connection removes nothing") {
    House house;
    house.deliver(first_message);
    house.deliver(second_message);
    std::string ids;
    {
        Caller bob(house);
        bob.logged_in();
        ids = bob.ask_lines("UIDL");
        CHECK(bob.ask_lines("RETR 1") == "Subject: one\n\nHello Bob\n..dot\n");
        CHECK(bob.ask("QUIT") == "+OK");
    }
    {
        Caller bob(house);
        bob.logged_in();
        CHECK(bob.ask("DELE 1") == "+OK");
        bob.hang_up();
    }
    CHECK(house.log.eventually_has("reason=gone detail=closed by the peer"));
    house.deliver("third\r\n");
    Caller bob(house);
    for (int i = 0; i < 100 && bob.ask("USER bob") == "+OK" && bob.ask("PASS hungry") != "+OK"; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(bob.ask_lines("UIDL").starts_with(ids));
    CHECK(bob.say("UIDL 1") == "+OK " + ids.substr(0, ids.find('\n')));
    CHECK(bob.say("STAT").starts_with("+OK 3 "));
}

TEST_CASE("what may not be or is not there is -ERR, and the session goes on") {
    House house;
    house.deliver(first_message);
    Caller bob(house);
    for (const char* early : {"STAT", "RETR 1", "NOOP", "DELE 1", "XYZZY", "APOP bob 0123", "PASS hungry", "USER"}) {
        CAPTURE(early);
        CHECK(bob.ask(early) == "-ERR");
    }
    CHECK(bob.ask("USER nobody") == "+OK");
    CHECK(bob.ask("PASS hungry") == "-ERR [AUTH]");
    CHECK(bob.ask("USER bob") == "+OK");
    CHECK(bob.ask("PASS wrong") == "-ERR [AUTH]");
    bob.logged_in();
    for (const char* wrong :
         {"RETR 0", "RETR 2", "LIST 2", "TOP 2 1", "UIDL 0", "DELE 2", "RETR", "LIST x", "USER bob"}) {
        CAPTURE(wrong);
        CHECK(bob.ask(wrong) == "-ERR");
    }
    CHECK(bob.ask("NOOP") == "+OK");
    CHECK(bob.ask(std::string(5000, 'x')) == "-ERR");
    CHECK(bob.ask("DELE 1") == "+OK");
    CHECK(bob.ask("DELE 1") == "-ERR");
    CHECK(bob.ask("RETR 1") == "-ERR");
    CHECK(bob.say("STAT") == "+OK 0 0");
    CHECK(bob.ask_lines("LIST").empty());
    CHECK(bob.ask("RSET") == "+OK");
    CHECK(bob.say("LIST 1") == "+OK 1 " + std::to_string(first_message.size()));
    CHECK(bob.ask("QUIT") == "+OK");
    CHECK(house.messages() == 1);
}

TEST_CASE("marks are written behind: some are told, some not yet, RSET and QUIT mean all of them") {
    House house;
    house.options.mark_delay = std::chrono::milliseconds(1);
    for (int i = 0; i < 10; ++i) house.deliver(first_message);
    Caller bob(house);
    bob.logged_in();
    for (int i = 1; i <= 8; ++i) CHECK(bob.ask("DELE " + std::to_string(i)) == "+OK");
    CHECK(bob.ask("RSET") == "+OK");
    CHECK(bob.say("STAT").starts_with("+OK 10 "));
    for (int i = 2; i <= 9; ++i) CHECK(bob.ask("DELE " + std::to_string(i)) == "+OK");
    CHECK(bob.ask("QUIT") == "+OK");
    CHECK(house.messages() == 2);
}

TEST_CASE("TOP reads the header and so many lines of the body") {
    House house;
    house.deliver(second_message);
    Caller bob(house);
    bob.logged_in();
    CHECK(bob.ask_lines("TOP 1 0") == "Subject: two\n\n");
    CHECK(bob.ask_lines("TOP 1 2") == "Subject: two\n\nline 1\nline 2\n");
    CHECK(bob.ask_lines("TOP 1 99") == "Subject: two\n\nline 1\nline 2\nline 3\n");
}

TEST_CASE("large messages in chunks, small ones read ahead, in any order, some gone meanwhile") {
    House house;
    house.options.chunk_octets = 1000;
    house.options.ahead_octets = 3000;
    std::string large = "Subject: large\r\n\r\n";
    std::string expected = "Subject: large\n\n";
    for (int i = 0; i < 30'000; ++i) {
        large += "." + std::to_string(i) + "\r\n";
        expected += ".." + std::to_string(i) + "\n";
    }
    std::vector<storage::Uid> uids;
    for (int i = 0; i < 20; ++i) {
        uids.push_back(
            house.deliver(i == 7 ? large : "Subject: " + std::to_string(i) + "\r\n\r\n" + std::string(300, 'x')));
    }
    Caller bob(house);
    bob.logged_in();
    house.expunge(uids[12]);
    for (int i = 0; i < 20; ++i) {
        CAPTURE(i);
        const std::string got = bob.ask_lines("RETR " + std::to_string(i + 1));
        if (i == 7) {
            CHECK((got == expected));
        } else if (i != 12 || got != "-ERR") {  // its content may still exist
            CHECK(got.starts_with("Subject: " + std::to_string(i) + "\n"));
        }
    }
    CHECK(bob.ask_lines("RETR 3").starts_with("Subject: 2\n"));
    CHECK(bob.ask_lines("RETR 2").starts_with("Subject: 1\n"));
    CHECK(bob.ask("DELE 13") == "+OK");
    CHECK(bob.ask("QUIT") == "+OK");
    CHECK(house.messages() == 19);
}

TEST_CASE("pipelined commands are answered in order") {
    House house;
    house.deliver(first_message);
    Caller bob(house);
    bob.send("USER bob\r\nPASS hungry\r\nSTAT\r\nRETR 1\r\nDELE 1\r\nNOOP\r\nQUIT\r\n");
    CHECK(bob.line().starts_with("+OK"));
    CHECK(bob.line().starts_with("+OK Maildrop has 1"));
    CHECK(bob.line().starts_with("+OK 1 "));
    CHECK(bob.line().starts_with("+OK "));
    CHECK(bob.lines() == "Subject: one\n\nHello Bob\n..dot\n");
    CHECK(bob.line().starts_with("+OK Marked"));
    CHECK(bob.line().starts_with("+OK Nothing"));
    CHECK(bob.line().starts_with("+OK 1 messages removed"));
    CHECK(bob.line() == "<closed>");
    CHECK(house.messages() == 0);
}

TEST_CASE("the maildrop belongs to one session at a time") {
    House house;
    house.deliver(first_message);
    Caller one(house);
    one.logged_in();
    house.options.maildrop_wait = std::chrono::milliseconds(0);
    Caller two(house);
    CHECK(two.ask("USER bob") == "+OK");
    CHECK(two.ask("PASS hungry") == "-ERR [IN-USE]");
    house.deliver(second_message);
    CHECK(one.say("STAT").starts_with("+OK 1 "));  // as it was at log-in
    CHECK(one.ask("QUIT") == "+OK");
    CHECK(two.ask("USER bob") == "+OK");
    CHECK(two.ask("PASS hungry") == "+OK");
    CHECK(two.say("STAT").starts_with("+OK 2 "));
}

TEST_CASE("delete marks lie in the store from the first DELE, and go with the session that did not QUIT") {
    House house;
    const storage::Uid one = house.deliver(first_message);
    const storage::Uid two = house.deliver(second_message);
    Caller bob(house);
    bob.logged_in();
    CHECK(house.use().holder == "s1");
    CHECK(house.use().marked.empty());
    CHECK(bob.ask("DELE 1") == "+OK");
    CHECK(house.eventually_marked({one}));
    CHECK(bob.ask("DELE 2") == "+OK");
    CHECK(house.eventually_marked({one, two}));
    CHECK(bob.ask("RSET") == "+OK");
    CHECK(house.use().marked.empty());
    CHECK(bob.ask("DELE 2") == "+OK");
    CHECK(house.eventually_marked({two}));
    SUBCASE("the connection is lost") {
        bob.hang_up();
        CHECK(house.log.eventually_has("event=close"));
    }
    SUBCASE("the mark was not written yet") {
        CHECK(bob.ask("DELE 1") == "+OK");
        bob.hang_up();
        CHECK(house.log.eventually_has("event=close"));
    }
    CHECK(house.use().holder.empty());
    CHECK(house.use().marked.empty());
    CHECK(house.messages() == 2);
    Caller again(house);
    again.logged_in();
    CHECK(again.say("STAT").starts_with("+OK 2 "));
}

TEST_CASE("DELE does not wait for its mark to be written") {
    House house;
    house.options.mark_delay = std::chrono::hours(1);
    house.deliver(first_message);
    Caller bob(house);
    bob.logged_in();
    CHECK(bob.ask("DELE 1") == "+OK");
    CHECK(house.use().marked.empty());
    CHECK(bob.ask("QUIT") == "+OK");  // writes the waiting mark too
    CHECK(house.messages() == 0);
}

TEST_CASE("a mark whose write has failed is kept: the next DELE writes it, or QUIT") {
    FirstEscaped escaped;
    House house;
    house.options.mark_delay = std::chrono::milliseconds(1);
    const storage::Uid one = house.deliver(first_message);
    const storage::Uid two = house.deliver(second_message);
    Caller bob(house);
    bob.logged_in();
    house.change_file("CREATE TRIGGER failing BEFORE INSERT ON pop3_mark BEGIN SELECT RAISE(ABORT, 'failed'); END");
    CHECK(bob.ask("DELE 1") == "+OK");
    REQUIRE(escaped.wait() == "pop3 marks");
    house.change_file("DROP TRIGGER failing");
    CHECK(house.use().marked.empty());
    SUBCASE("the next DELE") {
        CHECK(bob.ask("DELE 2") == "+OK");
        CHECK(house.eventually_marked({one, two}));
        CHECK(bob.ask("QUIT") == "+OK");
        CHECK(house.messages() == 0);
    }
    SUBCASE("QUIT") {
        CHECK(bob.ask("QUIT") == "+OK");
        CHECK(house.messages() == 1);
    }
}

TEST_CASE("a log-in whose listing cannot be read leaves the maildrop free, and the session without one") {
    House house;
    house.deliver(first_message);
    Caller bob(house);
    CHECK(bob.ask("USER bob") == "+OK");
    house.change_file("ALTER TABLE message RENAME TO message_away");
    CHECK(bob.ask("PASS hungry").starts_with("-ERR"));
    house.change_file("ALTER TABLE message_away RENAME TO message");
    CHECK(bob.ask("STAT").starts_with("-ERR"));  // still in the AUTHORIZATION state (RFC 1939 §4)
    Caller again(house);
    again.logged_in();
    CHECK(again.say("STAT").starts_with("+OK 1 "));
}

TEST_CASE("RSET means a mark too whose write is under way, and fails after it") {
    FirstEscaped escaped;
    House house;
    house.options.mark_delay = std::chrono::milliseconds(1);
    house.deliver(first_message);
    house.deliver(second_message);
    Caller bob(house);
    bob.logged_in();
    house.change_file("CREATE TRIGGER failing BEFORE INSERT ON pop3_mark BEGIN SELECT RAISE(ABORT, 'failed'); END");
    {
        const auto other_process = house.hold_writes();
        CHECK(bob.ask("DELE 1") == "+OK");
        std::this_thread::sleep_for(std::chrono::milliseconds(100));  // now the write waits for the other process
        bob.send("RSET\r\n");
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        other_process->execute("ROLLBACK");
    }
    CHECK(bob.line().starts_with("+OK"));
    REQUIRE(escaped.wait() == "pop3 marks");
    house.change_file("DROP TRIGGER failing");
    CHECK(bob.ask("QUIT") == "+OK");
    CHECK(house.messages() == 2);
}

TEST_CASE("a log-in that finds the maildrop held waits for the holder to leave, however that goes") {
    House house;
    house.options.maildrop_wait = std::chrono::hours(1);  // it is woken, or the test hangs
    house.deliver(first_message);
    Caller one(house);
    one.logged_in();
    CHECK(one.ask("DELE 1") == "+OK");
    Caller two(house);
    CHECK(two.ask("USER bob") == "+OK");
    two.send("PASS hungry\r\n");
    Caller three(house);
    CHECK(three.ask("USER bob") == "+OK");
    three.send("PASS hungry\r\n");
    SUBCASE("QUIT") {
        CHECK(one.ask("QUIT") == "+OK");
        CHECK(house.messages() == 0);
    }
    SUBCASE("the connection is lost") { one.hang_up(); }
    // Either may come first.
    CHECK(house.log.eventually_has_times("event=login", 2));
    const bool second = house.use().holder == "s2";
    Caller& next = second ? two : three;
    CHECK(next.line().starts_with("+OK Maildrop has "));
    CHECK(next.ask("QUIT") == "+OK");
    CHECK((second ? three : two).line().starts_with("+OK Maildrop has "));
}

TEST_CASE("twenty clients that log in at once all get in, one after the other") {
    House house;
    house.options.maildrop_wait = std::chrono::hours(1);
    house.deliver(first_message);
    std::vector<std::unique_ptr<Caller>> callers;
    for (int i = 0; i < 20; ++i) callers.push_back(std::make_unique<Caller>(house));
    for (const auto& caller : callers) caller->send("USER bob\r\nPASS hungry\r\nSTAT\r\nQUIT\r\n");
    for (const auto& caller : callers) {
        for (int i = 0; i < 4; ++i) CHECK(caller->line().starts_with("+OK "));
        CHECK(caller->line() == "<closed>");
    }
}

TEST_CASE("a session that speaks HTTP is ended before its body can be obeyed") {
    House house;
    for (const char* line :
         {"GET / HTTP/1.1", "POST /x HTTP/1.1", "HEAD / HTTP/1.1", "PUT / HTTP/1.1", "OPTIONS * HTTP/1.1",
          "CONNECT a:110 HTTP/1.1", "DELETE /1 HTTP/1.1", "NOOP / HTTP/1.1", "POST"}) {
        CAPTURE(line);
        Caller browser(house);
        browser.send(std::string(line) + "\r\nHost: a\r\n\r\nUSER bob\r\nPASS hungry\r\n");
        CHECK(browser.line().starts_with("-ERR This is no HTTP server"));
        CHECK(browser.line() == "<closed>");
    }
    Caller browser(house);
    browser.send("GET /" + std::string(10'000, 'x') + " HTTP/1.1\r\n");
    CHECK(browser.line().starts_with("-ERR This is no HTTP server"));
    CHECK(browser.line() == "<closed>");
    CHECK(house.log.eventually_has("reason=http-request"));
    CHECK(house.log.text().find("event=login") == std::string::npos);
}

TEST_CASE("CAPA, before and after log-in; no password without TLS where that is forbidden (CLIENTS.md 21)") {
    House house;
    Caller bob(house);
    const std::string capabilities = bob.ask_lines("CAPA");
    for (const char* wanted : {"TOP\n", "UIDL\n", "USER\n", "STLS\n", "PIPELINING\n", "RESP-CODES\n", "EXPIRE NEVER\n",
                               "AUTH-RESP-CODE\n", "UTF8 USER\n", "LANG\n", "SASL SCRAM-SHA-256 PLAIN LOGIN\n"}) {
        CAPTURE(wanted);
        CHECK(capabilities.find(wanted) != std::string::npos);
    }
    bob.logged_in();
    CHECK(bob.ask_lines("CAPA") == capabilities);

    House strict;
    strict.authenticator.plaintext = false;
    Caller outside(strict);
    const std::string fewer = outside.ask_lines("CAPA");
    CHECK(fewer.find("USER\n") == fewer.find("UTF8 USER\n") + 5);
    CHECK(fewer.find("SASL SCRAM-SHA-256\n") != std::string::npos);
    CHECK(outside.ask("USER bob") == "-ERR");
    CHECK(outside.ask("PASS hungry") == "-ERR");
    CHECK(outside.ask("AUTH PLAIN AGJvYgBodW5ncnk=") == "-ERR");
}

TEST_CASE("AUTH: PLAIN with and without initial response, LOGIN, cancelled, malformed (RFC 5034 §4)") {
    House house;
    {
        Caller bob(house);
        CHECK(bob.ask("AUTH PLAIN AGJvYgBodW5ncnk=") == "+OK");
        CHECK(bob.ask("QUIT") == "+OK");
    }
    {
        Caller bob(house);
        CHECK(bob.say("AUTH PLAIN") == "+ ");
        CHECK(bob.ask("AGJvYgBodW5ncnk=") == "+OK");
        CHECK(bob.ask("QUIT") == "+OK");
    }
    Caller bob(house);
    CHECK(bob.say("AUTH LOGIN") == "+ " + base::encode_base64("Username:"));
    CHECK(bob.say("*").starts_with("-ERR"));
    CHECK(bob.ask("AUTH PLAIN !!!") == "-ERR");
    CHECK(bob.ask("AUTH PLAIN " + base::encode_base64(std::string("\0bob\0wrong", 10))) == "-ERR [AUTH]");
    CHECK(bob.ask("AUTH PLAIN " + base::encode_base64(std::string("alice\0bob\0hungry", 16))) == "-ERR [AUTH]");
    CHECK(bob.ask("AUTH XOAUTH2 x") == "-ERR");
    CHECK(bob.ask_lines("AUTH") == "SCRAM-SHA-256\nPLAIN\nLOGIN\n");
    CHECK(bob.say("AUTH LOGIN") == "+ " + base::encode_base64("Username:"));
    CHECK(bob.say(base::encode_base64("bob")) == "+ " + base::encode_base64("Password:"));
    CHECK(bob.ask(base::encode_base64("hungry")) == "+OK");
}

TEST_CASE("AUTH SCRAM-SHA-256: both sides prove themselves") {
    House house;
    Caller bob(house);
    const auto client = sasl::make_client_exchange("SCRAM-SHA-256", {.user = "bob", .password = "hungry"});
    std::string answer = bob.say("AUTH SCRAM-SHA-256 " + base::encode_base64(*client->initial()));
    for (int round = 0; round < 2; ++round) {
        REQUIRE(answer.starts_with("+ "));
        const auto response = client->respond(*base::decode_base64(answer.substr(2)));
        REQUIRE(response.has_value());
        answer = bob.say(base::encode_base64(*response));
    }
    CHECK(answer.starts_with("+OK"));
    CHECK(client->server_is_proved());
    CHECK(bob.ask("STAT") == "+OK");
}

TEST_CASE("UTF8 and LANG (RFC 6856)") {
    House house;
    house.deliver("Subject: gr\xc3\xbc\xc3\x9f\x65\r\n\r\nx\r\n");
    {
        Caller bob(house);
        bob.logged_in();
        CHECK(bob.ask_lines("RETR 1") == "Subject: =?utf-8?b?Z3LDvMOfZQ==?=\n\nx\n");
        CHECK(bob.ask("UTF8") == "-ERR");
        CHECK(bob.ask("QUIT") == "+OK");
    }
    Caller bob(house);
    CHECK(bob.ask("UTF8") == "+OK");
    CHECK(bob.ask("STLS") == "-ERR");
    CHECK(bob.ask_lines("LANG") == "en English\n");
    CHECK(bob.say("LANG *").starts_with("+OK en "));
    CHECK(bob.ask("LANG MUL") == "-ERR");
    bob.logged_in();
    CHECK(bob.ask_lines("RETR 1") == "Subject: gr\xc3\xbc\xc3\x9f\x65\n\nx\n");
}

TEST_CASE("LIST, STAT and RETR tell what is sent, not what is stored (RFC 1939 §11)") {
    House house;
    house.options.chunk_octets = 40;
    house.options.top_chunk_octets = 10;
    const std::string contents[] = {
        "Subject: x\n\nline one\nline two\n",
        "Subject: x\r\n\r\nno end",
        "Subject: gr\xc3\xbc\xc3\x9f\x65, and long enough to be read in several "
        "chunks\r\n\r\ngr\xc3\xbc\xc3\x9f\x65\r\n",
        "Subject: gr\xc3\xbc\xc3\x9f\x65\nX: y\n\n.dot\nend",
        "Subject: plain\r\n\r\nbody\r\n",
    };
    for (const std::string& content : contents) house.deliver(content);
    for (const bool utf8 : {false, true}) {
        CAPTURE(utf8);
        Caller bob(house);
        if (utf8) REQUIRE(bob.ask("UTF8") == "+OK");
        REQUIRE(bob.ask("USER bob") == "+OK");
        REQUIRE(bob.ask("PASS hungry") == "+OK");
        std::size_t all = 0;
        for (std::size_t i = 1; i <= std::size(contents); ++i) {
            const std::string number = std::to_string(i);
            CAPTURE(number);
            const std::string announced = bob.say("RETR " + number);
            std::size_t octets = 0;
            for (std::string line = bob.line(); line != "."; line = bob.line()) {
                if (line.starts_with('.')) line.erase(0, 1);
                octets += line.size() + 2;
            }
            all += octets;
            CHECK(announced == "+OK " + std::to_string(octets) + " octets");
            CHECK(bob.say("LIST " + number) == "+OK " + number + " " + std::to_string(octets));
            const std::string top = bob.ask_lines("TOP " + number + " 0");
            CHECK((top.find("gr\xc3\xbc") != std::string::npos) ==
                  (utf8 && contents[i - 1].find('\xc3') != std::string::npos));
        }
        CHECK(bob.say("STAT") == "+OK 5 " + std::to_string(all));
        REQUIRE(bob.ask("QUIT") == "+OK");
    }
}

TEST_CASE("limits: bad commands, failed log-ins, commands before log-in, silence") {
    House house;
    house.options.bad_commands = 3;
    house.options.failed_logins = 2;
    house.options.commands_before_login = 5;
    house.options.login_timeout = std::chrono::seconds(1);
    Caller bad(house);
    for (int i = 0; i < 3; ++i) CHECK(bad.ask("XYZZY") == "-ERR");
    CHECK(bad.line() == "<closed>");
    Caller failed(house);
    for (int i = 0; i < 2; ++i) {
        CHECK(failed.ask("USER bob") == "+OK");
        CHECK(failed.ask("PASS wrong") == "-ERR [AUTH]");
    }
    CHECK(failed.line().starts_with("-ERR Too many"));
    CHECK(failed.line() == "<closed>");
    Caller idle(house);
    for (int i = 0; i < 5; ++i) idle.ask_lines("CAPA");
    CHECK(idle.ask("CAPA") == "-ERR");
    CHECK(idle.line() == "<closed>");
    Caller silent(house);
    CHECK(silent.line() == "-ERR [SYS/TEMP] Too long without a log-in or a command, closing");
    CHECK(silent.line() == "<closed>");
    CHECK(house.log.eventually_has("reason=timeout"));
}

TEST_CASE("a place among the account's connections: none left is told, and it goes back however the session ends") {
    House house;
    {
        Caller bob(house);
        bob.logged_in();
        CHECK(house.connection_limit.taken == 1);
        bob.hang_up();
    }
    CHECK(house.log.eventually_has("event=close"));
    CHECK(house.connection_limit.taken == 0);
    house.connection_limit.full = true;
    Caller turned(house);
    CHECK(turned.ask("USER bob") == "+OK");
    CHECK(turned.ask("PASS hungry") == "-ERR [SYS/TEMP]");  // RFC 3206 §4
    CHECK(turned.line() == "<closed>");
    CHECK(house.log.eventually_has("event=turned-away account=bob@hamburger.edu"));
}

TEST_CASE("commands before the log-in do not win time") {
    House house;
    house.options.login_timeout = std::chrono::seconds(1);
    house.options.commands_before_login = 10'000;
    Caller bob(house);
    std::string answer = "+OK";
    for (int i = 0; i < 1000 && answer.starts_with("+OK"); ++i) {
        answer = bob.say("USER bob");
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK(answer == "-ERR [SYS/TEMP] Too long without a log-in or a command, closing");
    CHECK(house.log.eventually_has("event=close reason=timeout"));
}

// The house ends no sessions: what is refused here is refused by the store.
TEST_CASE("after its password has changed a session reads and removes nothing, and gives back the lock") {
    House house;
    house.deliver(first_message);
    Caller bob(house);
    REQUIRE(bob.ask("user bob") == "+OK");
    REQUIRE(bob.ask("pass hungry") == "+OK");
    REQUIRE(bob.ask("dele 1") == "+OK");
    REQUIRE(bob.ask("rset") == "+OK");
    house.change_file("UPDATE credential SET generation = generation + 1");
    CHECK(bob.say("retr 1").starts_with("-ERR [AUTH] "));
    CHECK(bob.ask("dele 1") == "+OK");  // a note of the session's own
    CHECK(bob.say("quit").starts_with("-ERR [SYS/TEMP] Some deleted messages are not removed"));
    CHECK(bob.line() == "<closed>");
    CHECK(house.messages() == 1);
    CHECK(house.log.eventually_has("event=close"));
    CHECK(house.use().holder.empty());
}
