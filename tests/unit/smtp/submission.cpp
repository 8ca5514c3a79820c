// Submission: log-in, TLS and who may send as whom. RFC 6409 §4.3, RFC 4954, RFC 3207 §4.2; CLIENTS.md 19.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "protocols/base/base64.h"
#include "tests/unit/smtp/house.h"

using namespace smtp;
using namespace smtp::testing;

namespace {

std::string plain(std::string_view user, std::string_view password) {
    return base::encode_base64(std::string(1, '\0') + std::string(user) + std::string(1, '\0') + std::string(password));
}

}  // namespace

TEST_CASE("without TLS no password is asked for, and none is taken") {
    House house(Kind::submission);
    house.start();
    Caller caller(house);
    CHECK(caller.hear().code == 220);
    const Heard offer = caller.say("EHLO [127.0.0.1]");
    CHECK(offer.text.contains("250-STARTTLS\n"));
    CHECK(!offer.text.contains("PLAIN"));
    CHECK(!offer.text.contains("LOGIN"));
    CHECK(!offer.text.contains("PLUS"));
    CHECK(caller.say("AUTH PLAIN " + plain("bob", "hungry")).text.starts_with("538 5.7.11"));
    CHECK(caller.say("MAIL FROM:<bob@hamburger.edu>").text.starts_with("530 5.7.0"));
    CHECK(!house.log.text().contains(plain("bob", "hungry")));
}

