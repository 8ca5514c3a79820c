// Binary messages become lines: RFC 3030 §3, RFC 2045 §6.2 (binary) and §6.4 (labels of what is around it).
#include "protocols/mime/binary.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace mime;
using namespace std::string_literals;

namespace {

// In pieces of this size; nullopt: it cannot be converted.
std::optional<std::string> converted(const std::string& message, std::size_t piece, const ParseLimits& limits = {}) {
    BinaryConverter converter(limits);
    for (std::size_t at = 0; at < message.size(); at += piece)
        converter.examine(std::string_view(message).substr(at, piece));
    std::string out;
    for (std::size_t at = 0; at < message.size(); at += piece) {
        if (!converter.convert(std::string_view(message).substr(at, piece), out)) return std::nullopt;
    }
    if (!converter.finish(out)) return std::nullopt;
    return out;
}

const std::string binary_head = "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: Binary\r\n\r\n";

}  // namespace

TEST_CASE("each binary part gets base64, what is around it 8bit; all else stays, wherever the octets are cut") {
    const struct {
        std::string what;
        std::string message;
        std::optional<std::string> result;  // nullopt: it cannot be converted
    } rows[] = {
        {"a message of one binary part", "MIME-Version: 1.0\r\n" + binary_head + "a\0b\rc\nd\xff"s,
         "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: "
         "base64\r\n\r\nYQBiDWMKZP8=\r\n"},
        {"parts of several kinds",
         "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: "
         "binary\r\n\r\n--b\r\n\r\nw\xc3\xb6rds\r\n--b\r\n" +
             binary_head + "\0\r\n--\r\n"s + "\r\n--b--\r\nend\r\n",
         "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: "
         "8bit\r\n\r\n--b\r\n\r\nw\xc3\xb6rds\r\n--b\r\nContent-Type: application/octet-stream\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\nAA0KLS0NCg==\r\n\r\n--b--\r\nend\r\n"},
        {"a binary part in a message in a message",
         "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\nSubject: "
         "in\r\nMIME-Version: 1.0\r\n" +
             binary_head + "\0"s,
         "MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: "
         "in\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: "
         "base64\r\n\r\nAA==\r\n"},
        {"signed, and converted all the same", "DKIM-Signature: v=1\r\nMIME-Version: 1.0\r\n" + binary_head + "x",
         "DKIM-Signature: v=1\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\neA==\r\n"},
        {"nothing binary", "Subject: x\r\n\r\nw\xc3\xb6rds\r\n", "Subject: x\r\n\r\nw\xc3\xb6rds\r\n"},
        {"a LF that ends no line", "Subject: x\r\n\r\na\nb\r\n", std::nullopt},
        {"a CR that ends no line", "Subject: x\r\n\r\na\rb\r\n", std::nullopt},
        {"a CR at the end", "Subject: x\r\n\r\na\r", std::nullopt},
        {"a NUL in text", "Subject: x\r\n\r\na\0b\r\n"s, std::nullopt},
        {"a NUL in the header section", "Subject: \0\r\nMIME-Version: 1.0\r\n"s + binary_head + "x", std::nullopt},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 10'000UL}) {
            CAPTURE(piece);
            CHECK(converted(row.message, piece) == row.result);
        }
    }
}

TEST_CASE("a message with more parts than are looked at, or deeper ones, is not converted") {
    std::string wide = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int n = 0; n < 4; ++n) wide += "--b\r\n" + binary_head + "x\r\n";
    wide += "--b--\r\n";
    CHECK(converted(wide, 100, {.parts = 5}));
    CHECK_FALSE(converted(wide, 100, {.parts = 4}));
    std::string deep = "MIME-Version: 1.0\r\n";
    for (int n = 0; n < 4; ++n) deep += "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\n";
    deep += "x\r\n";
    CHECK(converted(deep, 100, {.depth = 6}));
    CHECK_FALSE(converted(deep, 100, {.depth = 2}));
}

TEST_CASE("of a long binary part nothing is held") {
    BinaryConverter converter;
    const std::string head = "MIME-Version: 1.0\r\n" + binary_head;
    const std::string piece(64 << 10, '\0');
    converter.examine(head);
    for (int n = 0; n < 100; ++n) converter.examine(piece);
    CHECK(converter.held_octets() < 64 << 10);
    std::string out;
    CHECK(converter.convert(head, out));
    for (int n = 0; n < 100; ++n) {
        out.clear();
        CHECK(converter.convert(piece, out));
        CHECK(out.size() < 2 * piece.size());
    }
    CHECK(converter.finish(out));
}
