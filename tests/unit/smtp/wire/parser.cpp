// Command lines: RFC 5321 §4.1.1 and the examples of RFC 3461, RFC 1870, RFC 6531, RFC 3030, RFC 4954.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "protocols/smtp/wire/parser.h"

namespace {

using namespace smtp::wire;
using Fault = CommandFault::Kind;

template <class C>
C parsed(std::string_view line) {
    CAPTURE(line);
    auto result = parse_command(line);
    REQUIRE(result);
    REQUIRE(std::holds_alternative<C>(result->command));
    return std::get<C>(result->command);
}

Fault fault_of(std::string_view line) {
    CAPTURE(line);
    auto result = parse_command(line);
    REQUIRE(!result);
    return result.error().kind;
}

}  // namespace

TEST_CASE("greetings take what clients say") {
    CHECK(parsed<Ehlo>("EHLO mail.example.org").client == "mail.example.org");
    CHECK(parsed<Ehlo>("ehlo [127.0.0.1]").client == "[127.0.0.1]");  // Thunderbird
    CHECK(parsed<Ehlo>("EHLO  my_laptop  ").client == "my_laptop");
    CHECK(parsed<Helo>("helo crepes.fr\t").client == "crepes.fr");
    CHECK(fault_of("EHLO") == Fault::syntax);
    CHECK(fault_of("HELO a b") == Fault::syntax);
    CHECK(fault_of("EHLO " + std::string(256, 'a')) == Fault::syntax);
}

TEST_CASE("MAIL, with what people and Outlook type (CLIENTS.md 19)") {
    for (const std::string_view line :
         {"MAIL FROM:<alice@crepes.fr>", "MAIL FROM: <alice@crepes.fr>", "mail from:<alice@crepes.fr>  ",
          "Mail From :<alice@crepes.fr>", "MAIL  FROM:  <alice@crepes.fr>"}) {
        CHECK(parsed<Mail>(line).reverse_path.address == "alice@crepes.fr");
    }
    CHECK(parsed<Mail>("MAIL FROM:<>").reverse_path.address.empty());
    CHECK(fault_of("MAIL") == Fault::syntax);
    CHECK(fault_of("MAIL FROM") == Fault::syntax);
    CHECK(fault_of("MAIL TO:<a@b>") == Fault::syntax);
    CHECK(fault_of("MAIL FROM:a@b") == Fault::reverse_path);
    CHECK(fault_of("MAIL FROM:<a@b> X=1") == Fault::unknown_parameter);
    CHECK(fault_of("MAIL FROM:<a@b>SIZE=1") == Fault::bad_parameter);
}

