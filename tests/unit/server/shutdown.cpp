// The end of the whole server: busy sessions are told, too. protocols/README.md "Network"; RFC 5321 §3.8,
// RFC 9051 §7.1.5.
#include <doctest/doctest.h>

#include "tests/support/client.h"
#include "tests/support/test_house.h"

using namespace std::chrono_literals;
using support::Client;

TEST_CASE("a session that waits out the delay of a failed log-in is told before it is closed") {
    // Longer than the server waits for its sessions.
    support::TestHouse house("[limits]\nlogin_delay = \"60s\"\nlogin_delay_most = \"60s\"\n");
    const auto greeted = [&](const char* door) {
        Client client(house.stage().ports.at(door));
        CHECK_FALSE(client.read_line().empty());
        return client;
    };
    Client smtp = greeted("submission");
    smtp.send("EHLO [127.0.0.1]\r\n");
    while (smtp.read_line().starts_with("250-")) {
    }
    smtp.send("AUTH PLAIN AGJvYgB3cm9uZw==\r\n");
    Client imap = greeted("imap");
    imap.send("a LOGIN bob wrong\r\n");
    Client pop3 = greeted("pop3");
    pop3.send("USER bob\r\n");
    CHECK(pop3.read_line().starts_with("+OK"));
    pop3.send("PASS wrong\r\n");
    for (Client* client : {&smtp, &imap, &pop3}) CHECK(client->silent_for(200ms));

    house.stop();
    CHECK(smtp.read_line().starts_with("535 5.7.8 "));
    CHECK(smtp.read_line().starts_with("421 4.3.2 "));
    CHECK_FALSE(smtp.read_line_or_end());
    CHECK(imap.read_line().starts_with("a NO [AUTHENTICATIONFAILED] "));
    CHECK(imap.read_line().starts_with("* BYE [UNAVAILABLE] "));
    CHECK_FALSE(imap.read_line_or_end());
    CHECK(pop3.read_line().starts_with("-ERR [AUTH] "));
    CHECK(pop3.read_line().starts_with("-ERR [SYS/TEMP] "));
    CHECK_FALSE(pop3.read_line_or_end());
}
