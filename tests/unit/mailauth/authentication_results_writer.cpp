// Authentication-Results fields are written: words, quotes, folds; nothing that a peer gives becomes a result.
#include "protocols/mailauth/authentication_results_writer.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using mailauth::AuthenticationResult;
using mailauth::SpfIdentity;
using mailauth::SpfVerdict;

namespace {

std::string written(std::vector<AuthenticationResult> results) {
    return mailauth::write_authentication_results({.id = "mail.example.org", .results = std::move(results)});
}

// What stands behind the id, of one result.
std::string line(AuthenticationResult result) {
    const std::string field = written({std::move(result)});
    const std::string begins = "Authentication-Results: mail.example.org;\r\n ";
    REQUIRE(field.starts_with(begins));
    REQUIRE(field.ends_with("\r\n"));
    return field.substr(begins.size(), field.size() - begins.size() - 2);
}

std::string value(const std::string& text) {
    const std::string result = line({.method = "m", .result = "r", .properties = {{"t", "n", text}}});
    REQUIRE(result.starts_with("m=r t.n="));
    return result.substr(8);
}

}  // namespace

TEST_CASE("Authentication-Results: a field with all that is judged") {
    const std::string field = written({
        result_of(mailauth::SpfResult{.verdict = SpfVerdict::fail,
                                      .domain = "example.com",
                                      .reason = "192.0.2.1 matches \"-all\" of example.com"}),
        mailauth::results_of({{.verdict = mailauth::DkimVerdict::pass,
                               .domain = "example.com",
                               .selector = "s1",
                               .algorithm = "rsa-sha256",
                               .signature_start = "ab/d+fgh",
                               .key_bits = 1024,
                               .covers_from = true}})[0],
        result_of(mailauth::DmarcResult{.verdict = mailauth::DmarcVerdict::fail,
                                        .policy = mailauth::DmarcPolicy::reject,
                                        .from_domain = "example.com",
                                        .reason = "nothing speaks for example.com; example.com says p=reject"}),
        result_of(mailauth::ArcResult{.status = mailauth::ChainStatus::pass, .oldest_pass = 2},
                  asio::ip::make_address("::ffff:192.0.2.1")),
        result_of(mailauth::IprevResult{.verdict = mailauth::IprevVerdict::pass,
                                        .address = asio::ip::make_address("192.0.2.1")}),
    });
    CHECK(field ==
          "Authentication-Results: mail.example.org;\r\n"
          " spf=fail smtp.mailfrom=example.com (192.0.2.1 matches '-all' of example.com);\r\n"
          " dkim=pass header.d=example.com header.s=s1 header.a=rsa-sha256\r\n"
          " header.b=\"ab/d+fgh\" (1024-bit key);\r\n"
          " dmarc=fail header.from=example.com policy.dmarc=reject (nothing speaks for\r\n"
          " example.com, example.com says p:reject);\r\n"
          " arc=pass smtp.remote-ip=192.0.2.1 header.oldest-pass=2;\r\n"
          " iprev=pass policy.iprev=192.0.2.1\r\n");
    const auto read = mailauth::parse_authentication_results(field.substr(field.find(':') + 1));
    REQUIRE(read.has_value());
    CHECK(read->id == "mail.example.org");
    CHECK(read->results.size() == 5);
    CHECK(read->results[1].properties[3].value == "ab/d+fgh");
    CHECK(written({}) == "Authentication-Results: mail.example.org; none\r\n");
}