TEST_CASE("parameters of MAIL") {
    const Mail mail = parsed<Mail>(
        "MAIL FROM:<a@b.org> size=500000 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ314159 AUTH=e+3Dmc2@example.com");
    CHECK(mail.params.size_octets == 500000);
    CHECK(mail.params.body == Body::eight_bit_mime);
    CHECK(mail.params.smtputf8);
    CHECK(mail.params.ret == bits::DsnReturn::headers);
    CHECK(mail.params.envelope_id == "QQ314159");
    CHECK(mail.params.submitter == "e=mc2@example.com");  // RFC 4954 §5.1
    CHECK(parsed<Mail>("MAIL FROM:<> BODY=7bit RET=full AUTH=<>").params ==
          MailParams{std::nullopt, Body::seven_bit, false, bits::DsnReturn::full, "", "<>"});
    CHECK(parsed<Mail>("MAIL FROM:<> BODY=BinaryMIME").params.body == Body::binary_mime);  // RFC 3030 §3
    CHECK(parsed<Mail>("MAIL FROM:<> SIZE=99999999999999999999").params.size_octets == UINT64_MAX);
    CHECK(parsed<Mail>("MAIL FROM:<> requiretls").params.requiretls);  // RFC 8689 §2
    CHECK_FALSE(mail.params.requiretls);
    // RFC 4865, RFC 3339
    CHECK(parsed<Mail>("MAIL FROM:<> HOLDFOR=999999999").params.hold_for == 999'999'999);
    for (const char* until : {"2023-11-14T22:13:20Z", "2023-11-14t22:13:20z", "2023-11-14T22:13:20.75Z"})
        CHECK(parsed<Mail>(std::string("MAIL FROM:<> HOLDUNTIL=") + until).params.hold_until == 1'700'000'000);
    for (const char* wrong :
         {"HOLDFOR", "HOLDFOR=", "HOLDFOR=0", "HOLDFOR=1000000000", "HOLDFOR=-1", "HOLDFOR=1 HOLDFOR=1",
          "HOLDUNTIL=", "HOLDUNTIL=2023-11-14T22:13:20", "HOLDUNTIL=2023-11-14T22:13:20+01:00",
          "HOLDUNTIL=2023-02-29T22:13:20Z", "HOLDUNTIL=2023-11-14T24:13:20Z", "HOLDUNTIL=2023-11-14T22:13:20.Z",
          "HOLDUNTIL=2023-11-14T22:13:20xZ", "HOLDUNTIL=20231114T221320Z", "HOLDUNTIL=0000-01-01T00:00:00Z",
          "HOLDFOR=1 HOLDUNTIL=2023-11-14T22:13:20Z", "HOLDUNTIL=2023-11-14T22:13:20Z HOLDFOR=1"}) {
        CAPTURE(wrong);
        CHECK(fault_of(std::string("MAIL FROM:<> ") + wrong) == Fault::bad_parameter);
    }
    for (const std::string_view bad :
         {"SIZE", "SIZE=", "SIZE=1a", "SIZE=-1", "SIZE=123456789012345678901", "SIZE=1 SIZE=2", "BODY=TERNARYMIME",
          "BODY", "SMTPUTF8=1", "REQUIRETLS=1", "REQUIRETLS REQUIRETLS", "RET=ALL", "RET", "ENVID=", "ENVID=a+",
          "ENVID=+0D+0A", "ENVID=+ZZ"}) {
        CAPTURE(bad);
        CHECK(fault_of("MAIL FROM:<a@b.org> " + std::string(bad)) == Fault::bad_parameter);
    }
    CHECK(fault_of("MAIL FROM:<a@b.org> NOTIFY=NEVER") == Fault::unknown_parameter);
}

TEST_CASE("RCPT and its parameters (RFC 3461 §10)") {
    const Rcpt rcpt = parsed<Rcpt>("RCPT TO:<Bob@Example.COM> NOTIFY=SUCCESS,delay ORCPT=rfc822;Bob+2Btag@Example.COM");
    CHECK(rcpt.forward_path.address == "Bob@Example.COM");
    CHECK(rcpt.params.notify == (bits::dsn_notify::success | bits::dsn_notify::delay));
    CHECK(rcpt.params.original_recipient == "rfc822;Bob+tag@Example.COM");
    CHECK(parsed<Rcpt>("rcpt to: <bob@hamburger.edu>").params == RcptParams{});
    CHECK(parsed<Rcpt>("RCPT TO:<Postmaster>").forward_path.address == "Postmaster");
    CHECK(parsed<Rcpt>("RCPT TO:<a@b> NOTIFY=NEVER").params.notify == bits::dsn_notify::never);
    for (const std::string_view bad : {"NOTIFY=", "NOTIFY=NEVER,FAILURE", "NOTIFY=X", "NOTIFY=FAILURE,", "ORCPT=rfc822",
                                       "ORCPT=;a@b", "ORCPT=rfc822;", "ORCPT=rfc822;a+0Ab"}) {
        CAPTURE(bad);
        CHECK(fault_of("RCPT TO:<a@b.org> " + std::string(bad)) == Fault::bad_parameter);
    }
    CHECK(fault_of("RCPT TO:<>") == Fault::forward_path);
    CHECK(fault_of("RCPT TO:<a@b.org> SIZE=1") == Fault::unknown_parameter);
}

TEST_CASE("the commands without arguments, and those that ignore theirs") {
    parsed<Data>("data");
    parsed<Rset>("RSET");
    parsed<Quit>("quit ");
    parsed<StartTls>("StartTLS");
    parsed<Noop>("NOOP whatever you like");
    parsed<Help>("HELP MAIL");
    CHECK(parsed<Vrfy>("VRFY bob").argument == "bob");
    CHECK(parsed<Expn>("EXPN staff").argument == "staff");
    for (const std::string_view line : {"DATA x", "RSET x", "QUIT now", "STARTTLS x", "VRFY", "EXPN"}) {
        CHECK(fault_of(line) == Fault::syntax);
    }
    for (const std::string_view line : {"", " ", "KETCHUP", "MAILFROM:<a@b>"}) {
        CHECK(fault_of(line) == Fault::unknown_command);
    }
    CHECK(fault_of("NOOP a\rb") == Fault::syntax);
    CHECK(fault_of(std::string_view("NOOP a\0b", 8)) == Fault::syntax);
    CHECK(fault_of("NOOP \xff") == Fault::syntax);
}

TEST_CASE("BDAT") {
    CHECK(parsed<Bdat>("BDAT 86 LAST").octets == 86);
    CHECK(parsed<Bdat>("bdat 86 last").last);
    CHECK(!parsed<Bdat>("BDAT 100000").last);
    CHECK(parsed<Bdat>("BDAT 0 LAST").octets == 0);
    CHECK(parsed<Bdat>("BDAT 99999999999999999999").octets == UINT64_MAX);
    for (const std::string_view line :
         {"BDAT", "BDAT LAST", "BDAT -1", "BDAT 1 FIRST", "BDAT 1 LAST x", "BDAT 99999999999999999999x"}) {
        CHECK(fault_of(line) == Fault::syntax);
    }
}

TEST_CASE("AUTH, also with the two spaces of Windows Mail (CLIENTS.md 19)") {
    CHECK(parsed<Auth>("AUTH plain").mechanism == "PLAIN");
    CHECK(!parsed<Auth>("AUTH PLAIN").initial);
    CHECK(parsed<Auth>("AUTH PLAIN =").initial == "");
    CHECK(parsed<Auth>("AUTH PLAIN  dGVzdAB0ZXN0ADEyMzQ=").initial == std::string("test\0test\0001234", 14));
    for (const std::string_view line : {"AUTH", "AUTH PL@IN", "AUTH PLAIN *", "AUTH PLAIN abc", "AUTH PLAIN YQ== x"}) {
        CHECK(fault_of(line) == Fault::syntax);
    }
}

TEST_CASE("every command has its place in the order (RFC 5321 §4.1.4)") {
    struct Row {
        std::string_view verb;
        unsigned phases;
    };
    static constexpr Row rows[] = {
        {"EHLO", phase::any},     {"RSET", phase::any},        {"NOOP", phase::any},
        {"QUIT", phase::any},     {"MAIL", phase::greeted},    {"RCPT", phase::mail | phase::recipients},
        {"AUTH", phase::greeted}, {"DATA", phase::recipients},
    };
    for (const Row& row : rows) {
        const CommandRule* rule = find_rule(row.verb);
        REQUIRE(rule != nullptr);
        CHECK(rule->phases == row.phases);
    }
    CHECK(known_verb("auth plain secret") == "AUTH");
    CHECK(known_verb("secret") == "?");
}

TEST_CASE("xtext goes there and back (RFC 3461 §4)") {
    CHECK(encode_xtext("a+b=c d") == "a+2Bb+3Dc+20d");
    for (const std::string_view text : {"", "plain", "+=+", "\x01\xff\x7f"}) {
        CHECK(decode_xtext(encode_xtext(text)) == std::string(text));
    }
}
