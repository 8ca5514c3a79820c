// Sessions on port 25: order, transactions, pipelining, limits, faults. RFC 5321 §3, §4; RFC 2920; RFC 1870.
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/smtp/house.h"

using namespace smtp;
using namespace smtp::testing;

TEST_CASE("the lecture's session, as people type it") {
    House house;
    house.start();
    Caller caller(house);
    CHECK(caller.hear().text.starts_with("220 mail.hamburger.edu "));
    CHECK(caller.say("HELO crepes.fr").code == 250);
    CHECK(caller.say("MAIL FROM: <alice@crepes.fr>").code == 250);
    CHECK(caller.say("RCPT TO: <bob@hamburger.edu>").code == 250);
    CHECK(caller.say("data").code == 354);
    CHECK(caller.say("Do you like ketchup?\r\nHow about pickles?\r\n.").code == 250);
    CHECK(caller.say("QUIT").code == 221);
    CHECK(caller.closed());
    REQUIRE(house.messages().size() == 1);
    const Message message = house.messages()[0];
    CHECK(message.content == "Do you like ketchup?\r\nHow about pickles?\r\n");
    CHECK(message.envelope.reverse_path == "alice@crepes.fr");
    CHECK(message.envelope.client_name == "crepes.fr");
    CHECK(message.envelope.client_address == "127.0.0.1");
    CHECK(message.envelope.protocol == "SMTP");
    CHECK(message.envelope.area == "smtp");
    REQUIRE(message.envelope.recipients.size() == 1);
    CHECK(message.envelope.recipients[0].recipient.address == "bob@hamburger.edu");
    CHECK(house.log.text().contains("event=accepted from=alice@crepes.fr recipients=1 octets=42 id=m1"));
    CHECK(house.log.eventually_has("event=close reason=quit messages=1"));
}

TEST_CASE("three messages in one session, however long the pauses") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted();
    for (int i = 1; i <= 3; ++i) {
        caller.with_recipient();
        CHECK(caller.say("DATA").code == 354);
        CHECK(caller.say("message " + std::to_string(i) + "\r\n.").code == 250);
    }
    REQUIRE(house.messages().size() == 3);
    CHECK(house.messages()[2].content == "message 3\r\n");
    CHECK(house.messages()[2].envelope.protocol == "ESMTP");
}

TEST_CASE("the first recipient that is taken lets the intake begin with what takes time; what gives it up ends that") {
    House house;
    house.start();
    Caller caller(house);
    const auto begun = [&] {
        std::vector<std::string> whom;
        house.arrange([&] { whom = house.intake.inquiries; });
        return whom;
    };
    const auto open = [&] {
        int how_many = 0;
        house.arrange([&] { how_many = house.intake.open_inquiries; });
        return how_many;
    };
    caller.greeted();
    CHECK(caller.say("MAIL FROM:<alice@crepes.fr>").code == 250);
    CHECK(caller.say("RCPT TO:<nobody@hamburger.edu>").code == 550);
    CHECK(begun().empty());
    CHECK(caller.say("RCPT TO:<bob@hamburger.edu>").code == 250);
    CHECK(caller.say("RCPT TO:<bob@hamburger.edu>").code == 250);
    CHECK(caller.say("RCPT TO:<user1@hamburger.edu>").code == 250);
    CHECK(begun() == std::vector<std::string>{"bob@hamburger.edu"});
    CHECK(open() == 1);
    CHECK(caller.say("RSET").code == 250);
    CHECK(open() == 0);
    caller.with_recipient();
    CHECK(caller.say("DATA").code == 354);
    CHECK(caller.say(".").code == 250);
    CHECK(begun().size() == 2);
    CHECK(house.messages().at(0).envelope.inquiry != nullptr);
}

