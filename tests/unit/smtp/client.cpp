// The sending client against scripted servers: good ones, old ones, and misbehaving ones.
// RFC 5321 §3.3, §4.5.3; RFC 2920 §3.1; RFC 3030 §2; RFC 3461 §4; CLIENTS.md 20.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "protocols/net/tls.h"
#include "tests/unit/smtp/fake_server.h"

using namespace smtp;
using namespace smtp::testing;
using Fate = Outcome::Kind;

namespace {

ClientOptions options() {
    ClientOptions options;
    options.hostname = "mail.crepes.fr";
    options.timeouts.greeting = options.timeouts.command = options.timeouts.data = options.timeouts.block =
        options.timeouts.message = std::chrono::seconds(5);
    options.timeouts.quit = std::chrono::seconds(1);
    return options;
}

OutgoingMessage to(std::vector<std::string> recipients) {
    OutgoingMessage message;
    message.reverse_path = "alice@crepes.fr";
    message.size_octets = 10;
    for (std::string& recipient : recipients) message.recipients.push_back({std::move(recipient), 0, ""});
    return message;
}

std::vector<Fate> kinds(const SendResult& result) {
    std::vector<Fate> out;
    for (const Outcome& outcome : result.recipients) out.push_back(outcome.kind);
    return out;
}

// Opens, sends one message to the recipients, quits.
SendResult send_one(const FakeServer& server, OutgoingMessage message, std::string content,
                    ClientOptions with = options()) {
    SendResult result;
    with_client(server.endpoint(), std::move(with), [&](Client& client) -> asio::awaitable<void> {
        const auto opened = co_await client.open();
        CHECK(opened);
        result = co_await client.send(message, pieces(content, 3));
        co_await client.quit();
    });
    return result;
}

Outcome failing_open(const FakeServer& server, ClientOptions with = options()) {
    Outcome outcome;
    with_client(server.endpoint(), std::move(with), [&](Client& client) -> asio::awaitable<void> {
        const auto opened = co_await client.open();
        CHECK(!opened);
        if (!opened) outcome = opened.error().outcome;
        CHECK(!client.usable());
        co_await client.quit();
    });
    return outcome;
}

}  // namespace

TEST_CASE("an old server: HELO, no pipelining, dots stuffed, 8-bit sent all the same (CLIENTS.md 20)") {
    FakeServer server({"S: 220 b.example ready", "C: EHLO mail.crepes.fr", "S: 502 what", "C: HELO mail.crepes.fr",
                       "S: 250 hello", "C: MAIL FROM:<alice@crepes.fr>\r\n", "S: 250 ok",
                       "C: RCPT TO:<a@b.example>\r\n", "S: 250 ok", "C: RCPT TO:<c@b.example>\r\n",
                       "S: 550 5.1.1 no such user", "C: DATA", "S: 354 go", "DATA", "S: 250 2.0.0 queued", "C: QUIT",
                       "S: 221 bye"});
    OutgoingMessage message = to({"a@b.example", "c@b.example"});
    message.eight_bit_mime = true;
    const SendResult result = send_one(server, message, ".dot\r\n\xc3\xa4\r\nend");
    CHECK(kinds(result) == std::vector{Fate::accepted, Fate::permanent});
    CHECK(result.recipients[0].line() == "250 2.0.0 queued");
    CHECK(result.recipients[1].line() == "550 5.1.1 no such user");
    const FakeServer::Outcome outcome = server.finish();
    CHECK(outcome.trouble == "");
    CHECK(outcome.received.contains("DATA\r\n..dot\r\n\xc3\xa4\r\nend\r\n.\r\nQUIT\r\n"));
}

