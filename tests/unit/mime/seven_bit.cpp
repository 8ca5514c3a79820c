// Messages for servers without 8BITMIME. RFC 6152 §3, RFC 2045 §6; lines of at most 76 octets (§6.7 rule 5, §6.8).
#include "protocols/mime/seven_bit.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "protocols/mime/header.h"
#include "protocols/mime/part.h"

using namespace mime;

namespace {

Structure parse(const std::string& message) {
    StructureParser parser;
    parser.feed(message);
    return parser.finish();
}

// Converts in pieces of this size.
std::string to_seven_bit(const std::string& message, std::size_t piece) {
    SevenBitScanner scanner(parse(message).root);
    for (std::size_t at = 0; at < message.size(); at += piece)
        scanner.feed(std::string_view(message).substr(at, piece));
    SevenBitEncoder encoder(scanner.changes());
    std::string out;
    for (std::size_t at = 0; at < message.size(); at += piece)
        encoder.feed(std::string_view(message).substr(at, piece), out);
    encoder.finish(out);
    return out;
}

// The leaves, decoded.
void add_leaves(const Part& part, const std::string& message, std::vector<std::string>& leaves) {
    if (part.kind == PartKind::single) {
        leaves.push_back(decode_transfer(std::string_view(message).substr(part.body_offset, part.size_octets()),
                                         parse_transfer_encoding(part.content.encoding)));
    }
    for (const Part& child : part.children) add_leaves(child, message, leaves);
}
std::vector<std::string> leaves(const std::string& message) {
    std::vector<std::string> found;
    add_leaves(parse(message).root, message, found);
    return found;
}

bool is_seven_bit(const std::string& text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) > 127; });
}

std::size_t longest_line(const std::string& text) {
    std::size_t longest = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find("\r\n", at), text.size());
        longest = std::max(longest, end - at);
        at = end + 2;
    }
    return longest;
}

const std::string plain_text =
    "From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
    "8bit\r\n\r\n"
    "Gr\xc3\xbc\xc3\x9f"
    "e = hi \r\n.dot\r\nFrom me\r\n";

const std::string mixed_parts =
    "From: a@b\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\nContent-Transfer-Encoding: 8bit\r\n"
    "\r\npreamble\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    "Z\xc3\xbcrich\r\n--x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    "\xff\xfe\x02\x01\r\n--x\r\n\r\nonly ASCII\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: in it\r\n"
    "Content-Type: text/html\r\n\r\n<p>\xe9\r\n--x--\r\n";

}  // namespace