TEST_CASE("pipelined commands are answered in order, in one go, and around the data") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted();
    caller.send("MAIL FROM:<a@crepes.fr>\r\nRCPT TO:<bob@hamburger.edu>\r\nRCPT TO:<nobody@hamburger.edu>\r\nDATA\r\n");
    for (const int code : {250, 250, 550, 354}) CHECK(caller.hear().code == code);
    caller.send("one\r\n.\r\nMAIL FROM:<b@crepes.fr>\r\nRCPT TO:<bob@hamburger.edu>\r\nDATA\r\n");
    for (const int code : {250, 250, 250, 354}) CHECK(caller.hear().code == code);
    caller.send("two\r\n.\r\nNOOP\r\nQU");
    for (const int code : {250, 250}) CHECK(caller.hear().code == code);
    CHECK(caller.say("IT").code == 221);
    CHECK(house.messages().size() == 2);
}

TEST_CASE("every order but the right one is 503 and changes nothing") {
    House house;
    house.start();
    Caller caller(house);
    CHECK(caller.hear().code == 220);
    CHECK(caller.say("MAIL FROM:<a@b.fr>").code == 503);
    CHECK(caller.say("EHLO crepes.fr").code == 250);
    CHECK(caller.say("RCPT TO:<bob@hamburger.edu>").code == 503);
    CHECK(caller.say("DATA").code == 503);
    CHECK(caller.say("MAIL FROM:<a@b.fr>").code == 250);
    CHECK(caller.say("MAIL FROM:<a@b.fr>").code == 503);
    CHECK(caller.say("DATA").code == 503);
    CHECK(caller.say("STARTTLS").code == 503);
    CHECK(caller.say("RCPT TO:<nobody@hamburger.edu>").text == "550 5.1.1 No such user here\n");
    CHECK(caller.say("DATA").text.starts_with("554 5.5.1"));
    CHECK(caller.say("RCPT TO:<bob@hamburger.edu>").code == 250);
    CHECK(caller.say("RSET").code == 250);
    CHECK(caller.say("DATA").code == 503);
    caller.with_recipient();
    CHECK(caller.say("EHLO crepes.fr").code == 250);  // ends the transaction
    CHECK(caller.say("DATA").code == 503);
    CHECK(house.messages().empty());
}

TEST_CASE("small commands and syntax") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted();
    struct Row {
        std::string_view line, reply;
    };
    static constexpr Row rows[] = {
        {"ketchup", "500 5.5.2"},
        {"", "500 5.5.2"},
        {"NOOP ok", "250 2.0.0"},
        {"VRFY bob", "252 2.5.0"},
        {"EXPN staff", "502 5.5.1"},
        {"HELP", "214 2.0.0"},
        {"RSET x", "501 5.5.4"},
        {"MAIL FROM:a@b", "501 5.1.7"},
        {"MAIL FROM:<a@b.fr> FOO=1", "555 5.5.4 parameter FOO not"},
        {"MAIL FROM:<a@b.fr> F_O=1", "555 5.5.4 parameter with such a name"},
        {"MAIL FROM:<a@b.fr> BODY=TERNARYMIME", "501 5.5.4"},
        {"MAIL FROM:<a@b.fr> SIZE=100001", "552 5.3.4"},
        {"MAIL FROM:<\xc3\xa4@b.fr>", "553 5.6.7"},
        {"AUTH PLAIN", "502 5.5.1"},
        {"MAIL FROM:<> SIZE=100000 BODY=8BITMIME", "250 2.1.0"},
        {"RCPT TO:bob", "501 5.1.3"},
        {"RCPT TO:<alice@crepes.fr>", "550 5.7.1"},
        {"RCPT TO:<\xc3\xa4@hamburger.edu>", "553 5.6.7"},
        {"RCPT TO:<Postmaster>", "250 2.1.5"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.line);
        CHECK(caller.say(row.line).text.starts_with(row.reply));
    }
}

