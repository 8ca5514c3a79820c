// UTF-8 header sections in ASCII: what they say stays the same. RFC 2047 §5, RFC 2231 §4.
#include "protocols/mime/header_encoding.h"

#include <doctest/doctest.h>

#include "protocols/base/text.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/parameter.h"

using namespace mime;

namespace {

std::optional<std::string> one_domain(std::string_view domain) {
    return domain == "b\u00fccher.example" ? std::optional<std::string>("xn--bcher-kva.example") : std::nullopt;
}

std::string encoded(const std::string& section) { return encode_header(section, one_domain).value_or("no"); }

}  // namespace

TEST_CASE("text becomes encoded words, parameters RFC 2231's form, domains A-labels; the rest stays") {
    const std::string plain = "Received: by  mail\r\n  (odd)\r\nX-Odd:  two  spaces\r\n";
    CHECK(encoded(plain + "\r\n") == plain + "\r\n");
    const std::string subject = encoded(plain + "Subject: caf\u00e9 at five\r\nTo: bob@example.org\r\n\r\n");
    CHECK(subject.starts_with(plain + "Subject: =?utf-8?"));
    CHECK(subject.ends_with("\r\nTo: bob@example.org\r\n\r\n"));
    CHECK(decode_encoded_words(find_field(subject, "Subject")->value) == "caf\u00e9 at five");

    const std::string from = encoded("From: J\u00fcrgen <j@b\u00fccher.example>, Bob <bob@example.org>\r\n\r\n");
    CHECK(base::is_ascii(from));
    CHECK(from.contains("<j@xn--bcher-kva.example>"));
    CHECK(decode_encoded_words(find_field(from, "From")->value).contains("J\u00fcrgen"));

    const std::string file = encoded("Content-Disposition: attachment; filename=\"\u00fcber.txt\"; size=5\r\n\r\n");
    const ParameterizedValue value = parse_parameterized(find_field(file, "Content-Disposition")->value);
    CHECK(value.value == "attachment");
    CHECK(parameter(value.parameters, "filename") == "\u00fcber.txt");
    CHECK(parameter(value.parameters, "size") == "5");

    std::string text;
    for (int i = 0; i < 300; ++i) text += "\u00e4\u00f6\u00fc ";
    const std::string folded = encoded("Subject: " + text + "\r\n\r\n");
    CHECK(base::is_ascii(folded));
    CHECK(decode_encoded_words(unfold(find_field(folded, "Subject")->value)) == text.substr(0, text.size() - 1));
}

TEST_CASE("what cannot be said in ASCII is not changed") {
    for (const char* section : {"From: j\u00fcrgen@example.org\r\n\r\n", "To: a@other\u00fc.example\r\n\r\n",
                                "Message-ID: <\u00fc@example.org>\r\n\r\n", "Subject: caf\xe9\r\n\r\n"}) {
        CHECK(encoded(section) == "no");
    }
}
