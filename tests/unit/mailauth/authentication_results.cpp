// Authentication-Results fields are read, and known as ours. RFC 8601 §2.2, §5, and its appendix's examples.
#include "protocols/mailauth/authentication_results.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using mailauth::AuthenticationResult;
using mailauth::is_ours;
using mailauth::must_be_removed;
using mailauth::parse_authentication_results;

namespace {

// "id|method/version=result,reason,type.name=value,…|…", or the error.
std::string parsed(std::string_view value) {
    const auto results = parse_authentication_results(value);
    if (!results) return "error: " + results.error();
    std::string text = results->id;
    for (const AuthenticationResult& one : results->results) {
        text += "|" + one.method + (one.version == 1 ? "" : "/" + std::to_string(one.version)) + "=" + one.result;
        if (!one.reason.empty()) text += ",reason:" + one.reason;
        for (const auto& property : one.properties)
            text += "," + property.type + "." + property.name + "=" + property.value;
    }
    return text;
}

}  // namespace

TEST_CASE("Authentication-Results: what is read") {
    struct Row {
        std::string value, expected;
    };
    for (
        const Row& row : {
            // RFC 8601 §B.2 to §B.7
            Row{" example.org 1; none", "example.org"},
            {" example.com; \r\n spf=pass smtp.mailfrom=example.net", "example.com|spf=pass,smtp.mailfrom=example.net"},
            {" example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
             "example.com|auth=pass,smtp.auth=sender@example.net|spf=pass,smtp.mailfrom=example.net"},
            {" example.com; dkim=pass reason=\"good signature\" header.i=@mail-router.example.net;\r\n dkim=fail "
             "reason=\"bad signature\" header.i=@newyork.example.com",
             "example.com|dkim=pass,reason:good signature,header.i=@mail-router.example.net|dkim=fail,reason:bad "
             "signature,header.i=@newyork.example.com"},
            {" foo.example.net (foobar) 1 (baz); dkim (Because I like it) / 1 (One yay) = (wait for it) fail policy (A "
             "dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462",
             "foo.example.net|dkim=fail,policy.expired=1362471462"},
            // What others write.
            {"a;;spf=pass; ", "a|spf=pass"},
            {"a; dkim=pass header.b=abc/+=; arc=none", "a|dkim=pass,header.b=abc/+=|arc=none"},
            {"\"a b\"; spf=pass smtp.mailfrom=\"x \\\"y\"@b.example", "a b|spf=pass,smtp.mailfrom=x \"y@b.example"},
            {"a; DKIM=Pass Header.D=B", "a|DKIM=Pass,Header.D=B"},
            {"a; dkim/2=pass", "a|dkim/2=pass"},
            {"a; spf=pass smtp.mailfrom=", "a|spf=pass,smtp.mailfrom="},
            {"a; x=y (unclosed", "error: text that is no property of x"},
            {"a; NONE ", "a"},
            {"a;none;", "a"},
            {"a; none=pass", "a|none=pass"},
        }) {
        CAPTURE(row.value);
        CHECK(parsed(row.value) == row.expected);
    }
}

TEST_CASE("Authentication-Results: what is an error") {
    for (const std::string& value : {"",
                                     " ",
                                     ";",
                                     "; spf=pass",
                                     "a",
                                     "a 1",
                                     "a 2; spf=pass",
                                     "a x; spf=pass",
                                     "a;",
                                     "a; ;",
                                     "a; spf",
                                     "a; spf=",
                                     "a; =pass",
                                     "a; spf=pass x",
                                     "a; spf=pass x.",
                                     "a; spf=pass x.y",
                                     "a; spf=pass .y=z",
                                     "a; spf=pass x=y",
                                     "a; spf=pass reason",
                                     "a; spf/x=pass",
                                     "a; spf/=pass",
                                     "a; none; spf=pass",
                                     "a; spf=pass; none",
                                     "a; none x",
                                     "a 1 1; none"}) {
        CAPTURE(value);
        CHECK(parsed(value).starts_with("error: "));
    }
}

