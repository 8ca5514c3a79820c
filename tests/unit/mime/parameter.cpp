// Parameters: RFC 2045 §5.1, RFC 2183 §2.10, RFC 2231 §3 and §4; and what senders write instead.
#include "protocols/mime/parameter.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "protocols/base/text.h"

namespace {

std::string flat(const mime::ParameterizedValue& parsed) {
    std::string out = parsed.value;
    for (const mime::Parameter& parameter : parsed.parameters) out += "|" + parameter.name + "=" + parameter.value;
    return out;
}

}  // namespace

TEST_CASE("values and parameters") {
    struct Row {
        std::string_view value;
        std::string_view flat;
    };
    const Row rows[] = {
        {"text/plain; charset=us-ascii (Plain text)", "text/plain|charset=us-ascii"},  // RFC 2045 §5.1
        {"text/plain; charset=\"us-ascii\"", "text/plain|charset=us-ascii"},
        {" multipart/mixed;\r\n\tBoundary=\"a;b\\\"c\"", "multipart/mixed|boundary=a;b\"c"},
        {"attachment; filename=genome.jpeg;\r\n modification-date=\"Wed, 12 Feb 1997 16:29:51 -0500\"",
         "attachment|filename=genome.jpeg|modification-date=Wed, 12 Feb 1997 16:29:51 -0500"},  // RFC 2183 §3
        // RFC 2231 §3
        {"message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n"
         " URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
         "message/external-body|access-type=URL|url=ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"},
        // RFC 2231 §4
        {"application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
         "application/x-stuff|title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A"},
        // RFC 2231 §4.1
        {"application/x-stuff\r\n; title*0*=us-ascii'en'This%20is%20even%20more%20\r\n; "
         "title*1*=%2A%2A%2Afun%2A%2A%2A%20"
         "\r\n; title*2=\"isn't it!\"",
         "application/x-stuff|title*=us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!"},
        // In any order, twice, with a gap
        {"x/y; a*1=two; a*0=one; a*1=again; a*3=lost", "x/y|a=onetwo"},
        // Forgiven faults
        {"text/plain charset=utf-8", "text/plain|charset=utf-8"},
        {"text / plain ; charset = utf-8", "text/plain|charset=utf-8"},
        {"application/pdf; name=My File (1).pdf", "application/pdf|name=My File (1).pdf"},
        {"application/pdf; name=a.pdf size=12", "application/pdf|name=a.pdf|size=12"},
        {"x/y; name=\"a\" size=12;; ; z", "x/y|name=a|size=12"},
        {"x/y; name=\"unclosed", "x/y|name=unclosed"},
        {"x/y; a=1; A=2", "x/y|a=1"},
        {"(comment) text/html (more)", "text/html"},
        {"", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.value);
        CHECK(flat(mime::parse_parameterized(row.value)) == row.flat);
    }
    CHECK(mime::parse_parameterized("x/y; a=1; b=2; c=3", 2).parameters.size() == 2);
}

TEST_CASE("parameters are decoded to UTF-8") {
    const auto get = [](std::string_view value, std::string_view name) {
        return mime::parameter(mime::parse_parameterized(value).parameters, name).value_or("(none)");
    };
    CHECK(get("x/y; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "title") == "This is ***fun***");
    CHECK(get("x/y; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20;"
              " title*2=\"isn't it!\"",
              "TITLE") == "This is even more ***fun*** isn't it!");
    CHECK(get("a; filename*=iso-8859-1''na%EFve.txt; filename=naive.txt", "filename") == "na\xC3\xAFve.txt");
    CHECK(get("a; filename=\"=?utf-8?B?bmHDr3ZlLnR4dA==?=\"", "filename") == "na\xC3\xAFve.txt");
    CHECK(get("a; filename=na\xC3\xAFve.txt", "filename") == "na\xC3\xAFve.txt");
    CHECK(get("a; filename*=no%20charset", "filename") == "no charset");
    CHECK(get("a; b=c", "d") == "(none)");
}

TEST_CASE("an encoded word in a value is one word, whatever stands in it") {
    const mime::ParameterizedValue parsed =
        mime::parse_parameterized("attachment; filename==?utf-8?Q?a;b=C3=A9_(1) x=y.pdf?=; size=3");
    REQUIRE(parsed.parameters.size() == 2);
    CHECK(mime::parameter(parsed.parameters, "filename") == "a;bé (1) x=y.pdf");
    CHECK(mime::parameter(parsed.parameters, "size") == "3");
}

TEST_CASE("parameters come back from their written form") {
    const std::string long_name = std::string(70, 'n') + "\xC3\xA4.txt";
    for (const std::string& text : {std::string("a.txt"), std::string("my file.txt"), std::string("a\"b\\c"),
                                    std::string("na\xC3\xAFve.txt"), long_name, std::string()}) {
        CAPTURE(text);
        const std::string written = mime::render_parameter("filename", text);
        CHECK(base::is_ascii(written));
        const auto parsed = mime::parse_parameterized("attachment" + written);
        CHECK(mime::parameter(parsed.parameters, "filename") == text);
    }
    CHECK(mime::render_parameter("filename", "a.txt") == "; filename=a.txt");
}

TEST_CASE("many parentheses take linear time") {
    std::string nonsense = "x/y; a=";
    while (nonsense.size() < 300'000) nonsense += " (";
    CHECK(mime::parse_parameterized(nonsense + std::string(300'000, ')') + "x").value == "x/y");
}
