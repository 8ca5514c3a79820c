// Transfer encodings: RFC 2045 §6.7, §6.8; RFC 4648 §10. Whole, and cut at every octet.
#include "protocols/mime/transfer_encoding.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "protocols/base/text.h"

using mime::TransferEncoding;

namespace {

struct EncodingRow {
    TransferEncoding encoding;
    std::string_view stored;
    std::string_view decoded;
};

constexpr auto base64 = TransferEncoding::base64;
constexpr auto quoted = TransferEncoding::quoted_printable;

const EncodingRow encoding_rows[] = {
    {base64, "", ""},
    {base64, "Zg==", "f"},
    {base64, "Zm8=", "fo"},
    {base64, "Zm9v", "foo"},
    {base64, "Zm9vYmFy", "foobar"},
    {base64, "Zm9v\r\nYmFy\r\n", "foobar"},
    {base64, "Z m!9*v", "foo"},  // other octets are ignored (RFC 2045 §6.8)
    {base64, "Zm8", "fo"},       // padding missing
    {base64, "Zg==Zg==", "ff"},  // pieces joined
    {base64, "Zm9vY", "foo"},    // six bits are not an octet
    {quoted, "Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
     "Now's the time for all folk to come to the aid of their country."},  // RFC 2045 §6.7
    {quoted, "=3D=c3=A4", "=\xC3\xA4"},
    {quoted, "trailing  \t\r\nnext", "trailing\r\nnext"},
    {quoted, "soft = \t\r\nbreak", "soft break"},
    {quoted, "bare =\nlf", "bare lf"},
    {quoted, "a=XYb", "a=XYb"},
    {quoted, "a=4", "a=4"},
    {quoted, "a=4Gb", "a=4Gb"},
    {quoted, "a= b", "a= b"},
    {quoted, "a==3D", "a=="},
    {quoted, "end=", "end"},
    {quoted, "end  ", "end"},
    {quoted, "8-bit \xE4", "8-bit \xE4"},
    {TransferEncoding::identity, "a=3D\r\n", "a=3D\r\n"},
    {TransferEncoding::unknown, "a=3D\r\n", "a=3D\r\n"},
};

}  // namespace

TEST_CASE("stored octets are decoded, however they are cut") {
    for (const EncodingRow& row : encoding_rows) {
        CAPTURE(row.stored);
        CHECK(mime::decode_transfer(row.stored, row.encoding) == row.decoded);
        mime::TransferDecoder decoder(row.encoding);
        std::string out;
        for (const char c : row.stored) decoder.feed({&c, 1}, out);
        decoder.finish(out);
        CHECK(out == row.decoded);
    }
}

TEST_CASE("the names of encodings") {
    CHECK(mime::parse_transfer_encoding("BASE64") == base64);
    CHECK(mime::parse_transfer_encoding(" Quoted-Printable (comment)\r\n") == quoted);
    for (const char* name : {"7bit", "8BIT", "binary", ""}) {
        CHECK(mime::parse_transfer_encoding(name) == TransferEncoding::identity);
    }
    CHECK(mime::parse_transfer_encoding("x-uuencode") == TransferEncoding::unknown);
}

TEST_CASE("base64 lines are of 76 octets, and come back") {
    std::string octets;
    for (int i = 0; i < 1000; ++i) octets += static_cast<char>(i * 7);
    for (std::size_t size = 0; size < 300; ++size) {
        const std::string_view piece = std::string_view(octets).substr(0, size);
        const std::string encoded = mime::encode_base64_lines(piece);
        CHECK(mime::decode_transfer(encoded, base64) == piece);
        CHECK((encoded.empty() || encoded.ends_with("\r\n")));
        if (encoded.size() > 78) CHECK(encoded.substr(76, 2) == "\r\n");
    }
    mime::Base64Encoder encoder;
    std::string out;
    for (const char c : octets) encoder.feed({&c, 1}, out);
    encoder.finish(out);
    CHECK(out == mime::encode_base64_lines(octets));
}

TEST_CASE("quoted-printable keeps to 76 octets, survives transport, and comes back") {
    const std::string texts[] = {"short\r\n",
                                 "K\xC3\xA4se = cheese\r\n",
                                 std::string(200, 'x') + "\r\n",
                                 std::string(75, 'x') + " \r\n",
                                 std::string(76, 'x') + "\r\n" + std::string(77, 'x') + "\r\n",
                                 std::string(74, 'x') + "\xC3\xA4\r\n",
                                 "trailing \r\ntab\t\r\nend ",
                                 "From here\r\n.\r\n..dots\r\n",
                                 std::string("nul\0cr\rx\x7F", 9)};
    for (const std::string& text : texts) {
        CAPTURE(text);
        const std::string encoded = mime::encode_quoted_printable(text);
        CHECK(mime::decode_transfer(encoded, quoted) == text);
        std::size_t start = 0;
        while (start < encoded.size()) {
            const std::size_t end = std::min(encoded.find("\r\n", start), encoded.size());
            const std::string line = encoded.substr(start, end - start);
            CHECK(line.size() <= 76);
            CHECK_FALSE(line.starts_with("From "));
            CHECK_FALSE(line.starts_with("."));
            CHECK((line.empty() || !base::is_space(line.back())));
            start = end + 2;
        }
    }
    CHECK(mime::encode_quoted_printable("a\nb\n") == "a\r\nb\r\n");
}

TEST_CASE("quoted-printable: what a transport changes at a line's start is guarded wherever a line starts") {
    struct Row {
        std::string_view what;
        std::string_view guarded;  // its encoded form there
    };
    const Row rows[] = {
        {".", "=2E"},       {".dot", "=2Edot"},         {"..", "=2E."},        {"From here", "=46rom here"},
        {"From\t", "From"}, {"from here", "from here"}, {"Fromage", "Fromage"}};
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(mime::encode_quoted_printable(row.what).starts_with(row.guarded));
        CHECK(mime::encode_quoted_printable("a\r\n" + std::string(row.what)).substr(3).starts_with(row.guarded));
        // 75 octets, then a soft line break before it (RFC 2045 §6.7 (5)).
        const std::string text = std::string(75, 'x') + std::string(row.what) + " and more";
        const std::string encoded = mime::encode_quoted_printable(text);
        CHECK(encoded.substr(0, 78) == std::string(75, 'x') + "=\r\n");
        CHECK(encoded.substr(78).starts_with(row.guarded));
        CHECK(mime::decode_transfer(encoded, quoted) == text);
    }
}

TEST_CASE("text parts become UTF-8 in pieces") {
    struct Text {
        TransferEncoding encoding;
        std::string_view charset;
        std::string_view stored;
        std::string_view utf8;
    };
    const Text texts[] = {
        {quoted, "utf-8", "=E2=82=AC 5", "\xE2\x82\xAC 5"},
        {base64, "iso-2022-jp", "GyRCRnxLXBsoQg==", "\xE6\x97\xA5\xE6\x9C\xAC"},
        {base64, "koi8-r", "wcI", "\xD0\xB0\xD0\xB1"},
        {TransferEncoding::identity, "utf-8", "a\xE2\x82", "a\xEF\xBF\xBD"},
    };
    for (const Text& text : texts) {
        CAPTURE(text.stored);
        mime::TextDecoder decoder(text.encoding, text.charset);
        std::string out;
        for (const char c : text.stored) decoder.feed({&c, 1}, out);
        decoder.finish(out);
        CHECK(out == text.utf8);
    }
}