TEST_CASE("pipelining with all the parameters that the peer offers; the connection is used again") {
    FakeServer server({"S: 220-b.example",
                       "S: 220 welcome",
                       "C: EHLO",
                       "S: 250-b.example",
                       "S: 250-PIPELINING",
                       "S: 250-SIZE 1000",
                       "S: 250-8BITMIME",
                       "S: 250-SMTPUTF8",
                       "S: 250 DSN",
                       "C: MAIL FROM:<alice@crepes.fr> SIZE=10 BODY=8BITMIME RET=HDRS ENVID=a+2Bb\r\n",
                       "C: RCPT TO:<a@b.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;x+2By@z\r\n",
                       "C: DATA",
                       "S: 250 ok",
                       "S: 250 ok",
                       "S: 354 go",
                       "DATA",
                       "S: 250 ok",
                       "C: MAIL FROM:<>",
                       "C: RCPT TO:<a@b.example>\r\n",
                       "C: DATA",
                       "S: 250 ok",
                       "S: 452 4.2.2 full",
                       "S: 354 go",
                       "C: .\r\n",
                       "S: 554 no valid recipients",
                       "C: MAIL FROM:<alice@crepes.fr>",
                       "C: RCPT",
                       "C: DATA",
                       "S: 250 ok",
                       "S: 250 ok",
                       "S: 354 go",
                       "DATA",
                       "S: 552-5.2.3 too",
                       "S: 552 5.2.3 long",
                       "C: QUIT",
                       "S: 221 bye"});
    with_client(server.endpoint(), options(), [&](Client& client) -> asio::awaitable<void> {
        const auto opened = co_await client.open();
        CHECK(opened);
        OutgoingMessage message = to({"a@b.example"});
        message.eight_bit_mime = true;
        message.dsn_return = storage::DsnReturn::headers;
        message.envelope_id = "a+b";
        message.recipients[0].notify = storage::dsn_notify::success | storage::dsn_notify::delay;
        message.recipients[0].original_recipient = "rfc822;x+y@z";
        const SendResult first = co_await client.send(message, pieces("one\r\n"));
        CHECK(kinds(first) == std::vector{Fate::accepted});
        OutgoingMessage bounce = to({"a@b.example"});
        bounce.reverse_path.clear();
        const SendResult second = co_await client.send(bounce, pieces("two\r\n"));
        CHECK(kinds(second) == std::vector{Fate::temporary});
        CHECK(second.recipients[0].status == "4.2.2");
        const SendResult third = co_await client.send(to({"a@b.example"}), pieces("three\r\n"));
        CHECK(third.recipients[0].line() == "552 5.2.3 too long");
        CHECK(third.recipients[0].kind == Fate::permanent);
        CHECK(client.usable());
        OutgoingMessage large = to({"a@b.example"});
        large.size_octets = 1001;
        const SendResult refused = co_await client.send(large, pieces("x"));
        CHECK(refused.recipients[0].status == "5.3.4");
        CHECK(!refused.unheard);
        co_await client.quit();
    });
    CHECK(server.finish().trouble == "");
}

TEST_CASE("MAIL refused: every recipient gets the answer, and the echoes are not taken for theirs") {
    FakeServer server({"S: 220 b", "C: EHLO", "S: 250-b", "S: 250 PIPELINING", "C: MAIL", "C: RCPT", "C: RCPT",
                       "C: DATA", "S: 550 5.7.1 not you", "S: 503 5.5.1 no", "S: 503 5.5.1 no", "S: 503 5.5.1 no",
                       "C: QUIT", "S: 221 bye"});
    const SendResult result = send_one(server, to({"a@b", "c@b"}), "x\r\n");
    CHECK(kinds(result) == std::vector{Fate::permanent, Fate::permanent});
    CHECK(result.recipients[1].line() == "550 5.7.1 not you");
    CHECK(server.finish().trouble == "");
}

TEST_CASE("too many recipients: the rest follows at once in another transaction (RFC 5321 §4.5.3.1.10)") {
    for (const std::string too_many : {"552 too many", "452 too many", "452 4.5.3 too many", "552 5.5.3 too many"}) {
        CAPTURE(too_many);
        ClientOptions with = options();
        with.limits.pipelined_recipients = 2;
        FakeServer server({"S: 220 b",
                           "C: EHLO",
                           "S: 250-b",
                           "S: 250 PIPELINING",
                           "C: MAIL",
                           "C: RCPT TO:<1@b>",
                           "C: RCPT TO:<2@b>",
                           "S: 250 ok",
                           "S: 250 ok",
                           "S: " + too_many,
                           "C: DATA",
                           "S: 354 go",
                           "DATA",
                           "S: 250 2.0.0 first",
                           "C: MAIL FROM:<alice@crepes.fr>\r\n",
                           "C: RCPT TO:<2@b>",
                           "C: RCPT TO:<3@b>",
                           "S: 250 ok",
                           "S: 250 ok",
                           "S: 250 ok",
                           "C: RCPT TO:<4@b>",
                           "C: DATA",
                           "S: 550 5.1.1 no",
                           "S: 354 go",
                           "DATA",
                           "S: 250 2.0.0 second",
                           "C: QUIT",
                           "CLOSE"});
        const SendResult result = send_one(server, to({"1@b", "2@b", "3@b", "4@b"}), "same\r\n", with);
        CHECK(kinds(result) == std::vector{Fate::accepted, Fate::accepted, Fate::accepted, Fate::permanent});
        CHECK(result.recipients[0].text == "first");
        CHECK(result.recipients[1].text == "second");
        CHECK(result.recipients[2].text == "second");
        const FakeServer::Outcome outcome = server.finish();
        CHECK(outcome.trouble == "");
        const std::size_t first = outcome.received.find("\r\nsame\r\n.\r\n");
        CHECK(outcome.received.find("\r\nsame\r\n.\r\n", first + 1) != std::string::npos);
    }
}

