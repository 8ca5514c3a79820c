// Sample messages, and checks that every message must pass.
#include "tests/unit/mime/messages.h"

#include <doctest/doctest.h>

#include <optional>

namespace samples {

std::string crlf(std::string_view lines) {
    std::string out;
    for (const char c : lines) {
        if (c == '\n') out += '\r';
        out += c;
    }
    return out;
}

std::string numbered_message() {
    return crlf(
        "From: Sender <sender@example.org>\nSubject: numbered\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=outer\n\npreamble\n"
        "--outer\nContent-Type: text/plain\n\npart 1\n"
        "--outer\nContent-Type: application/octet-stream\n\npart 2\n"
        "--outer\nContent-Type: message/rfc822\nContent-Description: forwarded\n\n"
        "Subject: in part 3\nFrom: Inner <inner@example.org>\nContent-Type: multipart/mixed; boundary=three\n\n"
        "--three\nContent-Type: text/plain\n\npart 3.1\n--three\nContent-Type: application/octet-stream\n\npart 3.2\n"
        "--three--\n"
        "--outer\nContent-Type: multipart/mixed; boundary=four\n\n"
        "--four\nContent-Type: image/gif\nContent-ID: <gif@example.org>\n\npart 4.1\n"
        "--four\nContent-Type: message/rfc822\n\n"
        "Subject: in part 4.2\nContent-Type: multipart/mixed; boundary=fourtwo\n\n"
        "--fourtwo\nContent-Type: text/plain\n\npart 4.2.1\n"
        "--fourtwo\nContent-Type: multipart/alternative; boundary=alt\n\n"
        "--alt\nContent-Type: text/plain\n\npart 4.2.2.1\n--alt\nContent-Type: text/richtext\n\npart 4.2.2.2\n"
        "--alt--\n--fourtwo--\n--four--\n--outer--\nepilogue\n");
}

std::string tree(const mime::Part& part) {
    std::string out = part.content.type + '/' + part.content.subtype;
    if (part.children.empty()) return out;
    out += part.kind == mime::PartKind::message ? '{' : '(';
    for (const mime::Part& child : part.children) {
        if (&child != &part.children.front()) out += ' ';
        out += tree(child);
    }
    return out + (part.kind == mime::PartKind::message ? '}' : ')');
}

mime::Summary summarize_checked(std::string_view message, const mime::ParseLimits& limits) {
    const mime::Summary whole = mime::summarize(message, limits);
    for (std::size_t at = 1; at < message.size(); ++at) {
        mime::Summarizer summarizer(limits);
        summarizer.feed(message.substr(0, at));
        summarizer.feed(message.substr(at));
        if (!(summarizer.finish() == whole)) FAIL_CHECK("cut at " << at);
    }
    mime::Summarizer summarizer(limits);
    for (const char c : message) summarizer.feed({&c, 1});
    CHECK(summarizer.finish() == whole);
    const std::optional<mime::Summary> decoded = mime::decode_summary(mime::encode_summary(whole));
    REQUIRE(decoded);
    CHECK(*decoded == whole);
    CHECK(whole.size_octets == message.size());
    return whole;
}

std::string_view cut(std::string_view message, mime::OctetRange range) {
    return message.substr(range.offset, range.size);
}

}  // namespace samples