TEST_CASE("Authentication-Results: the RFCs' words") {
    using enum SpfVerdict;
    for (const auto& [verdict, word] : {std::pair{none, "none"},
                                        {neutral, "neutral"},
                                        {pass, "pass"},
                                        {fail, "fail"},
                                        {softfail, "softfail"},
                                        {temperror, "temperror"},
                                        {permerror, "permerror"}}) {
        CHECK(line(result_of(mailauth::SpfResult{.verdict = verdict, .domain = "a.example"})) ==
              std::string("spf=") + word + " smtp.mailfrom=a.example");
    }
    CHECK(line(result_of(mailauth::SpfResult{.verdict = pass, .identity = SpfIdentity::helo, .domain = "a.example"})) ==
          "spf=pass smtp.helo=a.example");
    // RFC 8601 §2.7.2: the local part only where it was looked at.
    CHECK(line(result_of(mailauth::SpfResult{.verdict = pass, .domain = "a.example", .local_part = "bob"})) ==
          "spf=pass smtp.mailfrom=bob@a.example");
    CHECK(line(result_of(mailauth::SpfResult{.verdict = pass, .domain = "a.example", .local_part = "b\xc3\xbc"})) ==
          "spf=pass smtp.mailfrom=a.example");
    CHECK(line(result_of(mailauth::SpfResult{.verdict = none, .identity = SpfIdentity::helo})) == "spf=none");
    CHECK(line(mailauth::results_of({}).at(0)) == "dkim=none");
    CHECK(mailauth::results_of({{}, {}}).size() == 2);
    CHECK(line(mailauth::results_of({{.verdict = mailauth::DkimVerdict::neutral, .reason = "no d="}}).at(0)) ==
          "dkim=neutral (no d:)");
    CHECK(line(result_of(mailauth::DmarcResult{.verdict = mailauth::DmarcVerdict::none, .from_domain = "a.example"})) ==
          "dmarc=none header.from=a.example");
    CHECK(line(result_of(mailauth::ArcResult{}, asio::ip::make_address("2001:db8::1"))) ==
          "arc=none smtp.remote-ip=\"2001:db8::1\"");
    using mailauth::IprevVerdict;
    for (const auto& [verdict, word] : {std::pair{IprevVerdict::pass, "pass"},
                                        {IprevVerdict::fail, "fail"},
                                        {IprevVerdict::temperror, "temperror"},
                                        {IprevVerdict::permerror, "permerror"}}) {
        CHECK(line(result_of(
                  mailauth::IprevResult{.verdict = verdict, .address = asio::ip::make_address("192.0.2.1")})) ==
              std::string("iprev=") + word + " policy.iprev=192.0.2.1");
    }
}

TEST_CASE("Authentication-Results: values") {
    CHECK(value("a-b_c.d") == "a-b_c.d");
    CHECK(value("bob@a.example") == "bob@a.example");
    CHECK(value("@a.example") == "@a.example");
    CHECK(value("b b@a.example") == "\"b b\"@a.example");
    CHECK(value("bob@[192.0.2.1]") == "\"bob@[192.0.2.1]\"");
    CHECK(value("2001:db8::1") == "\"2001:db8::1\"");
    CHECK(value("a\r\nX: y\x80\x01") == "\"a??X: y??\"");
    CHECK(value("a; dkim=pass (x) \"\\") == "\"a, dkim:pass 'x' ''\"");
    const std::string longest =
        line({.method = "m", .result = "r", .properties = {{"t", "n", std::string(1000, 'x')}}});
    CHECK(longest == "m=r\r\n t.n=" + std::string(320, 'x'));
}

TEST_CASE("Authentication-Results: what a peer gives is never a result, not even for who splits at semicolons") {
    const std::string evil = "x\"); dkim=pass header.d=bank.example (\"\\\r\n spf=pass;";
    const std::string field = written(
        {{.method = "spf", .result = "none", .reason = evil, .properties = {{"smtp", "helo", evil}}, .comment = evil},
         {.method = "dmarc", .result = "none", .properties = {{"header", "from", evil}}, .comment = evil}});
    CHECK(std::ranges::count(field, ';') == 2);
    CHECK_FALSE(field.contains("dkim=pass"));
    const auto read = mailauth::parse_authentication_results(field.substr(field.find(':') + 1));
    REQUIRE(read.has_value());
    REQUIRE(read->results.size() == 2);
    CHECK(read->results[0].properties.size() == 1);
    CHECK(read->results[1].properties.size() == 1);
}

TEST_CASE("Authentication-Results: lines are folded at 78 octets where there is white space") {
    AuthenticationResult result{
        .method = "x", .result = "pass", .comment = std::string(60, 'a') + " " + std::string(60, 'b')};
    for (int i = 0; i < 20; ++i) result.properties.push_back({"header", "n", "value-" + std::to_string(i)});
    const std::string field = written({result, result});
    std::size_t lines = 0;
    for (std::size_t at = 0; at < field.size(); ++lines) {
        const std::size_t end = field.find("\r\n", at);
        CHECK(end - at <= 78);
        CHECK((at == 0 || field[at] == ' '));
        at = end + 2;
    }
    CHECK(lines > 10);
    CHECK(value(std::string(69, 'x')).size() == 69);
    CHECK(line({.method = "m", .result = "r", .properties = {{"t", "n", std::string(70, 'x')}}})
              .starts_with("m=r\r\n t.n="));
    const auto read = mailauth::parse_authentication_results(field.substr(field.find(':') + 1));
    REQUIRE(read.has_value());
    CHECK(read->results[1].properties.size() == 20);
}
