// What we sign: the fields, their order and form; that it verifies is shown here, and with other programs in
// tests/interop.
#include "protocols/mailauth/dkim_signer.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/text.h"
#include "tests/unit/mailauth/dkim_messages.h"

using mailauth::DkimPrivateKey;
using mailauth::DkimResult;
using mailauth::DkimSigner;
using mailauth::DkimSigningKey;
using mailauth::DkimVerdict;

namespace {

DkimSigningKey signing_key(std::string_view pem, const std::string& selector) {
    return {.key = DkimPrivateKey::read(pem).value(), .domain = "football.example.com", .selector = selector};
}

std::string signed_fields_of(std::string_view header, std::string_view body, const std::vector<DkimSigningKey>& keys,
                             std::size_t piece = 4096) {
    DkimSigner signer(header);
    for (std::size_t at = 0; at < body.size(); at += piece) signer.feed(body.substr(at, piece));
    return signer.finish(keys, rfc8463_time);
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const std::size_t end = text.find("\r\n");
        REQUIRE(end != std::string_view::npos);
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end + 2);
    }
    return lines;
}

}  // namespace

TEST_CASE("a DKIM-Signature: tags, fields that are there, five of them once more, lines that are not long") {
    const std::string header = with_crlf(
        "Received: from a\nList-Id: <l.example.com>\nFROM: a@example.com\nTo: b@example.com\nto: c@example.com\n"
        "X-Own: x\nReferences: <r@example.com>\nSubject: Hi\n\n");
    // RFC 8463 §A: the same body, and a deterministic algorithm.
    CHECK(signed_fields_of(header, rfc8463_body, {signing_key(rfc8463_ed25519_key, "brisbane")}) ==
          with_crlf("DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\n"
                    "\td=football.example.com; s=brisbane; t=1528637909; h=from:from:to:to:to:\n"
                    "\tsubject:subject:date:message-id:references:list-id;\n"
                    "\tbh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\n"
                    "\tb=lzsDugunnAmeaJMxF/ESkETuxxuXFtfj0b+axDISHhlSQJNcQPKZsBQDll8FSqdShm+Ck5YWQ\n"
                    "\tFOKTdnhOiFXBQ==\n"));
}

TEST_CASE("what is signed with RSA and Ed25519 at once verifies, however the body was cut") {
    const std::vector<DkimSigningKey> keys = {signing_key(rfc8463_rsa_key, "test"),
                                              signing_key(rfc8463_ed25519_key, "brisbane")};
    const std::string fields = signed_fields_of(rfc8463_header + "\r\n", rfc8463_body, keys);
    for (const std::size_t piece : {1, 2, 3, 7}) {
        CHECK(signed_fields_of(rfc8463_header + "\r\n", rfc8463_body, keys, piece) == fields);
    }
    DnsTable table = rfc8463_dns();
    const std::vector<DkimResult> results = verify_dkim(table, fields + rfc8463_header + "\r\n" + rfc8463_body);
    REQUIRE(results.size() == 2);
    CHECK(results[0].verdict == DkimVerdict::pass);
    CHECK(results[0].algorithm == "rsa-sha256");
    CHECK(results[0].selector == "test");
    CHECK(results[1].verdict == DkimVerdict::pass);
    CHECK(results[1].algorithm == "ed25519-sha256");
    CHECK(results[1].covers_from);
    for (const std::string_view line : lines_of(fields)) CHECK(line.size() <= 78);
}

TEST_CASE("of what is signed, nothing can be added, taken away or changed") {
    const std::string fields =
        signed_fields_of(rfc8463_header + "\r\n", rfc8463_body, {signing_key(rfc8463_ed25519_key, "brisbane")});
    const auto verdict = [&fields](const std::string& header, const std::string& body) {
        DnsTable table = rfc8463_dns();
        return verify_dkim(table, fields + header + "\r\n" + body).at(0).verdict;
    };
    CHECK(verdict(rfc8463_header, rfc8463_body) == DkimVerdict::pass);
    CHECK(verdict("Received: from b\r\n" + rfc8463_header + "X-Seen: y\r\n", rfc8463_body) == DkimVerdict::pass);
    for (const std::string_view name : {"From", "To", "Subject", "Date", "Message-ID"}) {
        const std::string added = std::string(name) + ": added\r\n";
        CHECK(verdict(added + rfc8463_header, rfc8463_body) == DkimVerdict::fail);
        CHECK(verdict(rfc8463_header + added, rfc8463_body) == DkimVerdict::fail);
    }
    CHECK(verdict(rfc8463_header.substr(rfc8463_header.find('\n') + 1), rfc8463_body) == DkimVerdict::fail);
    CHECK(verdict(rfc8463_header, rfc8463_body + "more\r\n") == DkimVerdict::fail);
}

TEST_CASE("long lists of fields and long names are folded where they may be") {
    std::string header;
    for (int i = 0; i < 40; ++i) header += "References: <" + std::to_string(i) + "@example.com>\r\n";
    const DkimPrivateKey key = DkimPrivateKey::read(rfc8463_ed25519_key).value();
    const std::string label(63, 'x');
    const std::string domain = label + "." + label + "." + label;
    const std::string fields = signed_fields_of(header, "", {{.key = key, .domain = domain, .selector = "brisbane"}});
    std::size_t longest = 0;
    for (const std::string_view line : lines_of(fields)) longest = std::max(longest, line.size());
    CHECK(longest == std::string("\td=;").size() + domain.size());  // which cannot be folded
    DnsTable table;
    table.add_txt("brisbane._domainkey." + domain, std::string(rfc8463_ed25519_record));
    CHECK(verify_dkim(table, fields + header + "\r\n").at(0).verdict == DkimVerdict::pass);
}

TEST_CASE("a message with more fields than are looked at is not signed") {
    std::string header = "From: a@example.com\r\n";
    for (std::size_t i = 1; i < mailauth::max_header_fields; ++i) header += "X:\r\n";
    const std::vector<DkimSigningKey> keys = {signing_key(rfc8463_ed25519_key, "brisbane")};
    CHECK(!signed_fields_of(header, "", keys).empty());
    CHECK(signed_fields_of(header + "X:\r\n", "", keys).empty());
}
