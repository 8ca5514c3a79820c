// Each way in which a session ends has one word in the log, the same at every door (protocols/README.md "The log").
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/client.h"
#include "tests/support/test_house.h"

using namespace std::chrono_literals;
using support::Client;
using support::TestHouse;

namespace end_reasons {
namespace {

// What a client says at a door.
struct Door {
    std::string name;
    std::string area;             // in the log
    std::string last_of_hello{};  // how the last line of the answer to `hello` begins
    std::string hello{};
    std::string quit;
    std::string start_tls;
    std::vector<std::string> login;  // line by line, each answered by one; empty: nobody logs in here
    std::vector<std::string> wrong_login{};
};

const std::vector<Door> all_doors = {
    {.name = "smtp",
     .area = "smtp",
     .last_of_hello = "250 ",
     .hello = "EHLO crepes.fr",
     .quit = "QUIT",
     .start_tls = "STARTTLS",
     .login = {}},
    {.name = "submission",
     .area = "submission",
     .last_of_hello = "250 ",
     .hello = "EHLO crepes.fr",
     .quit = "QUIT",
     .start_tls = "STARTTLS",
     .login = {"AUTH PLAIN AGJvYgBodW5ncnk="},
     .wrong_login = {"AUTH PLAIN AGJvYgB3cm9uZw=="}},
    {.name = "imap",
     .area = "imap",
     .quit = "a LOGOUT",
     .start_tls = "a STARTTLS",
     .login = {"a LOGIN bob hungry"},
     .wrong_login = {"a LOGIN bob wrong"}},
    {.name = "pop3",
     .area = "pop3",
     .quit = "QUIT",
     .start_tls = "STLS",
     .login = {"USER bob", "PASS hungry"},
     .wrong_login = {"USER bob", "PASS wrong"}},
};

void hello(Client& client, const Door& door) {
    if (door.hello.empty()) return;
    client.send(door.hello + "\r\n");
    while (!client.read_line().starts_with(door.last_of_hello)) {
    }
}

Client greeted(const TestHouse& house, const Door& door, const std::string& from = "127.0.0.1") {
    Client client(house.stage().ports.at(door.name), from);
    CHECK_FALSE(client.read_line().empty());
    hello(client, door);
    return client;
}

void say(Client& client, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
        client.send(line + "\r\n");
        CHECK(client.read_line_or_end());
    }
}

void until_closed(Client& client) {
    while (client.read_line_or_end()) {
    }
}

const std::string limits =
    "[limits]\nerrors_per_session = 3\ncommands_before_login = 5\nlogin_failures_per_session = 2\n"
    "connections_per_account = 1\nlogin_delay = \"0s\"\nlogin_delay_most = \"0s\"\n";

using Story = std::function<void(const TestHouse& house, const Door& door)>;

// Tells the story at each door, and finds its end in the log.
void tell(const std::string& reason, const std::vector<Door>& doors, const Story& story) {
    TestHouse house(limits, TestHouse::Log::kept);
    for (const Door& door : doors) {
        CAPTURE(door.name);
        CAPTURE(reason);
        const std::string close = "info " + door.area + " s=";
        const std::size_t before = house.log_lines(" event=close ").size();
        story(house, door);
        const std::vector<std::string> lines = house.log_lines(" event=close ", before + 1);
        REQUIRE(lines.size() == before + 1);
        CHECK(lines.back().starts_with(close));
        CHECK(lines.back().contains(" event=close reason=" + reason + " "));
        for (const char* figure : {" octets_in=", " octets_out=", " ms="}) CHECK(lines.back().contains(figure));
    }
}

std::vector<Door> doors_with_login() { return {all_doors.begin() + 1, all_doors.end()}; }

}  // namespace

TEST_CASE("a client says goodbye") {
    tell("quit", all_doors, [](const TestHouse& house, const Door& door) {
        Client client = greeted(house, door);
        client.send(door.quit + "\r\n");
        until_closed(client);
    });
}

TEST_CASE("a client vanishes") {
    tell("gone", all_doors, [](const TestHouse& house, const Door& door) {
        Client client = greeted(house, door);
        say(client, {"NOOP"});
    });
}

TEST_CASE("a client speaks nonsense") {
    tell("too-many-errors", all_doors, [](const TestHouse& house, const Door& door) {
        Client client = greeted(house, door);
        for (int i = 0; i < 3; ++i) client.send("xyzzy xyzzy\r\n");
        until_closed(client);
    });
}

TEST_CASE("a client asks and asks, and wants nothing") {
    tell("too-many-commands", all_doors, [](const TestHouse& house, const Door& door) {
        Client client = greeted(house, door);
        const std::string idle = door.area == "imap" ? "a NOOP\r\n" : door.area == "pop3" ? "CAPA\r\n" : "NOOP\r\n";
        for (int i = 0; i < 6; ++i) client.send(idle);
        until_closed(client);
    });
}

TEST_CASE("a browser that a page sent here") {
    tell("http-request", all_doors, [](const TestHouse& house, const Door& door) {
        Client client = greeted(house, door);
        client.send("POST / HTTP/1.1\r\n");
        until_closed(client);
    });
}

TEST_CASE("a handshake that is none") {
    tell("tls-failed", all_doors, [](const TestHouse& house, const Door& door) {
        Client client = greeted(house, door);
        say(client, {door.start_tls});
        client.send("this is no TLS at all, but long enough to be looked at\r\n");
        until_closed(client);
    });
}

TEST_CASE("guessing at a password") {
    tell("too-many-login-failures", doors_with_login(), [](const TestHouse& house, const Door& door) {
        Client client = greeted(house, door);
        for (int i = 0; i < 2; ++i) say(client, door.wrong_login);
        until_closed(client);
    });
}

TEST_CASE("more connections than an account may have") {
    const std::string elsewhere = "127.0.0.2";  // this machine's own are not counted
    const auto log_in = [&](const TestHouse& house, const Door& door) {
        Client client = greeted(house, door, elsewhere);
        say(client, {door.start_tls});
        client.start_tls();
        hello(client, door);
        say(client, door.login);
        return client;
    };
    std::vector<Client> first;
    tell("turned-away", doors_with_login(), [&](const TestHouse& house, const Door& door) {
        if (first.empty()) first.push_back(log_in(house, door));
        Client second = log_in(house, door);
        until_closed(second);
    });
}

TEST_CASE("silence") {
    TestHouse house("[limits]\nlogin_timeout = \"1s\"\nsmtp_timeout = \"1s\"\n", TestHouse::Log::kept);
    for (const Door& door : all_doors) {
        CAPTURE(door.name);
        Client client = greeted(house, door);
        say(client, {"NOOP"});
        until_closed(client);
        CHECK(house.log_lines("info " + door.area + " s=", 2).back().contains(" event=close reason=timeout "));
    }
}

TEST_CASE("the server stops") {
    TestHouse house("", TestHouse::Log::kept);
    std::vector<Client> clients;
    for (const Door& door : all_doors) {
        clients.push_back(greeted(house, door));
        say(clients.back(), {"NOOP"});
    }
    house.stop();
    for (const Door& door : all_doors) {
        CAPTURE(door.name);
        CHECK(house.log_lines("info " + door.area + " s=", 2).back().contains(" event=close reason=shutdown "));
    }
}

}  // namespace end_reasons
