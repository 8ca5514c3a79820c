// RFC 6376 §6.1, Appendix A; RFC 8463 Appendix A; verdicts: RFC 8601 §2.7.1.
#include "protocols/mailauth/dkim_verifier.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/base/base64.h"
#include "protocols/mailauth/dkim_private_key.h"
#include "protocols/mailauth/dkim_sha256.h"
#include "tests/unit/mailauth/dkim_messages.h"

using mailauth::DkimResult;
using mailauth::DkimVerdict;

namespace {

constexpr std::int64_t noon = 1'700'000'000;

// Signs as nobody should: with any tags. The tags' text has no bh= and no b=. Ed25519, key of RFC 8463 §A.1.
std::string signature_field(const std::string& tags, std::string_view header, std::string_view body) {
    static const mailauth::DkimPrivateKey key = mailauth::DkimPrivateKey::read(rfc8463_ed25519_key).value();
    const std::string unfinished = "DKIM-Signature: " + tags + "; bh=" + std::string(43, 'A') + "=; b=YQ==";
    const std::string draft = unfinished.substr(std::string("DKIM-Signature:").size());
    mailauth::DkimSignature signature;
    if (const auto parsed = mailauth::parse_dkim_signature(draft)) signature = parsed.value();
    mailauth::BodyHashes hashes;
    hashes.want(signature.body_form, signature.body_limit);
    hashes.feed(body);
    hashes.finish();
    const std::string body_hash = hashes.hash(signature.body_form, signature.body_limit).digest;
    const std::string field = "DKIM-Signature: " + tags + "; bh=" + base::encode_base64(body_hash) + "; b=";
    mailauth::Sha256 hash;
    mailauth::hash_fields(hash, mailauth::HeaderFields(header), signature.fields, signature.header_form);
    std::string own;
    mailauth::append_canonical_field(own, field, signature.header_form);
    hash.update(std::string_view(own).substr(0, own.size() - 2));
    return field + base::encode_base64(key.sign(hash.digest())) + "\r\n";
}

const std::string plain_tags = "v=1; a=ed25519-sha256; d=example.com; s=sel; h=From:Subject";
const std::string plain_header = "From: a@example.com\r\nSubject: Hi\r\n";
const std::string plain_body = "Hello\r\n";

DnsTable plain_dns() {
    DnsTable table;
    table.add_txt("sel._domainkey.example.com", std::string(rfc8463_ed25519_record));
    return table;
}

std::string plain_message(const std::string& tags) {
    return signature_field(tags, plain_header, plain_body) + plain_header + "\r\n" + plain_body;
}

// "verdict", or "verdict: reason", of the only signature.
std::string judged(DnsTable table, std::string_view message) {
    const std::vector<DkimResult> results = verify_dkim(table, message, noon);
    REQUIRE(results.size() == 1);
    const std::string verdict(to_string(results[0].verdict));
    return results[0].reason.empty() ? verdict : verdict + ": " + results[0].reason;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("the RFCs' messages verify, wherever their bodies are cut") {
    DnsTable table = rfc8463_dns();
    table.add_txt("brisbane._domainkey.example.com", std::string(rfc6376_record));
    for (std::size_t piece = 1; piece < rfc8463_body.size() + 1; ++piece) {
        CAPTURE(piece);
        const std::vector<DkimResult> both = verify_dkim(table, rfc8463_message, rfc8463_time, piece);
        REQUIRE(both.size() == 2);
        CHECK(both[0].verdict == DkimVerdict::pass);
        CHECK(both[1].verdict == DkimVerdict::pass);
        const std::vector<DkimResult> one = verify_dkim(table, rfc6376_message, rfc8463_time, piece);
        REQUIRE(one.size() == 1);
        CHECK(one[0].verdict == DkimVerdict::pass);
    }
}

TEST_CASE("a result says who signed, with what, and what is odd about it") {
    DnsTable table = rfc8463_dns();
    table.add_txt("brisbane._domainkey.example.com", std::string(rfc6376_record));
    const DkimResult result = verify_dkim(table, rfc6376_message).at(0);
    CHECK(result.reason.empty());
    CHECK(result.domain == "example.com");
    CHECK(result.selector == "brisbane");
    CHECK(result.identity == "joe@football.example.com");
    CHECK(result.algorithm == "rsa-sha256");
    CHECK(result.signature_start == "AuUoFEfD");
    CHECK(result.key_bits == 1024);
    CHECK(result.covers_from);
    CHECK_FALSE(result.is_testing);
    CHECK(result.note() == "1024-bit key");
    const DkimResult ed25519 = verify_dkim(table, rfc8463_message).at(0);
    CHECK(ed25519.key_bits == 256);
    CHECK(ed25519.note().empty());
    CHECK(table.questions.at(0) == "TXT brisbane._domainkey.example.com");
}

TEST_CASE("the names of the keys that will be asked for, each once and not too many") {
    const std::string one =
        "DKIM-Signature: v=1; a=rsa-sha256; d=a.test; s=s1; h=From; bh=s14J+iztnrytnRYzb7lhFG/jS/vrxWJnnahfijFMnco=; "
        "b=YQ==\r\n";
    const std::string two =
        "DKIM-Signature: v=1; a=rsa-sha256; d=b.test; s=s2; h=From; bh=s14J+iztnrytnRYzb7lhFG/jS/vrxWJnnahfijFMnco=; "
        "b=YQ==\r\n";
    const std::string faulty = "DKIM-Signature: v=1; a=rsa-sha256; d=c.test; s=s3\r\n";
    mailauth::BodyHashes body;
    const mailauth::DkimVerifier verifier(mailauth::HeaderFields(one + faulty + one + two + "From: a@a.test\r\n\r\n"),
                                          body);
    CHECK(verifier.key_names(3) == std::vector<std::string>{"s1._domainkey.a.test", "s2._domainkey.b.test"});
    CHECK(verifier.key_names(1) == std::vector<std::string>{"s1._domainkey.a.test"});
}

TEST_CASE("what a change does to a signature") {
    const DnsTable table = plain_dns();
    const std::string relaxed = plain_message(plain_tags + "; c=relaxed/relaxed");
    const std::string simple = plain_message(plain_tags);
    CHECK(judged(table, relaxed) == "pass");
    CHECK(judged(table, simple) == "pass");
    CHECK(judged(table, replaced(relaxed, "From: a", "FROM :  a")) == "pass");
    CHECK(judged(table, replaced(simple, "From: a", "FROM :  a")) == "fail: the signature is not that of the header");
    CHECK(judged(table, relaxed + "\r\n\r\n") == "pass");
    CHECK(judged(table, simple + "\r\n\r\n") == "pass");
    CHECK(judged(table, replaced(relaxed, "Hello\r\n", "Hello \t\r\n")) == "pass");
    CHECK(judged(table, replaced(simple, "Hello\r\n", "Hello \t\r\n")) == "fail: the body was changed");
    CHECK(judged(table, relaxed + "x") == "fail: the body was changed");
    CHECK(judged(table, replaced(relaxed, "Hi", "Ho")) == "fail: the signature is not that of the header");
    CHECK(judged(table, replaced(relaxed, "Subject: Hi\r\n", "")) == "fail: the signature is not that of the header");
    CHECK(judged(table, replaced(relaxed, "; h=From", ";  h=From")) == "pass");
    CHECK(judged(table, replaced(relaxed, "; h=From", "; h=from")) == "fail: the signature is not that of the header");
}

TEST_CASE("of fields with one name, the lowest is signed first") {
    const std::string header = "Subject: 3\r\nFrom: a@example.com\r\nSubject: 2\r\nSubject: 1\r\n";
    const std::string tags = "v=1; a=ed25519-sha256; d=example.com; s=sel; h=From:Subject:Subject";
    const std::string field = signature_field(tags, header, "");
    CHECK(judged(plain_dns(), field + header + "\r\n") == "pass");
    CHECK(judged(plain_dns(), field + replaced(header, "Subject: 3\r\n", "") + "\r\n") == "pass");
    CHECK(judged(plain_dns(), field + replaced(header, "Subject: 3\r\n", "Subject: 4\r\n") + "\r\n") == "pass");
    CHECK(judged(plain_dns(), field + replaced(header, "Subject: 2\r\nSubject: 1\r\n", "Subject: 1\r\nSubject: 2\r\n") +
                                  "\r\n") == "fail: the signature is not that of the header");
}

TEST_CASE("a From that is added above the signed one shows") {
    DnsTable table = plain_dns();
    const std::string message = "From: ceo@example.com\r\n" + plain_message(plain_tags);
    const DkimResult result = verify_dkim(table, message, noon).at(0);
    CHECK(result.verdict == DkimVerdict::pass);  // RFC 6376 §5.4.2: the lowest From is the signed one
    CHECK_FALSE(result.covers_from);
    CHECK(result.note() == "not every From is signed");
    // Signed once more than there are, it cannot be added.
    const std::string over_signed = "v=1; a=ed25519-sha256; d=example.com; s=sel; h=From:From";
    CHECK(judged(table, plain_message(over_signed)) == "pass");
    CHECK(judged(table, "From: ceo@example.com\r\n" + plain_message(over_signed)) ==
          "fail: the signature is not that of the header");
}

TEST_CASE("t= and x= are held against the clock, with some allowance") {
    const auto at = [](std::int64_t time) { return std::to_string(time); };
    const DnsTable table = plain_dns();
    CHECK(judged(table, plain_message(plain_tags + "; t=" + at(noon + 300))) == "pass");
    CHECK(judged(table, plain_message(plain_tags + "; t=" + at(noon + 301))) == "policy: it was signed in the future");
    CHECK(judged(table, plain_message(plain_tags + "; x=" + at(noon - 300))) == "pass");
    CHECK(judged(table, plain_message(plain_tags + "; x=" + at(noon - 301))) == "policy: it has expired");
    CHECK(judged(table, plain_message(plain_tags + "; x=" + std::string(30, '9'))) == "pass");
    CHECK(judged(table, plain_message(plain_tags + "; t=" + std::string(30, '9'))) ==
          "policy: it was signed in the future");
}

TEST_CASE("l=: what comes after is not signed, and is counted") {
    DnsTable table = plain_dns();
    const std::string message = plain_message(plain_tags + "; c=relaxed/relaxed; l=5");
    const DkimResult result = verify_dkim(table, message + "more\r\n", noon).at(0);
    CHECK(result.verdict == DkimVerdict::pass);
    CHECK(result.unsigned_octets == 8);
    CHECK(result.note() == "8 octets of the body are not signed");
    CHECK(verify_dkim(table, plain_message(plain_tags + "; l=7"), noon).at(0).unsigned_octets == 0);
    CHECK(judged(table, replaced(plain_message(plain_tags + "; l=7"), "l=7", "l=8")) ==
          "fail: the body is shorter than l=");
}

TEST_CASE("keys: not there, not answered, forged, revoked, for tests, for one domain only") {
    const std::string message = plain_message(plain_tags + "; i=@example.com");
    const std::string below = plain_message(plain_tags + "; i=@mail.example.com");
    const auto with_record = [](std::string_view flags) {
        DnsTable table;
        table.add_txt("sel._domainkey.example.com", std::string(rfc8463_ed25519_record) + std::string(flags));
        return table;
    };
    CHECK(judged(DnsTable(), message) == "permerror: there is no key at sel._domainkey.example.com");
    DnsTable no_txt;
    no_txt.add_address("sel._domainkey.example.com", "192.0.2.1");
    CHECK(judged(no_txt, message) == "permerror: there is no key at sel._domainkey.example.com");
    DnsTable silent;
    silent.fail("sel._domainkey.example.com");
    CHECK(judged(silent, message) == "temperror: no answer for the key: no answer");
    DnsTable forged = plain_dns();
    forged.forge("sel._domainkey.example.com");
    CHECK(judged(forged, message) == "temperror: no answer for the key: a signature is wrong");
    DnsTable revoked;
    revoked.add_txt("sel._domainkey.example.com", "v=DKIM1; k=ed25519; p=");
    CHECK(judged(revoked, message) == "permerror: the key is revoked");
    CHECK(judged(with_record("; t=s"), message) == "pass");
    CHECK(judged(with_record("; t=s"), below) == "permerror: the key does not allow i= below d=");
    CHECK(judged(with_record(""), below) == "pass");
    DnsTable testing = with_record("; t=y");
    const DkimResult result = verify_dkim(testing, message, noon).at(0);
    CHECK(result.verdict == DkimVerdict::pass);
    CHECK(result.is_testing);
    CHECK(result.note() == "key for tests");
}

TEST_CASE("of several key records, one that fits is enough") {
    const std::string message = plain_message(plain_tags);
    const std::string other = "v=DKIM1; k=ed25519; p=" + base::encode_base64(std::string(32, 'x'));
    DnsTable table;
    table.add_txt("sel._domainkey.example.com", "v=spf1 -all").add_txt("sel._domainkey.example.com", other);
    CHECK(judged(table, message) != "pass");
    table.add_txt("sel._domainkey.example.com", std::string(rfc8463_ed25519_record));
    CHECK(judged(table, message) == "pass");
    DnsTable wrong_first;
    wrong_first.add_txt("sel._domainkey.example.com", std::string(other)).add_txt("sel._domainkey.example.com", "junk");
    CHECK(judged(wrong_first, message).starts_with("fail: "));
}

TEST_CASE("what is no signature is judged without the DNS, and its names are told if they can be read") {
    DnsTable table;
    const std::string message =
        "DKIM-Signature: v=1; a=rsa-sha1; d=example.com; s=sel; h=From; bh=" + std::string(43, 'A') + "=; b=YQ==\r\n" +
        "dkim-signature : garbage\r\n" + plain_header + "\r\n";
    const std::vector<DkimResult> results = verify_dkim(table, message, noon);
    REQUIRE(results.size() == 2);
    CHECK(results[0].verdict == DkimVerdict::permerror);
    CHECK(results[0].algorithm == "rsa-sha1");
    CHECK(results[0].domain == "example.com");
    CHECK(results[0].selector == "sel");
    CHECK(results[1].verdict == DkimVerdict::neutral);
    CHECK(results[1].domain.empty());
    CHECK(table.questions.empty());
    CHECK(verify_dkim(table, plain_header + "\r\n" + plain_body).empty());
}

TEST_CASE("only so many signatures are looked at, and only so many silent servers are waited for") {
    std::string signatures;
    DnsTable table;
    for (int i = 0; i < 12; ++i) {
        const std::string domain = "d" + std::to_string(i) + ".example";
        signatures += signature_field("v=1; a=ed25519-sha256; d=" + domain + "; s=sel; h=From", plain_header, "");
        table.fail("sel._domainkey." + domain);
    }
    const std::string header = signatures + plain_header;
    const mailauth::HeaderFields fields(header);
    mailauth::BodyHashes body;
    mailauth::DkimVerifier verifier(fields, body);
    CHECK(verifier.ignored() == 2);
    body.finish();
    const std::vector<DkimResult> results = run(verifier.finish(table, noon, body));
    REQUIRE(results.size() == 10);
    for (const DkimResult& result : results) CHECK(result.verdict == DkimVerdict::temperror);
    CHECK(results[9].domain == "d9.example");
    CHECK(table.questions.size() == 3);
}

TEST_CASE("silent servers of others keep no author's signature from being judged") {
    const auto of = [](const std::string& domain) {
        return signature_field("v=1; a=ed25519-sha256; d=" + domain + "; s=sel; h=From:Subject", plain_header,
                               plain_body);
    };
    const std::string message = of("one.test") + of("two.test") + of("three.test") + of("example.com") + plain_header;
    DnsTable table = plain_dns();
    for (const std::string other : {"one.test", "two.test", "three.test"}) table.fail("sel._domainkey." + other);
    for (const std::string author : {"Example.com", "news.example.com", "other.test"}) {
        mailauth::BodyHashes body;
        mailauth::DkimVerifier verifier(mailauth::HeaderFields(message), body);
        body.feed(plain_body);
        body.finish();
        for (const DkimResult& open : verifier.so_far()) CHECK(open.verdict == DkimVerdict::temperror);
        const std::vector<DkimResult> results = run(verifier.finish(table, noon, body, {author}));
        REQUIRE(results.size() == 4);
        CHECK(results[3].domain == "example.com");
        CHECK(results[3].verdict == (author == "other.test" ? DkimVerdict::temperror : DkimVerdict::pass));
        CHECK(results[0].verdict == DkimVerdict::temperror);
    }
}

TEST_CASE("a message with more fields than are looked at has no good signature") {
    std::string message = signature_field(plain_tags, plain_header, plain_body) + plain_header;
    for (std::size_t i = 3; i < mailauth::max_header_fields; ++i) message += "X:\r\n";
    CHECK(judged(plain_dns(), message + "\r\n" + plain_body) == "pass");
    CHECK(judged(plain_dns(), message + "X:\r\n\r\n" + plain_body) ==
          "permerror: the message has too many header fields");
}

TEST_CASE("internationalized mail: U-labels and unquoted UTF-8 in a signature") {
    const std::string tags =
        "v=1; a=ed25519-sha256; d=b\xc3\xbc"
        "cher.example; s=b\xc3\xbc"
        "cher; h=From; i=j\xc3\xa4@b\xc3\xbc"
        "cher.example";
    DnsTable table;
    table.add_txt("xn--bcher-kva._domainkey.xn--bcher-kva.example", std::string(rfc8463_ed25519_record));
    const DkimResult result = verify_dkim(table, plain_message(tags), noon).at(0);
    CHECK(result.reason == "");
    CHECK(result.verdict == DkimVerdict::pass);
    CHECK(result.domain == "xn--bcher-kva.example");
}

TEST_CASE("a key's name must fit into the DNS") {
    const std::string label(63, 'x');
    const std::string domain = label + "." + label + "." + label;
    const std::string tags = "v=1; a=ed25519-sha256; h=From; d=" + domain + "; s=" + label;
    CHECK(judged(DnsTable(), plain_message(tags)) == "permerror: the key's name is too long for the DNS");
}