TEST_CASE("DSN and SMTPUTF8 wishes reach the intake") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted();
    CHECK(caller.say("MAIL FROM:<\xc3\xa4@crepes.fr> SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=a+2Bb").code == 250);
    CHECK(caller.say("RCPT TO:<bob@hamburger.edu> NOTIFY=FAILURE,DELAY ORCPT=rfc822;b+2Bc@d").code == 250);
    CHECK(caller.say("RCPT TO:<bob@hamburger.edu>").code == 250);  // named twice, one copy
    CHECK(caller.say("DATA").code == 354);
    CHECK(caller.say(".").code == 250);
    REQUIRE(house.messages().size() == 1);
    const services::IntakeEnvelope envelope = house.messages()[0].envelope;
    CHECK(envelope.protocol == "UTF8SMTP");
    CHECK(envelope.smtputf8);
    CHECK(envelope.eight_bit_mime);
    CHECK(envelope.envelope_id == "a+b");
    CHECK(envelope.dsn_return == storage::DsnReturn::headers);
    REQUIRE(envelope.recipients.size() == 1);
    CHECK(envelope.recipients[0].notify == (storage::dsn_notify::failure | storage::dsn_notify::delay));
    CHECK(envelope.recipients[0].original_recipient == "rfc822;b+c@d");
}

TEST_CASE("what another server might take for an end is refused, whole (SMTP smuggling)") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted();
    for (const std::string_view seam : {"\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\r\n.\r", "\r.\r\n", "\n\n.\r\n"}) {
        CAPTURE(seam);
        caller.with_recipient();
        CHECK(caller.say("DATA").code == 354);
        caller.send("hello" + std::string(seam) +
                    "MAIL FROM:<evil@crepes.fr>\r\nRCPT TO:<bob@hamburger.edu>\r\nDATA\r\n");
        CHECK(caller.say("\r\n.").text.starts_with("554 5.6.0"));
        CHECK(caller.say("NOOP").code == 250);
    }
    CHECK(house.messages().empty());
}

TEST_CASE("an over-long line is 500 and the session goes on") {
    House house;
    house.options.limits.command_line_octets = 1000;
    house.start();
    Caller caller(house);
    caller.greeted();
    CHECK(caller.say("NOOP " + std::string(1000, 'x')).text.starts_with("500 5.5.2"));
    CHECK(caller.say(std::string(1'000'000, 'x')).text.starts_with("500 5.5.2"));
    CHECK(caller.say("NOOP").code == 250);
}

TEST_CASE("a message over the limit is read to its end and refused; the next one passes") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted().with_recipient();
    CHECK(caller.say("DATA").code == 354);
    for (int i = 0; i < 3000; ++i) caller.send(std::string(98, 'x') + "\r\n");
    CHECK(caller.say(".").text.starts_with("552 5.3.4"));
    caller.with_recipient();
    CHECK(caller.say("DATA").code == 354);
    CHECK(caller.say("small\r\n.").code == 250);
    CHECK(house.messages().size() == 1);
}

TEST_CASE("nobody is listened to for ever") {
    House house;
    house.options.limits.discarded_octets = 200'000;
    house.start();
    Caller caller(house);
    caller.greeted().with_recipient();
    CHECK(caller.say("DATA").code == 354);
    for (int i = 0; i < 4000; ++i) caller.send(std::string(98, 'x') + "\r\n");
    CHECK(caller.hear().code == 552);
    CHECK(caller.hear().code == 421);
}

TEST_CASE("limits on errors, recipients, guesses, commands and transactions end in 4yz or 421") {
    House house;
    house.options.limits.errors = 3;
    house.options.limits.recipients = 2;
    house.options.limits.refused_recipients = 4;
    house.options.limits.idle_commands = 6;
    house.options.limits.transactions = 2;
    house.start();
    {
        Caller caller(house);
        caller.greeted();
        for (int i = 0; i < 3; ++i) CHECK(caller.say("ketchup").code == 500);
        CHECK(caller.hear().code == 421);
        CHECK(caller.closed());
    }
    {
        Caller caller(house);
        caller.greeted();
        CHECK(caller.say("MAIL FROM:<>").code == 250);
        CHECK(caller.say("RCPT TO:<user1@hamburger.edu>").code == 250);
        CHECK(caller.say("RCPT TO:<user2@hamburger.edu>").code == 250);
        CHECK(caller.say("RCPT TO:<user3@hamburger.edu>").text.starts_with("452 4.5.3"));
        CHECK(caller.say("DATA").code == 354);
        CHECK(caller.say(".").code == 250);
        CHECK(house.messages().back().envelope.recipients.size() == 2);
        CHECK(caller.say("MAIL FROM:<>").code == 250);
        for (int i = 0; i < 4; ++i) CHECK(caller.say("RCPT TO:<guess@hamburger.edu>").code == 550);
        CHECK(caller.hear().code == 421);
    }
    {
        Caller caller(house);
        caller.greeted();
        for (int i = 0; i < 5; ++i) CHECK(caller.say("NOOP").code == 250);
        CHECK(caller.say("NOOP").code == 421);
    }
    {
        Caller caller(house);
        caller.greeted();
        for (int i = 0; i < 2; ++i) {
            CHECK(caller.say("MAIL FROM:<>").code == 250);
            CHECK(caller.say("RSET").code == 250);
        }
        CHECK(caller.say("MAIL FROM:<>").code == 421);
    }
}