TEST_CASE("too many recipients, without pipelining: no more are named, and BDAT sends the same content again") {
    FakeServer server({"S: 220 b",
                       "C: EHLO",
                       "S: 250-b",
                       "S: 250 CHUNKING",
                       "C: MAIL",
                       "S: 250 ok",
                       "C: RCPT TO:<1@b>",
                       "S: 250 ok",
                       "C: RCPT TO:<2@b>",
                       "S: 452 4.5.3 too many",
                       "C: BDAT 6 LAST\r\n",
                       "READ 6",
                       "S: 250 ok",
                       "C: MAIL",
                       "S: 250 ok",
                       "C: RCPT TO:<2@b>",
                       "S: 250 ok",
                       "C: RCPT TO:<3@b>",
                       "S: 250 ok",
                       "C: BDAT 6 LAST\r\n",
                       "READ 6",
                       "S: 250 ok",
                       "C: QUIT",
                       "CLOSE"});
    const SendResult result = send_one(server, to({"1@b", "2@b", "3@b"}), "same\r\n");
    CHECK(kinds(result) == std::vector{Fate::accepted, Fate::accepted, Fate::accepted});
    CHECK(server.finish().trouble == "");
}

TEST_CASE("what is left over waits for the queue where another transaction promises nothing") {
    struct Row {
        std::vector<std::string> script;
        std::vector<Fate> expected;
    };
    const std::vector<std::string> start = {"S: 220 b", "C: EHLO", "S: 250 b", "C: MAIL", "S: 250 ok"};
    const Row rows[] = {
        // No recipient is accepted: no second transaction.
        {{"C: RCPT TO:<1@b>", "S: 452 4.5.3 too many", "C: QUIT", "CLOSE"}, {Fate::temporary, Fate::temporary}},
        // A policy that refuses such messages altogether says so at DATA.
        {{"C: RCPT TO:<1@b>", "S: 250 ok", "C: RCPT TO:<2@b>", "S: 452 4.5.3 too many", "C: DATA", "S: 451 no",
          "C: QUIT", "CLOSE"},
         {Fate::temporary, Fate::temporary}},
        // A full mailbox is not "too many recipients".
        {{"C: RCPT TO:<1@b>", "S: 250 ok", "C: RCPT TO:<2@b>", "S: 452 4.2.2 full", "C: DATA", "S: 354 go", "DATA",
          "S: 250 ok", "C: QUIT", "CLOSE"},
         {Fate::accepted, Fate::temporary}},
        {{"C: RCPT TO:<1@b>", "S: 250 ok", "C: RCPT TO:<2@b>", "S: 552 5.2.2 full", "C: DATA", "S: 354 go", "DATA",
          "S: 250 ok", "C: QUIT", "CLOSE"},
         {Fate::accepted, Fate::permanent}},
        // The connection breaks in the second transaction: what the first one sent counts.
        {{"C: RCPT TO:<1@b>", "S: 250 ok", "C: RCPT TO:<2@b>", "S: 452 4.5.3 too many", "C: DATA", "S: 354 go", "DATA",
          "S: 250 ok", "C: MAIL", "CLOSE"},
         {Fate::accepted, Fate::temporary}},
    };
    for (const Row& row : rows) {
        std::vector<std::string> script = start;
        script.insert(script.end(), row.script.begin(), row.script.end());
        FakeServer server(script);
        const SendResult result = send_one(server, to({"1@b", "2@b"}), "x\r\n");
        CAPTURE(row.script.back());
        CHECK(kinds(result) == row.expected);
        CHECK(!result.unheard);
        CHECK(server.finish().trouble == "");
    }
}