TEST_CASE("AUTH PLAIN, with and without an initial response") {
    House house(Kind::submission);
    house.authenticator.plaintext = true;
    house.start();
    {
        Caller caller(house);
        caller.greeted();
        CHECK(caller.say("AUTH PLAIN  " + plain("bob", "hungry")).text == "235 2.7.0 Authentication succeeded\n");
        CHECK(caller.say("AUTH PLAIN " + plain("bob", "hungry")).code == 503);
        CHECK(caller.say("MAIL FROM:<alice@crepes.fr>").text.starts_with("553 5.7.1"));
        CHECK(caller.say("MAIL FROM:<bob@hamburger.edu>").code == 250);
        CHECK(caller.say("RCPT TO:<nobody@hamburger.edu>").code == 550);
        house.arrange([&] { CHECK(house.name_guesses.guesses.empty()); });  // our users guess no names
        CHECK(caller.say("RCPT TO:<alice@crepes.fr>").code == 250);         // our users may send to anyone
        CHECK(caller.say("DATA").code == 354);
        CHECK(caller.say("Subject: hi\r\n\r\n.").code == 250);
        REQUIRE(house.messages().size() == 1);
        const services::IntakeEnvelope envelope = house.messages()[0].envelope;
        CHECK(envelope.area == "submission");
        CHECK(envelope.protocol == "ESMTPA");
        REQUIRE(envelope.submitter);
        CHECK(envelope.submitter->name == "bob@hamburger.edu");
        CHECK(caller.say("MAIL FROM:<>").code == 250);  // read receipts
    }
    {
        Caller caller(house);
        caller.greeted();
        CHECK(caller.say("AUTH PLAIN").text == "334 \n");
        CHECK(caller.say(plain("bob@hamburger.edu", "hungry")).code == 235);
    }
    {
        Caller caller(house);
        caller.greeted();
        CHECK(caller.say("AUTH PLAIN " + plain("bob", "angry")).text.starts_with("535 5.7.8"));
        CHECK(caller.say("AUTH PLAIN").code == 334);
        CHECK(caller.say("*").text.starts_with("501 5.7.0"));
        CHECK(caller.say("AUTH PLAIN").code == 334);
        CHECK(caller.say("not base64!").code == 501);
        CHECK(caller.say("AUTH PLAIN").code == 334);
        CHECK(caller.say(std::string(20'000, 'A')).code == 501);
        CHECK(caller.say("AUTH CRAM-MD5").text.starts_with("504 5.5.4"));
        CHECK(caller.say("AUTH PLAIN " + plain("bob", "hungry")).code == 235);
    }
    CHECK(!house.log.text().contains(plain("bob", "hungry")));
    CHECK(!house.log.text().contains("hungry"));
}

TEST_CASE("AUTH LOGIN with the prompts that Outlook wants") {
    House house(Kind::submission);
    house.authenticator.plaintext = true;
    house.start();
    Caller caller(house);
    caller.greeted();
    CHECK(caller.say("AUTH LOGIN").text == "334 VXNlcm5hbWU6\n");
    CHECK(caller.say(base::encode_base64("bob")).text == "334 UGFzc3dvcmQ6\n");
    CHECK(caller.say(base::encode_base64("hungry")).code == 235);
}

// Devices: cosullivan/SmtpServer#219 (CLIENTS.md 30). On port 25 the grammar holds: "small commands and syntax".
TEST_CASE("addresses without brackets are taken from those who submit") {
    House house(Kind::submission);
    house.authenticator.plaintext = true;
    house.start();
    Caller caller(house);
    caller.greeted();
    CHECK(caller.say("AUTH PLAIN " + plain("bob", "hungry")).code == 235);
    CHECK(caller.say("MAIL FROM:<bob@hamburger.edu").code == 501);
    CHECK(caller.say("MAIL FROM:").code == 501);
    CHECK(caller.say("MAIL FROM:alice@crepes.fr").text.starts_with("553 5.7.1"));
    CHECK(caller.say("MAIL FROM: bob@hamburger.edu SIZE=100 BODY=8BITMIME").code == 250);
    CHECK(caller.say("RCPT TO:alice@crepes.fr NOTIFY=NEVER").code == 250);
    CHECK(caller.say("RCPT TO:bob@hamburger.edu").code == 250);
    CHECK(caller.say("RCPT TO:bob").code == 501);
    CHECK(caller.say("DATA").code == 354);
    CHECK(caller.say("Subject: scan\r\n\r\n.").code == 250);
    REQUIRE(house.messages().size() == 1);
    const services::IntakeEnvelope envelope = house.messages()[0].envelope;
    CHECK(envelope.reverse_path == "bob@hamburger.edu");
    REQUIRE(envelope.recipients.size() == 2);
    CHECK(envelope.recipients[0].recipient.address == "alice@crepes.fr");
    CHECK(envelope.recipients[0].notify == storage::dsn_notify::never);
}

TEST_CASE("guessing ends in 421") {
    House house(Kind::submission);
    house.authenticator.plaintext = true;
    house.options.limits.auth_failures = 3;
    house.start();
    Caller caller(house);
    caller.greeted();
    for (int i = 0; i < 3; ++i) CHECK(caller.say("AUTH PLAIN " + plain("bob", "guess")).code == 535);
    CHECK(caller.hear().code == 421);
    CHECK(caller.closed());
}

TEST_CASE("a handshake that is none just ends the session") {
    House house(Kind::submissions);
    house.start();
    Caller caller(house);
    caller.send("EHLO crepes.fr\r\n");
    CHECK(caller.closed());
    Caller plain_caller(house);
    plain_caller.send("\r\n\r\n\r\n\r\n\r\n");
    CHECK(plain_caller.closed());
}

TEST_CASE("a place among the account's connections: none left is told, and it goes back however the session ends") {
    House house(Kind::submission);
    house.authenticator.plaintext = true;
    house.start();
    {
        Caller caller(house);
        caller.greeted();
        CHECK(caller.say("AUTH PLAIN " + plain("bob", "hungry")).code == 235);
        CHECK(house.connection_limit.taken == 1);
        caller.hang_up();
    }
    CHECK(house.log.eventually_has("close"));
    CHECK(house.connection_limit.taken == 0);
    house.connection_limit.full = true;
    Caller turned(house);
    turned.greeted();
    CHECK(turned.say("AUTH PLAIN " + plain("bob", "hungry")).text.starts_with("421 4.7.0"));  // RFC 5321 §4.2.3
    CHECK(turned.closed());
    CHECK(house.log.eventually_has("turned-away"));
}

TEST_CASE("an address to which a user's mail is suppressed is refused at RCPT; the others get the message") {
    House house(Kind::submission);
    house.authenticator.plaintext = true;
    house.directory.suppressed = "gone@far.example";
    house.start();
    Caller caller(house);
    caller.greeted();
    CHECK(caller.say("AUTH PLAIN " + plain("bob", "hungry")).code == 235);
    CHECK(caller.say("MAIL FROM:<bob@hamburger.edu>").code == 250);
    CHECK(caller.say("RCPT TO:<gone@far.example>").text == "550 5.1.1 Your mail to this address has failed for good\n");
    CHECK(caller.say("RCPT TO:<here@far.example>").code == 250);
}

// As at IMAP and POP3. On port 25 the time for each command is RFC 5321 §4.5.3.2.7's alone.
TEST_CASE("who comes to submit must log in in time, whatever it says until then") {
    struct Row {
        std::string name;
        Kind kind;
        std::string first;  // said at once
        std::string piece;  // said again and again then
        bool ends;
    };
    const std::vector<Row> rows = {
        {"commands", Kind::submission, "", "NOOP\r\n", true},
        {"a line that trickles in", Kind::submission, "N", "O", true},
        {"a line over its limit", Kind::submission, std::string(6000, 'A'), "A", true},
        {"a chunk out of order", Kind::submission, "BDAT 100000\r\n", "x", true},
        {"a log-in conversation", Kind::submission, "AUTH PLAIN\r\n", "A", true},
        {"commands on port 25", Kind::relay, "", "NOOP\r\n", false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        House house(row.kind);
        house.authenticator.plaintext = true;
        house.options.limits.login_time = std::chrono::seconds(1);
        house.options.limits.idle_commands = 10'000;
        house.start();
        Caller caller(house);
        caller.greeted();
        caller.send(row.first);
        const auto over = [&] { return house.log.text().contains("event=close reason=timeout"); };
        for (int i = 0; i < (row.ends ? 1000 : 200) && !over(); ++i) {
            caller.send(row.piece);
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        CHECK(over() == row.ends);
    }
}

TEST_CASE("who has logged in has the time of each command") {
    House house(Kind::submission);
    house.authenticator.plaintext = true;
    house.options.limits.login_time = std::chrono::seconds(1);
    house.start();
    Caller caller(house);
    caller.greeted();
    CHECK(caller.say("AUTH PLAIN " + plain("bob", "hungry")).code == 235);
    std::this_thread::sleep_for(std::chrono::milliseconds(1300));
    CHECK(caller.say("NOOP").code == 250);
}

TEST_CASE("STARTTLS forgets a log-in in plain text, and keeps no connection of its account (RFC 3207 §4.2)") {
    House house(Kind::submission);
    house.authenticator.plaintext = true;
    house.start();
    Caller caller(house);
    caller.greeted();
    CHECK(caller.say("AUTH PLAIN " + plain("bob", "hungry")).code == 235);
    CHECK(house.connection_limit.taken == 1);
    CHECK(caller.say("STARTTLS").code == 220);
    CHECK(house.connection_limit.taken == 0);
}