TEST_CASE("what is not 7-bit is encoded, and decodes to what it was, wherever the pieces are cut") {
    const std::string non_mime =
        "Subject: old\r\n\r\nGr\xfc\xdf"
        "e\r\n";
    const std::string long_line = "Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
                                  std::string(30'000, '\xe4') + " \r\nend";
    for (const std::string& message : {plain_text, mixed_parts, non_mime, long_line}) {
        const std::string whole = to_seven_bit(message, message.size());
        CAPTURE(whole.substr(0, 2000));
        CHECK(is_seven_bit(whole));
        CHECK(longest_line(whole) <= 78);
        CHECK(leaves(whole) == leaves(message));
        const std::size_t step = message.size() > 1000 ? 977 : 1;
        for (std::size_t piece = 1; piece < message.size(); piece += step)
            CHECK(leaves(to_seven_bit(message, piece)) == leaves(message));
    }
    const std::string whole = to_seven_bit(mixed_parts, 7);
    CHECK(parse(whole).root.content.encoding == "7bit");
    CHECK(parse(whole).root.children.at(0).content.encoding == "quoted-printable");
    CHECK(parse(whole).root.children.at(1).content.encoding == "base64");
    CHECK(whole.find("only ASCII") != std::string::npos);
    CHECK(find_field(to_seven_bit(non_mime, 5), "MIME-Version"));
}

TEST_CASE("what is 7-bit already, or signed, is let be") {
    const std::string seven = "Subject: x\r\nContent-Transfer-Encoding: 8bit\r\n\r\nplain\r\n";
    const std::string dkim = "DKIM-Signature: v=1\r\n" + plain_text;
    std::string pgp = mixed_parts;
    pgp.replace(pgp.find("multipart/mixed"), 15, "multipart/signed");
    const std::string forwarded =
        "Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\nContent-Type: message/rfc822\r\n\r\n" + dkim +
        "\r\n--y--\r\n";
    for (const std::string& message : {seven, dkim, pgp, forwarded}) {
        for (std::size_t piece = 1; piece < message.size(); ++piece) CHECK(to_seven_bit(message, piece) == message);
    }
}

// RFC 2045 §6.4: no encoding over another. The other parts are encoded all the same.
TEST_CASE("a part that is encoded already is not encoded again, even if it has 8-bit octets") {
    for (const std::string encoding : {"quoted-printable", "base64", "x-unknown"}) {
        const std::string part = "Content-Transfer-Encoding: " + encoding + "\r\n\r\nYWJj \xfc=20\r\n";
        for (std::size_t piece = 1; piece < part.size(); ++piece) CHECK(to_seven_bit(part, piece) == part);
        SevenBitScanner scanner(parse(part).root);
        scanner.feed(part);
        CHECK(scanner.has_eight_bit());
        std::string both = mixed_parts;
        both.replace(both.find("\r\nonly ASCII\r\n"), 14, part);
        const std::string sent = to_seven_bit(both, 7);
        CHECK(sent.find(part) != std::string::npos);
        CHECK(sent.find("Z=C3=BCrich") != std::string::npos);
    }
}

TEST_CASE("lines that are too long are encoded like 8-bit octets") {
    for (const std::size_t length : {998u, 999u}) {
        const std::string body = "short\r\n" + std::string(length, 'a') + "\r\nshort\r\n";
        const std::string message = "Subject: long\r\n\r\n" + body;
        for (const std::size_t piece : {1u, 7u, 998u, 5'000u}) {
            const std::string sent = to_seven_bit(message, piece);
            CHECK((sent == message) == (length == 998));
            CHECK(longest_line(sent) <= 998);
            CHECK(leaves(sent) == std::vector<std::string>{body});
        }
    }
}

TEST_CASE("header sections with UTF-8 are encoded with the bodies, or alone, where that loses nothing") {
    const AsciiDomain no_domain = [](std::string_view) { return std::optional<std::string>(); };
    const auto converted = [&](const std::string& message, std::size_t piece, bool* all_ascii) {
        SevenBitScanner scanner(parse(message).root, no_domain);
        for (std::size_t at = 0; at < message.size(); at += piece)
            scanner.feed(std::string_view(message).substr(at, piece));
        *all_ascii = scanner.headers_become_ascii();
        SevenBitEncoder encoder(scanner.changes(), no_domain);
        std::string out;
        for (std::size_t at = 0; at < message.size(); at += piece)
            encoder.feed(std::string_view(message).substr(at, piece), out);
        encoder.finish(out);
        return out;
    };
    const std::string parts =
        "Subject: caf\xc3\xa9\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        "Content-Type: text/plain; name=\"\xc3\xbc.txt\"\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n";
    for (const std::size_t piece : {1u, 3u, 50u, 5'000u}) {
        CAPTURE(piece);
        bool all = false;
        const std::string sent = converted(parts, piece, &all);
        CHECK(all);
        CHECK(is_seven_bit(sent));
        CHECK(sent.starts_with("Subject: =?utf-8?"));
        CHECK(sent.contains("name*="));
        CHECK_FALSE(sent.contains("Transfer-Encoding"));  // no body has changed
        CHECK(leaves(sent) == std::vector<std::string>{"one", "two"});

        const std::string both = converted("Subject: caf\xc3\xa9\r\n\r\nna\xc3\xafve\r\n", piece, &all);
        CHECK(is_seven_bit(both));
        CHECK(both.contains("quoted-printable"));
        const std::string lossy = "From: \xc3\xbc@a.example\r\n\r\nplain\r\n";
        CHECK(converted(lossy, piece, &all) == lossy);
        CHECK_FALSE(all);
        const std::string done = "DKIM-Signature: v=1\r\nSubject: caf\xc3\xa9\r\n\r\nplain\r\n";
        CHECK(converted(done, piece, &all) == done);
        CHECK_FALSE(all);
    }
}