TEST_CASE("the transactions of one message have a limit, and content that fails in a later one loses nothing") {
    ClientOptions with = options();
    with.limits.transactions = 2;
    const std::vector<std::string> one = {"C: MAIL",         "S: 250 ok", "C: RCPT",   "S: 250 ok", "C: RCPT",
                                          "S: 452 4.5.3 no", "C: DATA",   "S: 354 go", "DATA",      "S: 250 ok"};
    std::vector<std::string> script = {"S: 220 b", "C: EHLO", "S: 250 b"};
    script.insert(script.end(), one.begin(), one.end());
    SUBCASE("limit") {
        script.insert(script.end(), one.begin(), one.end());
        script.insert(script.end(), {"C: QUIT", "CLOSE"});
        FakeServer server(script);
        const SendResult result = send_one(server, to({"1@b", "2@b", "3@b"}), "x\r\n", with);
        CHECK(kinds(result) == std::vector{Fate::accepted, Fate::accepted, Fate::temporary});
        CHECK(server.finish().trouble == "");
    }
    SUBCASE("content") {
        script.insert(script.end(), {"C: MAIL", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: DATA", "S: 354 go"});
        FakeServer server(script);
        SendResult result;
        with_client(server.endpoint(), with, [&](Client& client) -> asio::awaitable<void> {
            const auto opened = co_await client.open();
            CHECK(opened);
            const NextChunk broken = []() -> asio::awaitable<std::string_view> {
                throw std::runtime_error("disk");
                co_return "";
            };
            const OpenContent whole = pieces("x\r\n");
            int opens = 0;
            result = co_await client.send(to({"1@b", "2@b"}), [&] { return ++opens == 1 ? whole() : broken; });
            co_await client.quit();
        });
        CHECK(kinds(result) == std::vector{Fate::accepted, Fate::temporary});
        CHECK(result.recipients[1].text == "disk");
    }
}

TEST_CASE("BDAT where it is offered, in chunks with one answer outstanding") {
    ClientOptions with = options();
    with.limits.chunk_octets = 6;
    FakeServer server({"S: 220 b", "C: EHLO",       "S: 250-b",    "S: 250-PIPELINING", "S: 250 CHUNKING",
                       "C: MAIL",  "C: RCPT",       "S: 250 ok",   "S: 250 ok",         "C: BDAT 7\r\n",
                       "READ 7",   "C: BDAT 6\r\n", "READ 6",      "S: 250 7",          "C: BDAT 3 LAST\r\n",
                       "READ 3",   "S: 250 6",      "S: 250 done", "C: QUIT",           "S: 221 bye"});
    const SendResult result = send_one(server, to({"a@b"}), ".ab\ncd.ef\r\ngh", with);
    CHECK(kinds(result) == std::vector{Fate::accepted});
    CHECK(result.recipients[0].text == "done");
    const FakeServer::Outcome outcome = server.finish();
    CHECK(outcome.trouble == "");
}

TEST_CASE("a chunk refused: the next is not sent, RSET comes before the next message") {
    ClientOptions with = options();
    with.limits.chunk_octets = 3;
    FakeServer server({"S: 220 b",           "C: EHLO", "S: 250-b",          "S: 250 CHUNKING", "C: MAIL",
                       "S: 250 ok",          "C: RCPT", "S: 250 ok",         "C: BDAT 3\r\n",   "READ 3",
                       "C: BDAT 3\r\n",      "READ 3",  "S: 452 4.3.1 full", "S: 503 no",       "C: RSET",
                       "S: 250 ok",          "C: MAIL", "S: 250 ok",         "C: RCPT",         "S: 250 ok",
                       "C: BDAT 2 LAST\r\n", "READ 2",  "S: 250 ok",         "C: QUIT",         "S: 221 bye"});
    with_client(server.endpoint(), with, [&](Client& client) -> asio::awaitable<void> {
        const auto opened = co_await client.open();
        CHECK(opened);
        const SendResult first = co_await client.send(to({"a@b"}), pieces("abcdefghi\r\n", 3));
        CHECK(first.recipients[0].line() == "452 4.3.1 full");
        const SendResult second = co_await client.send(to({"a@b"}), pieces("\r\n"));
        CHECK(kinds(second) == std::vector{Fate::accepted});
        co_await client.quit();
    });
    CHECK(server.finish().trouble == "");
}

TEST_CASE("a server that refuses in the midst of the data and closes is heard") {
    FakeServer server({"S: 220 b", "C: EHLO", "S: 250 b", "C: MAIL", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: DATA",
                       "S: 354 go", "S: 552 5.3.4 too big", "CLOSE"});
    with_client(server.endpoint(), options(), [&](Client& client) -> asio::awaitable<void> {
        CHECK(co_await client.open());
        const SendResult result = co_await client.send(to({"a@b"}), pieces(std::string(20'000'000, 'x'), 65536));
        CHECK(result.recipients[0].line() == "552 5.3.4 too big");
        CHECK(result.recipients[0].kind == Fate::permanent);
    });
    CHECK(server.finish().trouble == "");
}

TEST_CASE("a chunk refused for good stays refused if the connection ends behind it") {
    ClientOptions with = options();
    with.limits.chunk_octets = 3;
    FakeServer server({"S: 220 b", "C: EHLO", "S: 250-b", "S: 250 CHUNKING", "C: MAIL", "S: 250 ok", "C: RCPT",
                       "S: 250 ok", "C: BDAT 3\r\n", "READ 3", "C: BDAT 3\r\n", "READ 3", "S: 552 5.3.4 too big",
                       "CLOSE"});
    const SendResult result = send_one(server, to({"a@b"}), "abcdefghi\r\n", with);
    CHECK(result.recipients[0].kind == Fate::permanent);
    CHECK(result.recipients[0].line() == "552 5.3.4 too big");
    CHECK(server.finish().trouble == "");
}

// RFC 5321 §4.1.1.4: the peer may have taken the message, and would get it again after the restart.
TEST_CASE("an interrupt does not give up the reply to a message that was sent whole") {
    FakeServer server({"S: 220 b", "C: EHLO", "S: 250 b", "C: MAIL", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: DATA",
                       "S: 354 go", "DATA", "S: 250 done", "C: QUIT", "S: 221 bye"});
    with_client(server.endpoint(), options(), [&](Client& client) -> asio::awaitable<void> {
        CHECK(co_await client.open());
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        bool given = false;
        const NextChunk content = [&]() -> asio::awaitable<std::string_view> {
            if (!std::exchange(given, true)) co_return "x\r\n";
            asio::post(executor, [&client] { client.interrupt(); });  // runs once the reply is awaited
            co_return "";
        };
        const SendResult result = co_await client.send(to({"a@b"}), [&] { return content; });
        CHECK(kinds(result) == std::vector{Fate::accepted});
        co_await client.quit();
    });
    CHECK(server.finish().trouble == "");
}

TEST_CASE("internationalized mail is not sent to who cannot take it") {
    FakeServer server({"S: 220 b", "C: EHLO", "S: 250 b", "C: QUIT", "S: 221 bye"});
    OutgoingMessage message = to({"a@b"});
    message.smtputf8 = true;
    const SendResult result = send_one(server, message, "x");
    CHECK(result.recipients[0].kind == Fate::permanent);
    CHECK(result.recipients[0].status == "5.6.7");
    CHECK(server.finish().trouble == "");
}

TEST_CASE("addresses that would be commands are not sent") {
    FakeServer server({"S: 220 b", "C: EHLO", "S: 250 b", "C: QUIT", "S: 221 bye"});
    const SendResult result = send_one(server, to({"a@b>\r\nRCPT TO:<c@d"}), "x");
    CHECK(result.recipients[0].kind == Fate::permanent);
    CHECK(server.finish().trouble == "");
}

TEST_CASE("421 at any place is temporary for all that is undecided, and ends the connection") {
    struct Row {
        std::vector<std::string> script;
        std::vector<Fate> expected;
    };
    const std::vector<std::string> start = {"S: 220 b", "C: EHLO", "S: 250 b"};
    const Row rows[] = {
        {{"C: MAIL", "S: 421 4.3.2 bye"}, {Fate::temporary, Fate::temporary}},
        {{"C: MAIL", "S: 250 ok", "C: RCPT", "S: 550 no", "C: RCPT", "S: 421 bye"}, {Fate::permanent, Fate::temporary}},
        {{"C: MAIL", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: RCPT", "S: 550 no", "C: DATA", "S: 421 bye"},
         {Fate::temporary, Fate::permanent}},
        {{"C: MAIL", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: DATA", "S: 354 go", "DATA",
          "S: 421 bye"},
         {Fate::temporary, Fate::temporary}},
        {{"C: MAIL", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: DATA", "S: 354 go", "DATA",
          "CLOSE"},
         {Fate::temporary, Fate::temporary}},
        {{"C: MAIL", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: DATA", "S: 250 what"},
         {Fate::temporary, Fate::temporary}},
        {{"C: MAIL", "CLOSE"}, {Fate::temporary, Fate::temporary}},
        {{"C: MAIL", "S: not smtp"}, {Fate::temporary, Fate::temporary}},
    };
    for (const Row& row : rows) {
        std::vector<std::string> script = start;
        script.insert(script.end(), row.script.begin(), row.script.end());
        FakeServer server(script);
        const SendResult result = send_one(server, to({"a@b", "c@b"}), "x\r\n");
        CAPTURE(row.script.back());
        CHECK(kinds(result) == row.expected);
        CHECK(server.finish().trouble == "");
    }
}

TEST_CASE("a connection gone stale is told from a message refused") {
    FakeServer server({"S: 220 b", "C: EHLO", "S: 250 b", "CLOSE"});
    with_client(server.endpoint(), options(), [&](Client& client) -> asio::awaitable<void> {
        const auto opened = co_await client.open();
        CHECK(opened);
        const SendResult result = co_await client.send(to({"a@b"}), pieces("x"));
        CHECK(result.unheard);
        CHECK(!client.usable());
        co_await client.quit();
    });
}

TEST_CASE("what an unwilling or broken server answers to the connection") {
    CHECK(failing_open(FakeServer({"S: 554 5.7.1 go away", "CLOSE"})).line() == "554 5.7.1 go away");
    CHECK(failing_open(FakeServer({"S: 421 too busy", "CLOSE"})).kind == Fate::temporary);
    CHECK(failing_open(FakeServer({"CLOSE"})).status == "4.4.2");
    CHECK(failing_open(FakeServer({"S: 220 b", "C: EHLO", "S: 451 not now", "CLOSE"})).code == 451);
    CHECK(failing_open(FakeServer({"S: 220 b", "C: EHLO", "S: 500 no", "C: HELO", "S: 550 no", "CLOSE"})).code == 550);
    CHECK(failing_open(FakeServer({"S: SSH-2.0-OpenSSH", "CLOSE"})).status == "4.5.0");
    CHECK(failing_open(FakeServer({"S: 220 " + std::string(10'000, 'x'), "CLOSE"})).status == "4.5.0");
    std::vector<std::string> endless(200, "S: 220-more");
    CHECK(failing_open(FakeServer(endless)).status == "4.5.0");
    ClientOptions impatient = options();
    impatient.timeouts.greeting = std::chrono::seconds(1);
    CHECK(failing_open(FakeServer({"SLEEP 1500", "CLOSE"}), impatient).text == "the server did not answer in time");
    // What comes line by line counts as a whole.
    CHECK(failing_open(FakeServer({"S: 220-a", "SLEEP 600", "S: 220-b", "SLEEP 700", "S: 220 c", "CLOSE"}), impatient)
              .text == "the server did not answer in time");
}

TEST_CASE("no wait for another server is longer than what is given; shorter ones stay") {
    const ClientTimeouts most = ClientTimeouts{}.at_most(std::chrono::seconds(200));
    CHECK(most.greeting == std::chrono::seconds(200));
    CHECK(most.command == std::chrono::seconds(200));
    CHECK(most.message == std::chrono::seconds(200));
    CHECK(most.data == std::chrono::seconds(120));
    CHECK(most.block == std::chrono::seconds(180));
    CHECK(most.quit == std::chrono::seconds(5));
    CHECK(ClientTimeouts{}.at_most(std::chrono::seconds(1)).quit == std::chrono::seconds(1));
}

TEST_CASE("what a peer says of its limits is kept: recipients, their domains, and messages in one session") {
    const auto begin = [](const std::string& limits) {
        return std::vector<std::string>{"S: 220 b", "C: EHLO", "S: 250-b", "S: 250 LIMITS " + limits};
    };
    const auto say = [](std::vector<std::string> script, const std::vector<std::string>& more) {
        script.insert(script.end(), more.begin(), more.end());
        return script;
    };
    const std::vector<std::string> sent{"C: DATA", "S: 354 go", "DATA", "S: 250 ok"};
    const std::vector<std::string> goodbye{"C: QUIT", "S: 221 bye"};
    const std::vector<Fate> all{Fate::accepted, Fate::accepted, Fate::accepted};
    for (const char* limits : {"RCPTMAX=2", "NEW=1 rcptmax=2 MAILMAX=7", "RCPTDOMAINMAX=1"}) {
        CAPTURE(limits);
        std::vector<std::string> script = begin(limits);
        script =
            say(script, {"C: MAIL", "S: 250 ok", "C: RCPT TO:<a@x>", "S: 250 ok", "C: RCPT TO:<b@X>", "S: 250 ok"});
        script = say(say(script, sent), {"C: MAIL", "S: 250 ok", "C: RCPT TO:<c@y>", "S: 250 ok"});
        FakeServer server(say(say(script, sent), goodbye));
        CHECK(kinds(send_one(server, to({"a@x", "b@X", "c@y"}), "x")) == all);
    }
    // Two refused, and the third in a transaction of its own all the same.
    FakeServer refusing(say(
        say(say(begin("RCPTMAX=2"), {"C: MAIL", "S: 250 ok", "C: RCPT", "S: 550 no", "C: RCPT", "S: 550 no", "C: RSET",
                                     "S: 250 ok", "C: MAIL", "S: 250 ok", "C: RCPT TO:<c@y>", "S: 250 ok"}),
            sent),
        goodbye));
    CHECK(kinds(send_one(refusing, to({"a@x", "b@x", "c@y"}), "x")) ==
          std::vector{Fate::permanent, Fate::permanent, Fate::accepted});
    // MAIL is refused once, for all.
    FakeServer unwilling(say(say(begin("RCPTMAX=1"), {"C: MAIL", "S: 550 no", "C: QUIT"}), {"S: 221 bye"}));
    (void)send_one(unwilling, to({"a@x", "b@x"}), "x");
    // MAILMAX: the rest has to wait for another connection.
    FakeServer few(
        say(say(say(begin("RCPTMAX=1 MAILMAX=1"), {"C: MAIL", "S: 250 ok", "C: RCPT", "S: 250 ok"}), sent), goodbye));
    with_client(few.endpoint(), options(), [&](Client& client) -> asio::awaitable<void> {
        const auto opened = co_await client.open();
        CHECK(opened);
        CHECK(client.usable());
        const SendResult result = co_await client.send(to({"a@x", "b@x"}), pieces("x", 3));
        CHECK(kinds(result) == std::vector{Fate::accepted, Fate::temporary});
        CHECK_FALSE(client.usable());
        co_await client.quit();
    });
}

TEST_CASE("TLS that is required is not done without; wanted only, it may be missing") {
    ClientOptions required = options();
    required.tls = TlsPolicy::required;
    CHECK(failing_open(FakeServer({"S: 220 b", "C: EHLO", "S: 250 b", "CLOSE"}), required).status == "4.7.10");
    net::TlsContext context{net::ClientTlsOptions{}};
    required.tls_context = &context;
    CHECK(failing_open(FakeServer({"S: 220 b", "C: EHLO", "S: 250-b", "S: 250 STARTTLS", "C: STARTTLS",
                                   "S: 454 not now", "CLOSE"}),
                       required)
              .status == "4.7.10");
    ClientOptions wanted = options();
    wanted.tls_context = &context;
    FakeServer server({"S: 220 b", "C: EHLO", "S: 250-b", "S: 250 STARTTLS", "C: STARTTLS", "S: 454 not now", "C: MAIL",
                       "S: 250 ok", "C: RCPT", "S: 250 ok", "C: DATA", "S: 354 go", "DATA", "S: 250 ok", "C: QUIT",
                       "S: 221 bye"});
    CHECK(kinds(send_one(server, to({"a@b"}), "x", wanted)) == std::vector{Fate::accepted});
    CHECK(failing_open(FakeServer({"S: 220 b", "C: EHLO", "S: 250-b", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go",
                                   "S: no TLS here", "SLEEP 200", "CLOSE"}),
                       wanted)
              .status == "4.7.5");
}

// RFC 8689 §4.2.1. What may be a passing trouble is no answer yet.
TEST_CASE("REQUIRETLS that a server cannot keep is refused for good, what may pass is not") {
    ClientOptions demanding = options();
    demanding.tls = TlsPolicy::required;
    demanding.requiretls = true;
    net::TlsContext context{net::ClientTlsOptions{}};
    demanding.tls_context = &context;
    struct Row {
        std::vector<std::string> script;
        const char* status;
    };
    const std::vector<std::string> start = {"S: 220 b", "C: EHLO", "S: 250-b", "S: 250 STARTTLS", "C: STARTTLS"};
    const Row rows[] = {{{"S: 454 not now", "CLOSE"}, "4.7.10"},
                        {{"S: 502 no", "CLOSE"}, "5.7.10"},
                        {{"S: 220 go", "CLOSE"}, "4.7.5"},
                        {{"S: 220 go", "S: no TLS here", "SLEEP 200", "CLOSE"}, "5.7.10"}};
    for (const Row& row : rows) {
        CAPTURE(row.script.front());
        std::vector<std::string> script = start;
        script.insert(script.end(), row.script.begin(), row.script.end());
        CHECK(failing_open(FakeServer(script), demanding).status == row.status);
    }
    const Outcome missing = failing_open(FakeServer({"S: 220 b", "C: EHLO", "S: 250 b", "CLOSE"}), demanding);
    CHECK(missing.kind == Fate::permanent);
    CHECK(missing.status == "5.7.10");
    // Without TLS, as a route might want it, the server would have to know the demand all the same.
    demanding.tls = TlsPolicy::none;
    CHECK(failing_open(FakeServer({"S: 220 b", "C: EHLO", "S: 250 b", "CLOSE"}), demanding).status == "5.7.30");
}

TEST_CASE("a route's log-in: PLAIN only where it may be sent, a refusal is temporary") {
    ClientOptions with = options();
    with.username = "u";
    with.password = "p";
    CHECK(failing_open(FakeServer({"S: 220 b", "C: EHLO", "S: 250-b", "S: 250 AUTH PLAIN LOGIN", "CLOSE"}), with)
              .status == "4.7.0");
    with.password_in_plain = true;
    const Outcome refused = failing_open(FakeServer({"S: 220 b", "C: EHLO", "S: 250-b", "S: 250 AUTH PLAIN",
                                                     "C: AUTH PLAIN AHUAcA==\r\n", "S: 535 5.7.8 no", "CLOSE"}),
                                         with);
    CHECK(refused.kind == Fate::temporary);
    CHECK(refused.status == "4.7.8");
    FakeServer login({"S: 220 b", "C: EHLO", "S: 250-b", "S: 250 AUTH LOGIN", "C: AUTH LOGIN\r\n",
                      "S: 334 VXNlcm5hbWU6", "C: dQ==\r\n", "S: 334 UGFzc3dvcmQ6", "C: cA==\r\n", "S: 235 ok",
                      "C: QUIT", "S: 221 bye"});
    with_client(login.endpoint(), with, [&](Client& client) -> asio::awaitable<void> {
        const auto opened = co_await client.open();
        CHECK(opened);
        co_await client.quit();
    });
    CHECK(login.finish().trouble == "");
}

TEST_CASE("content that cannot be read ends the connection, not the peer's message") {
    FakeServer server(
        {"S: 220 b", "C: EHLO", "S: 250 b", "C: MAIL", "S: 250 ok", "C: RCPT", "S: 250 ok", "C: DATA", "S: 354 go"});
    bool thrown = false;
    with_client(server.endpoint(), options(), [&](Client& client) -> asio::awaitable<void> {
        const auto opened = co_await client.open();
        CHECK(opened);
        const NextChunk broken = []() -> asio::awaitable<std::string_view> {
            throw std::runtime_error("disk");
            co_return "";
        };
        try {
            const SendResult result = co_await client.send(to({"a@b"}), [&] { return broken; });
            CHECK(result.recipients.empty());
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        CHECK(!client.usable());
        co_await client.quit();
    });
    CHECK(thrown);
    CHECK(!server.finish().received.contains("\r\n.\r\n"));
}