TEST_CASE("Authentication-Results: results are bounded") {
    std::string results = "a";
    for (std::size_t i = 0; i < mailauth::max_authentication_results; ++i) results += "; spf=pass";
    CHECK(parse_authentication_results(results).has_value());
    CHECK_FALSE(parse_authentication_results(results + "; spf=pass").has_value());
    std::string properties = "a; spf=pass";
    for (std::size_t i = 0; i < mailauth::max_authentication_results; ++i) properties += " x.y=z";
    CHECK(parse_authentication_results(properties).has_value());
    CHECK_FALSE(parse_authentication_results(properties + " x.y=z").has_value());
}

TEST_CASE("Authentication-Results: ours, however it is written, RFC 8601 §5") {
    for (const std::string& value : {" mail.example.org; spf=pass",
                                     "MAIL.Example.ORG; none",
                                     "mail.example.org",
                                     "mail.example.org 1; x",
                                     "mail.example.org;",
                                     "\r\n\tmail.example.org;spf",
                                     "(hello) mail.example.org (x;y) ; z",
                                     "\"mail.example.org\"; z",
                                     "\"mail.\\example.org\"; z",
                                     "mail.\"example\".org; z",
                                     "mail.example.org.; z",
                                     "mail.example.org(x)1; z",
                                     "mail.example.org/1; z",
                                     "mail . example . org; z",
                                     "mail.example.org 2; z",
                                     "mail.example.org junk; z",
                                     "\"mail.example.org; z",
                                     "( mail.example.org; z",
                                     "(a(b) mail.example.org; z",
                                     "mail.\r\n example.org; z"}) {
        CAPTURE(value);
        CHECK(is_ours(value, "mail.example.org"));
        CHECK(must_be_removed(value, "mail.example.org"));
    }
    for (const std::string& value : {"", ";", "example.org; x", "a.mail.example.org; x", "mail.example.org.example; x",
                                     "other.example; mail.example.org", "other (mail.example.org); x",
                                     "xmail.example.org; x", "other.example \"; x", "other.example 1; x"}) {
        CAPTURE(value);
        CHECK_FALSE(is_ours(value, "mail.example.org"));
        CHECK_FALSE(must_be_removed(value, "mail.example.org"));
    }
    // U-labels (RFC 8601 §2.5)
    CHECK(
        is_ours(" b\xc3\xbc"
                "cher.example; x",
                "xn--bcher-kva.example"));
    CHECK(is_ours(" XN--bcher-KVA.example; x",
                  "b\xc3\xbc"
                  "cher.example"));
    CHECK(
        is_ours("\"B\xc3\x9c"
                "CHER.example\"; x",
                "xn--bcher-kva.example"));
    CHECK(is_ours("not a domain; x", "NOTADOMAIN"));
}

TEST_CASE("Authentication-Results: other versions go, whose ever they are, RFC 8601 §5") {
    CHECK(must_be_removed("other.example 2; spf=pass", "mail.example.org"));
    CHECK(must_be_removed("other.example (x) 99999999999999999999; spf=pass", "mail.example.org"));
    CHECK_FALSE(must_be_removed("other.example 1 ; spf=pass", "mail.example.org"));
    CHECK_FALSE(must_be_removed("other.example 01 ; spf=pass", "mail.example.org"));
}

TEST_CASE("Authentication-Results: a field that would take too long to read is not read, and must go") {
    const std::string ours = "mail.example.org; dmarc=pass";
    CHECK(must_be_removed(std::string(10, '(') + ours, "mail.example.org"));
    CHECK_FALSE(must_be_removed(std::string(10, '(') + "other.example; dmarc=pass", "mail.example.org"));
    for (const std::string& end : {ours, std::string("other.example; x=y")}) {
        const std::string hostile = std::string(250'000, '(') + end;
        CHECK(must_be_removed(hostile, "mail.example.org"));
        CHECK_FALSE(is_ours(hostile, "mail.example.org"));
        CHECK_FALSE(mailauth::parse_authentication_results(hostile));
    }
    std::string words;
    for (int i = 0; i < 125'000; ++i) words += "a ";
    CHECK_FALSE(must_be_removed(words + "; x=y", "mail.example.org"));
    CHECK(must_be_removed(words + ours, "mail.example.org"));
}

TEST_CASE("Authentication-Results: octets that some readers leave out hide no id") {
    for (const std::string& id : {std::string("mail.example.org\0", 17), std::string("m\\ail.example.org"),
                                  std::string("mail\x7f.exam\x01ple.org")}) {
        CHECK(must_be_removed(id + "; dmarc=pass", "mail.example.org"));
    }
}