TEST_CASE("faults of the house are 4yz, and the session goes on") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted();
    const auto deliver = [&] {
        caller.with_recipient();
        const Heard heard = caller.say("DATA");
        if (heard.code != 354) {
            caller.say("RSET");
            return heard;
        }
        return caller.say("some text\r\n.");
    };
    house.arrange([&] { house.directory.throws = true; });
    CHECK(caller.say("MAIL FROM:<>").code == 250);
    CHECK(caller.say("RCPT TO:<bob@hamburger.edu>").text.starts_with("451 4.3.0"));
    house.arrange([&] { house.directory.throws = false; });
    CHECK(caller.say("RSET").code == 250);

    house.arrange([&] { house.intake.begin_throws = true; });
    CHECK(deliver().text.starts_with("451 4.3.0"));
    house.arrange([&] { house.intake.begin_throws = false; });
    house.arrange([&] { house.intake.waits = true; });
    CHECK(deliver().code == 250);
    house.arrange([&] { house.intake.write_throws = true; });
    CHECK(deliver().text.starts_with("451 4.3.0"));
    house.arrange([&] { house.intake.write_throws = false; });
    house.arrange([&] { house.intake.write_refusal = storage::Refusal{storage::Reason::storage_full, ""}; });
    CHECK(deliver().text.starts_with("452 4.3.1"));
    house.arrange([&] { house.intake.write_refusal.reset(); });
    house.arrange([&] { house.intake.waits = false; });
    house.arrange([&] { house.intake.finish_throws = true; });
    CHECK(deliver().text.starts_with("451 4.3.0"));
    house.arrange([&] { house.intake.finish_throws = false; });
    house.arrange(
        [&] { house.intake.finish_refusal = storage::Refusal{storage::Reason::over_quota, "bob's mailbox is full"}; });
    CHECK(deliver().text.starts_with("452 4.2.2 bob's mailbox is full"));
    house.arrange([&] { house.intake.finish_refusal = storage::Refusal{storage::Reason::not_deliverable, ""}; });
    CHECK(deliver().text.starts_with("554 5.7.1"));
    house.arrange([&] { house.intake.finish_refusal = storage::Refusal{storage::Reason::mail_loop, "too many hops"}; });
    CHECK(deliver().text.starts_with("554 5.4.6 too many hops"));  // RFC 3463 §3.5
    house.arrange([&] { house.intake.finish_refusal.reset(); });
    CHECK(deliver().code == 250);
    CHECK(house.messages().size() == 2);
}

TEST_CASE("a client that vanishes leaves nothing, one that is silent gets 421, and so do all at shutdown") {
    House house;
    house.options.limits.command_timeout = std::chrono::seconds(1);
    house.options.limits.data_timeout = std::chrono::seconds(1);
    house.start();
    {
        Caller caller(house);
        caller.greeted().with_recipient();
        CHECK(caller.say("DATA").code == 354);
        caller.send("half a mess");
    }
    Caller silent(house);
    silent.greeted();
    CHECK(silent.hear().text.starts_with("421 4.4.2 mail.hamburger.edu"));
    CHECK(silent.closed());
    Caller in_data(house);
    in_data.greeted().with_recipient();
    CHECK(in_data.say("DATA").code == 354);
    CHECK(in_data.hear().code == 421);
    Caller waiting(house);
    waiting.greeted();
    house.interrupt_sessions();
    CHECK(waiting.hear().text.starts_with("421 4.3.2 mail.hamburger.edu"));
    CHECK(waiting.closed());
    CHECK(house.messages().empty());
    CHECK(house.log.eventually_has("reason=gone"));
}

