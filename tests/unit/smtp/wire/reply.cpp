// Replies written and read, and the extensions in EHLO's. RFC 5321 §4.2, RFC 2034 §4, RFC 3463 §2.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocols/smtp/wire/extensions.h"
#include "protocols/smtp/wire/reply.h"

namespace {

using namespace smtp::wire;

base::Parsed<Reply> read(const std::vector<std::string>& lines, ReplyReader::Limits limits = {}) {
    ReplyReader reader(limits);
    base::Parsed<Reply> parsed = base::NeedMore{};
    for (const std::string& line : lines) {
        parsed = reader.take(line);
        if (!std::holds_alternative<base::NeedMore>(parsed)) break;
    }
    return parsed;
}

Reply reply_of(const std::vector<std::string>& lines) {
    base::Parsed<Reply> parsed = read(lines);
    REQUIRE(std::holds_alternative<Reply>(parsed));
    return std::get<Reply>(parsed);
}

}  // namespace

TEST_CASE("a reply is written line by line") {
    CHECK(to_text({250, "2.1.0", "Ok"}) == "250 2.1.0 Ok\r\n");
    CHECK(to_text({354, "", "go"}) == "354 go\r\n");
    CHECK(to_text({214, "2.0.0", "a\nb"}) == "214-2.0.0 a\r\n214 2.0.0 b\r\n");
    CHECK(to_text({550, "", "a\rb\xc3\xa4"}) == "550 a?b??\r\n");
    CHECK(to_text({550, "5.1.1", std::string(2000, 'x')}).size() == 512);
}

TEST_CASE("a reply is read back") {
    CHECK(reply_of({"250 2.1.0 Ok"}).status == "2.1.0");
    CHECK(reply_of({"250 2.1.0 Ok"}).text == "Ok");
    CHECK(reply_of({"250"}).code == 250);
    CHECK(reply_of({"250 "}).text.empty());
    CHECK(reply_of({"250 4.1.0 class differs"}).status.empty());
    CHECK(reply_of({"220 2.example.org ESMTP"}).text == "2.example.org ESMTP");
    CHECK(reply_of({"550 5.7.509 long detail"}).status == "5.7.509");
    CHECK(reply_of({"550 5.1.1"}).status == "5.1.1");
    CHECK(reply_of({"550-5.1.1 No such user.", "550-5.1.1 Try", "550 5.1.1 again"}).text ==
          "No such user.\nTry\nagain");
    CHECK(reply_of({"421-", "421 bye"}).text == "\nbye");
    for (const std::vector<std::string>& bad : std::vector<std::vector<std::string>>{
             {"hello"}, {""}, {"25"}, {"250-a", "251 b"}, {"150 x"}, {"250_x"}, {"600 x"}}) {
        CHECK(std::holds_alternative<base::SyntaxError>(read(bad)));
    }
}

TEST_CASE("a reply without end is cut off") {
    CHECK(std::holds_alternative<base::SyntaxError>(read(std::vector<std::string>(200, "250-x"))));
    CHECK(
        std::holds_alternative<base::SyntaxError>(read(std::vector<std::string>(20, "250-" + std::string(1000, 'x')))));
    CHECK(std::holds_alternative<base::NeedMore>(read(std::vector<std::string>(100, "250-x"))));
}

TEST_CASE("EHLO names what is offered now") {
    const std::string plain = to_text(ehlo_reply("mail.example.org", "c.example", {.max_message_octets = 1000}));
    CHECK(plain.starts_with("250-mail.example.org greets c.example\r\n"));
    CHECK(plain.contains("250-SIZE 1000\r\n"));
    CHECK(plain.ends_with("250 CHUNKING\r\n"));
    CHECK(!plain.contains("STARTTLS"));
    CHECK(!plain.contains("AUTH"));
    CHECK(plain.contains("250-BINARYMIME\r\n"));  // RFC 3030 §3: only with CHUNKING
    const std::string rich = to_text(ehlo_reply("m", "c", {true, 1, {"PLAIN", "LOGIN"}}));
    CHECK(rich.contains("250-STARTTLS\r\n"));
    CHECK(rich.contains("250-AUTH PLAIN LOGIN\r\n"));
    CHECK_FALSE(rich.contains("LIMITS"));
    CHECK_FALSE(rich.contains("REQUIRETLS"));
    CHECK(to_text(ehlo_reply("m", "c", {.requiretls = true})).contains("250-REQUIRETLS\r\n"));
    CHECK_FALSE(rich.contains("FUTURERELEASE"));
    const std::string limited = to_text(ehlo_reply("m", "c",
                                                   {.max_transactions = 100,
                                                    .max_recipients = 7,
                                                    .future_release_seconds = 86400,
                                                    .future_release_until = 1'700'000'000}));
    CHECK(limited.contains("250-LIMITS MAILMAX=100 RCPTMAX=7\r\n"));
    CHECK(limited.contains("250-FUTURERELEASE 86400 2023-11-14T22:13:20Z\r\n"));
}

TEST_CASE("a peer's LIMITS are read; what is unknown or no number is left out (RFC 9422)") {
    const auto limits = [](const std::string& parameters) {
        const PeerExtensions peer = read_ehlo_reply({250, {}, "b\nLIMITS" + parameters});
        return std::vector{peer.max_transactions, peer.max_recipients, peer.max_recipient_domains};
    };
    using Numbers = std::vector<std::uint32_t>;
    CHECK(limits("") == Numbers{0, 0, 0});
    CHECK(limits(" MAILMAX=3 RCPTMAX=2 RCPTDOMAINMAX=1") == Numbers{3, 2, 1});
    CHECK(limits("  rcptmax=5  OTHER=9 WORD") == Numbers{0, 5, 0});
    CHECK(limits(" RCPTMAX=0 MAILMAX=x RCPTDOMAINMAX=99999999999999999999") == Numbers{0, 0, 0});
}

TEST_CASE("a peer's EHLO answer is understood") {
    const PeerExtensions peer =
        read_ehlo_reply(reply_of({"250-foo.com greets bar.com", "250-8bitmime", "250-SIZE 52428800", "250-DSN",
                                  "250-RequireTLS", "250-AUTH plain LOGIN", "250-X-OTHER 1", "250 PIPELINING"}));
    CHECK(peer.eight_bit_mime);
    CHECK(peer.size);
    CHECK(peer.max_message_octets == 52428800);
    CHECK(peer.dsn);
    CHECK(peer.requiretls);
    CHECK(peer.pipelining);
    CHECK(!peer.starttls);
    CHECK(!peer.chunking);
    CHECK(peer.mechanisms == std::vector<std::string>{"PLAIN", "LOGIN"});
    CHECK(!read_ehlo_reply(reply_of({"250 PIPELINING"})).pipelining);  // the first line is the greeting
}
