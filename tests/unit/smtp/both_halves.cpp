// Our sending client against our server, over TLS: STARTTLS, implicit TLS, SCRAM with channel binding, large messages,
// every way to send content. RFC 3207, RFC 8314, RFC 7677, RFC 3030.
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/smtp/fake_server.h"
#include "tests/unit/smtp/house.h"

using namespace smtp;
using namespace smtp::testing;

namespace {

ClientOptions options(net::TlsContext* context) {
    ClientOptions options;
    options.hostname = "mail.crepes.fr";
    options.server.name = "mail.hamburger.edu";
    options.tls_context = context;
    return options;
}

OutgoingMessage message_to_bob(std::size_t octets) {
    OutgoingMessage message;
    message.reverse_path = "alice@crepes.fr";
    message.size_octets = octets;
    message.recipients.push_back({"bob@hamburger.edu", 0, ""});
    return message;
}

std::string large_content(std::size_t lines) {
    std::string content;
    for (std::size_t i = 0; i < lines; ++i) content += std::string(i % 3, '.') + std::string(i % 77, 'x') + "\r\n";
    return content;
}

}  // namespace

TEST_CASE("STARTTLS, then messages by DATA and by BDAT") {
    for (const bool chunking : {false, true}) {
        House house;
        house.options.limits.command_timeout = std::chrono::seconds(30);
        house.intake.max_octets = 10'000'000;
        house.start();
        net::TlsContext context{net::ClientTlsOptions{}};
        ClientOptions with = options(&context);
        with.chunking = chunking;
        with.requiretls = chunking;
        const std::string content = large_content(20'000);
        with_client(house.endpoint(), with, [&](Client& client) -> asio::awaitable<void> {
            const auto opened = co_await client.open();
            REQUIRE(opened);
            CHECK(client.is_tls());
            CHECK(!client.peer().starttls);  // EHLO was repeated after TLS
            CHECK_FALSE(client.peer().dsn);  // it is a stranger: no reports of success
            for (int i = 0; i < 3; ++i) {
                OutgoingMessage message = message_to_bob(content.size());
                message.requiretls = chunking && i == 2;
                const SendResult result = co_await client.send(message, pieces(content, 10'000));
                CHECK(result.recipients[0].line().starts_with("250 2.0.0 Accepted as"));
            }
            co_await client.quit();
        });
        REQUIRE(house.messages().size() == 3);
        CHECK(house.messages()[2].content == content);
        CHECK(house.messages()[2].envelope.protocol == "ESMTPS");
        CHECK((house.messages()[2].envelope.tls_wish == bits::TlsWish::required) == chunking);
        CHECK(house.messages()[1].envelope.tls_wish == bits::TlsWish::by_policy);
        CHECK(house.messages()[2].envelope.tls.starts_with("TLSv1.3 "));
    }
}

TEST_CASE("submission with SCRAM-SHA-256 under STARTTLS, implicit TLS and in plain text") {
    for (const Kind kind : {Kind::submission, Kind::submissions}) {
        House house(kind);
        house.start();
        net::TlsContext context{net::ClientTlsOptions{}};
        ClientOptions with = options(&context);
        with.implicit_tls = kind == Kind::submissions;
        with.username = "bob";
        with.password = "hungry";
        with_client(house.endpoint(), with, [&](Client& client) -> asio::awaitable<void> {
            const auto opened = co_await client.open();
            REQUIRE(opened);
            OutgoingMessage message = message_to_bob(3);
            message.reverse_path = "bob@hamburger.edu";
            message.recipients.push_back({"alice@crepes.fr", 0, ""});
            const SendResult result = co_await client.send(message, pieces("x\r\n"));
            CHECK(result.recipients[0].kind == Outcome::Kind::accepted);
            CHECK(result.recipients[1].kind == Outcome::Kind::accepted);
            co_await client.quit();
        });
        REQUIRE(house.messages().size() == 1);
        CHECK(house.messages()[0].envelope.protocol == "ESMTPSA");
        CHECK(house.messages()[0].envelope.submitter->name == "bob@hamburger.edu");
    }
}

TEST_CASE("a wrong password is refused by SCRAM too") {
    House house(Kind::submission);
    house.start();
    net::TlsContext context{net::ClientTlsOptions{}};
    ClientOptions with = options(&context);
    with.username = "bob";
    with.password = "angry";
    with_client(house.endpoint(), with, [&](Client& client) -> asio::awaitable<void> {
        const auto opened = co_await client.open();
        REQUIRE(!opened);
        CHECK(opened.error().outcome.status == "4.7.8");
        CHECK(opened.error().at == FailedAt::log_in);
        co_await client.quit();
    });
}

TEST_CASE("a certificate that must be good and is not ends the connection") {
    House house;
    house.start();
    net::ClientTlsOptions verifying;
    verifying.verify = true;
    net::TlsContext context{verifying};
    ClientOptions with = options(&context);
    with.tls = TlsPolicy::required;
    with_client(house.endpoint(), with, [&](Client& client) -> asio::awaitable<void> {
        const auto opened = co_await client.open();
        REQUIRE(!opened);
        CHECK(opened.error().at == FailedAt::handshake);
        CHECK(opened.error().outcome.kind == Outcome::Kind::temporary);
        co_await client.quit();
    });
    CHECK(house.messages().empty());
}

TEST_CASE("what is pipelined behind STARTTLS in plain text is dropped (RFC 3207 §5)") {
    House house;
    house.start();
    Caller caller(house);
    caller.greeted();
    caller.send("STARTTLS\r\nMAIL FROM:<evil@crepes.fr>\r\nRCPT TO:<bob@hamburger.edu>\r\n");
    CHECK(caller.hear().code == 220);
    caller.send("NOOP\r\nNOOP\r\nNOOP\r\n");
    CHECK(caller.closed());
    CHECK(house.log.eventually_has("event=close reason=tls-failed"));
    CHECK(!house.log.text().contains("evil"));
}