TEST_CASE("a message that trickles in ends with its time, whatever becomes of its octets") {
    struct Trickle {
        std::string name;
        std::string begin;
        std::string piece;
    };
    const std::vector<Trickle> table = {
        {"DATA", "DATA\r\n", "x"},
        {"DATA that is refused already", "DATA\r\nbare\nline\r\n", "x"},
        {"DATA in one line over its limit", "DATA\r\n" + std::string(3000, 'x'), "x"},
        {"a chunk", "BDAT 100000\r\n", "x"},
        {"chunks of one octet", "", "BDAT 1\r\nx"},
        {"chunks of none", "", "BDAT 0\r\n"},
        {"a chunk out of order", "RSET\r\nBDAT 100000\r\n", "x"},
        {"a command line over its limit", "RSET\r\n" + std::string(6000, 'A'), "x"},
    };
    struct Peer {
        House house;
        std::optional<Caller> caller;
        bool over() { return house.log.text().contains("reason=timeout"); }
    };
    std::vector<std::unique_ptr<Peer>> peers;
    for (const Trickle& row : table) {
        Peer& peer = *peers.emplace_back(std::make_unique<Peer>());
        peer.house.options.limits.command_timeout = std::chrono::seconds(1);
        peer.house.options.limits.message_time = std::chrono::seconds(1);
        peer.house.options.limits.idle_commands = 10'000;
        peer.house.start();
        peer.caller.emplace(peer.house);
        peer.caller->greeted().with_recipient();
        peer.caller->send(row.begin);
    }
    // A bounded loop, far longer than needed, notices an endless session even on a slow machine.
    std::size_t left = peers.size();
    for (int i = 0; i < 1000 && left > 0; ++i) {
        left = 0;
        for (std::size_t at = 0; at < peers.size(); ++at) {
            if (peers[at]->over()) continue;
            ++left;
            peers[at]->caller->send(table[at].piece);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    for (std::size_t at = 0; at < peers.size(); ++at) {
        CAPTURE(table[at].name);
        CHECK(peers[at]->over());
    }
}

TEST_CASE("BDAT: chunks of any octets, in order or read and dropped (RFC 3030 §4)") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted().with_recipient();
    caller.send("BDAT 8\r\n.\r\nabc\r\n");
    CHECK(caller.hear().code == 250);
    CHECK(caller.say("MAIL FROM:<>").code == 503);
    CHECK(caller.say("DATA").code == 503);
    caller.send("BDAT 7 LAST\r\ndef\r\n..");
    CHECK(caller.hear().code == 250);
    REQUIRE(house.messages().size() == 1);
    CHECK(house.messages()[0].content == ".\r\nabc\r\ndef\r\n..");

    caller.send(
        "MAIL FROM:<>\r\nRCPT TO:<bob@hamburger.edu>\r\nBDAT 5\r\none\r\nBDAT 5\r\ntwo\r\nBDAT 0 LAST\r\nNOOP\r\n");
    for (const int code : {250, 250, 250, 250, 250, 250}) CHECK(caller.hear().code == code);
    CHECK(house.messages().back().content == "one\r\ntwo\r\n");

    // Out of order: the octets must not be taken for commands.
    caller.send("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
    for (const int code : {503, 250}) CHECK(caller.hear().code == code);
    CHECK(caller.say("MAIL FROM:<>").code == 250);
    CHECK(caller.say("RCPT TO:<nobody@hamburger.edu>").code == 550);
    caller.send("BDAT 6 LAST\r\nQUIT\r\nRSET\r\n");
    for (const int code : {554, 250}) CHECK(caller.hear().code == code);

    CHECK(house.messages().size() == 2);
}

// Exchange Online: inverse-inc/packetfence#5380 (CLIENTS.md 30).
TEST_CASE("a bare LF in a chunk is mended, and no line end in it ends anything; a bare CR is refused") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted().with_recipient();
    caller.send("BDAT 4\r\nab\r\nBDAT 3\r\n\nc\nBDAT 0 LAST\r\n");
    for (const int code : {250, 250, 250}) CHECK(caller.hear().code == code);
    CHECK(house.messages().back().content == "ab\r\n\r\nc\r\n");

    // A CR at the end of one chunk has its LF in the next.
    caller.with_recipient();
    caller.send("BDAT 3\r\nab\rBDAT 4 LAST\r\n\nc\r\n");
    for (const int code : {250, 250}) CHECK(caller.hear().code == code);
    CHECK(house.messages().back().content == "ab\r\nc\r\n");

    const std::string seam = "hello\n.\nMAIL FROM:<evil@crepes.fr>\n\n.\r\nRCPT TO:<bob@hamburger.edu>\n";
    caller.with_recipient();
    caller.send("BDAT " + std::to_string(seam.size()) + " LAST\r\n" + seam + "NOOP\r\n");
    for (const int code : {250, 250}) CHECK(caller.hear().code == code);
    CHECK(house.messages().back().content ==
          "hello\r\n.\r\nMAIL FROM:<evil@crepes.fr>\r\n\r\n.\r\nRCPT TO:<bob@hamburger.edu>\r\n");

    caller.with_recipient();
    caller.send("BDAT 3\r\nab\rBDAT 3 LAST\r\nc\r\n");
    CHECK(caller.hear().code == 250);
    CHECK(caller.hear().text.starts_with("554 5.6.0"));
    CHECK(house.messages().size() == 3);
    CHECK(house.log.text().contains("command=BDAT code=554"));
}

TEST_CASE("a chunk above the limit is 552 before its octets have come, and a bounded part of it is read") {
    House house;
    house.options.limits.discarded_octets = 1 << 20;
    house.start();
    const auto hear_552_and_end = [](Caller& caller) {
        CHECK(caller.hear().text.starts_with("552 5.3.4"));
        CHECK(caller.hear().code == 421);
        CHECK(caller.closed());
    };
    for (const char* size : {"100001", "999999999999", "99999999999999999999999999"}) {
        CAPTURE(size);
        Caller caller(house);
        caller.greeted().with_recipient();
        caller.send("BDAT " + std::string(size) + " LAST\r\n");
        CHECK(caller.hear().text.starts_with("552 5.3.4"));
        CHECK(caller.hear().code == 421);
    }
    // A client that sends all of it first still gets the reply, and none of it is a command.
    Caller sender(house);
    sender.greeted().with_recipient();
    sender.send("BDAT 60000\r\n" + std::string(60'000, 'x'));
    CHECK(sender.hear().code == 250);
    std::string chunk;
    while (chunk.size() < 600'000) chunk += "NOOP\r\n";
    sender.send("BDAT " + std::to_string(chunk.size()) + "\r\n" + chunk);
    hear_552_and_end(sender);
    Caller early(house);
    early.greeted();
    early.send("BDAT 2000000 LAST\r\n");
    CHECK(early.hear().code == 503);
    CHECK(early.hear().code == 421);
    CHECK(house.messages().empty());
    CHECK(house.log.text().contains("command=BDAT code=552 status=5.3.4"));
}

// Postfix: smtpd_forbidden_commands. A web page chooses the body of a POST.
TEST_CASE("a session that speaks HTTP is ended before its body can be obeyed") {
    House house;
    house.start();
    const std::string body =
        "\r\nHost: mail.hamburger.edu:25\r\n\r\nEHLO crepes.fr\r\nMAIL FROM:<alice@crepes.fr>\r\n"
        "RCPT TO:<bob@hamburger.edu>\r\nBDAT 3 LAST\r\nhi\n";
    for (const std::string& line :
         {std::string("GET / HTTP/1.1"), std::string("POST /x HTTP/1.1"), std::string("HEAD / HTTP/1.0"),
          std::string("PUT / HTTP/1.1"), std::string("DELETE / HTTP/1.1"), std::string("OPTIONS * HTTP/1.1"),
          std::string("CONNECT mail.hamburger.edu:25 HTTP/1.1"), std::string("PATCH / HTTP/1.1"),
          std::string("TRACE / HTTP/1.1"), std::string("PRI * HTTP/2.0"), std::string("POST"),
          std::string("NOOP / HTTP/1.1"), std::string("PROPFIND / HTTP/1.1"), "GET /" + std::string(10'000, 'x')}) {
        CAPTURE(line);
        Caller caller(house);
        CHECK(caller.hear().code == 220);
        caller.send(line + body);
        CHECK(caller.hear().text.starts_with("421 4.7.0"));
        CHECK(caller.closed());
    }
    Caller later(house);
    later.greeted();
    CHECK(later.say("POST / HTTP/1.1").code == 421);
    CHECK(later.closed());
    CHECK(house.messages().empty());
    CHECK(house.log.eventually_has("event=close reason=http-request"));
    CHECK(house.log.text().contains("event=http-request address=127.0.0.1"));
}

TEST_CASE("a BDAT without a size ends the session: what follows cannot be told from commands") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted().with_recipient();
    CHECK(caller.say("BDAT many").code == 501);
    CHECK(caller.hear().code == 421);
    CHECK(caller.closed());
}

TEST_CASE("BDAT when the house fails to begin") {
    House house;
    house.intake.begin_throws = true;
    house.start();
    Caller caller(house);
    caller.greeted().with_recipient();
    caller.send("BDAT 5 LAST\r\none\r\nNOOP\r\n");
    for (const int code : {451, 250}) CHECK(caller.hear().code == code);
}

TEST_CASE("a wrong name is told of, and a network with too many is hung up on; earlier answers do not wait") {
    House house;
    house.name_guesses.most = 2;
    house.start();
    Caller caller(house);
    caller.greeted();
    CHECK(caller.say("MAIL FROM:<>").code == 250);
    CHECK(caller.say("RCPT TO:<bob@hamburger.edu>").code == 250);
    CHECK(caller.say("RCPT TO:<alice@crepes.fr>").code == 550);  // not a name here
    CHECK(caller.say("RCPT TO:<guess1@hamburger.edu>").text.starts_with("550 5.1.1"));
    CHECK(caller.say("RCPT TO:<guess2@hamburger.edu>").text.starts_with("550 5.1.1"));
    CHECK(caller.say("RCPT TO:<guess3@hamburger.edu>").text.starts_with("421 4.7.0"));
    CHECK(caller.closed());
    house.arrange([&] { CHECK(house.name_guesses.guesses == std::vector<std::string>(3, "127.0.0.1")); });
}

TEST_CASE("recipients are bounded in memory, which is given back; who is behind an alias is kept once") {
    House house;
    const auto purse = std::make_shared<support::Purse>(40'000);
    house.allowance = purse;
    house.start();
    Caller caller(house);
    caller.greeted();
    const auto fill = [&](const std::string& name) {
        CHECK(caller.say("MAIL FROM:<>").code == 250);
        for (int i = 0; i < 1000; ++i) {
            const Heard heard = caller.say("RCPT TO:<" + name + std::to_string(i) + "@hamburger.edu>");
            if (heard.code == 250) continue;
            CHECK(heard.text.starts_with("452 4.3.1"));
            return i;
        }
        return 1000;
    };
    const int many = fill("user");
    CHECK(many > 80);
    CHECK(many < 250);
    CHECK(caller.say("RSET").code == 250);
    CHECK(fill("user") == many);
    CHECK(caller.say("RSET").code == 250);
    const int teams = fill("team");
    CHECK(teams > many / 2);
    CHECK(teams < many);
    CHECK(caller.say("DATA").text.starts_with("452 4.3.1"));
    CHECK(caller.say("RSET").code == 250);
    caller.with_recipient();
    CHECK(caller.say("RCPT TO:<team1@hamburger.edu>").code == 250);
    CHECK(caller.say("RCPT TO:<team2@hamburger.edu>").code == 250);
    CHECK(caller.say("DATA").code == 354);
    CHECK(caller.say(".").code == 250);
    const std::vector<services::IntakeRecipient> recipients = house.messages().back().envelope.recipients;
    REQUIRE(recipients.size() == 3);
    CHECK(recipients[1].recipient.destinations->local.size() == 50);
    CHECK(&*recipients[1].recipient.destinations == &*recipients[2].recipient.destinations);
    CHECK(house.log.text().contains("event=accepted from=alice@crepes.fr recipients=3 "));
}

TEST_CASE("what recipients lead to is bounded in all, each alias once; one alias alone may have more") {
    House house;
    house.options.limits.destinations = 120;
    house.start();
    Caller caller(house);
    caller.greeted();
    const auto rcpt = [&](const std::string& name) { return caller.say("RCPT TO:<" + name + "@hamburger.edu>").text; };
    CHECK(caller.say("MAIL FROM:<alice@crepes.fr>").code == 250);
    for (int i = 0; i < 20; ++i) CHECK(rcpt("team" + std::to_string(i)).starts_with("250"));
    CHECK(rcpt("group1").starts_with("250"));
    CHECK(rcpt("group2").starts_with("452 4.5.3"));  // RFC 5321 §4.5.3.1.10
    CHECK(rcpt("team20").starts_with("250"));
    CHECK(rcpt("group1").starts_with("250"));
    house.arrange([&] {
        CHECK(house.directory.followed ==
              std::vector<std::string>{"team@hamburger.edu", "group1@hamburger.edu", "group2@hamburger.edu"});
    });
    CHECK(caller.say("RSET").code == 250);
    CHECK(caller.say("MAIL FROM:<alice@crepes.fr>").code == 250);
    CHECK(rcpt("group2").starts_with("250"));

    House small;
    small.options.limits.destinations = 40;
    small.start();
    Caller another(small);
    another.greeted();
    CHECK(another.say("MAIL FROM:<alice@crepes.fr>").code == 250);
    CHECK(another.say("RCPT TO:<team@hamburger.edu>").code == 250);
    CHECK(another.say("RCPT TO:<group1@hamburger.edu>").text.starts_with("452 4.5.3"));
}

TEST_CASE("the intake hears of a message that the session refuses, once its end has come") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted().with_recipient();
    caller.say("DATA");
    caller.send("bare\nline\r\n.\r\n");
    CHECK(caller.hear().code == 554);
    caller.with_recipient();
    caller.say("DATA");
    caller.send(std::string(150'000, 'x') + "\r\n.\r\n");
    CHECK(caller.hear().code == 552);
    std::vector<std::string> given_up;
    house.arrange([&] { given_up = house.intake.given_up; });
    REQUIRE(given_up.size() == 2);
    CHECK(given_up[0].contains("CRLF"));
    CHECK(house.messages().empty());
}

TEST_CASE("a binary message comes by BDAT alone, and is passed on as it is (RFC 3030 §3)") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted();
    const auto begin = [&](const std::string& parameters) {
        CHECK(caller.say("MAIL FROM:<alice@crepes.fr>" + parameters).code == 250);
        CHECK(caller.say("RCPT TO:<bob@hamburger.edu>").code == 250);
    };
    begin(" BODY=BINARYMIME");
    CHECK(caller.say("DATA").text.starts_with("503 5.5.1"));
    const std::string octets("a\0b\rc\nd\r", 8);
    caller.send("BDAT 8\r\n" + octets);
    CHECK(caller.hear().code == 250);
    caller.send("BDAT 1 LAST\r\n\n");
    CHECK(caller.hear().code == 250);
    begin("");
    caller.send("BDAT 2 LAST\r\na\n");
    CHECK(caller.hear().code == 250);
    const std::vector<Message> messages = house.messages();
    REQUIRE(messages.size() == 2);
    CHECK(messages[0].content == octets + "\n");
    CHECK(messages[0].envelope.binary_mime);
    CHECK(messages[0].envelope.eight_bit_mime);
    CHECK(messages[1].content == "a\r\n");
    CHECK_FALSE(messages[1].envelope.binary_mime);
}
