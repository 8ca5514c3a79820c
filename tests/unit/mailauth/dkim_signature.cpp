// RFC 6376 §3.5 and §6.1.1; RFC 8301 §3.1; RFC 8463 §3; RFC 8616 §5; ARC's: RFC 8617 §4.1.2, §4.1.3.
#include "protocols/mailauth/dkim_signature.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using mailauth::Canonicalization;
using mailauth::DkimAlgorithm;
using mailauth::DkimSignature;
using mailauth::SignatureKind;

namespace {

constexpr std::string_view hash_of_nothing = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

// A signature in which one tag is replaced, added, or (with "-" before its name) missing.
std::string signature_with(std::string_view change, SignatureKind kind = SignatureKind::dkim) {
    std::vector<std::pair<std::string, std::string>> tags = {
        {"a", "rsa-sha256"}, {"b", "YQ=="}, {"d", "example.com"}, {"s", "sel"}};
    if (kind == SignatureKind::dkim) tags.insert(tags.begin(), {"v", "1"});
    if (kind != SignatureKind::dkim) tags.emplace_back("i", "1");
    if (kind != SignatureKind::arc_seal) {
        tags.emplace_back("bh", hash_of_nothing);
        tags.emplace_back("h", "From:To");
    }
    const bool removes = change.starts_with('-');
    const std::string name(change.substr(removes ? 1 : 0, change.find('=') - (removes ? 1 : 0)));
    std::string text;
    bool found = change.empty();
    for (const auto& [tag, value] : tags) {
        const bool is_changed = tag == name && !change.empty();
        found = found || is_changed;
        if (is_changed && removes) continue;
        text += (text.empty() ? "" : "; ") + (is_changed ? std::string(change) : tag + "=" + value);
    }
    return found ? text : text + "; " + std::string(change);
}

// "verdict: reason", or "good".
std::string judged(std::string_view value, SignatureKind kind = SignatureKind::dkim) {
    const auto signature = mailauth::parse_dkim_signature(value, kind);
    if (signature) return "good";
    return std::string(to_string(signature.error().verdict)) + ": " + signature.error().reason;
}

}  // namespace

TEST_CASE("a signature's tags: what is good, and what is not") {
    struct Row {
        std::string change;
        std::string_view expected;
    };
    const std::vector<Row> rows = {
        {"", "good"},
        {"unknown=x", "good"},
        {"v=2", "neutral: v= is not 1"},
        {"v=1.0", "neutral: v= is not 1"},
        {"-v", "neutral: v= is not 1"},
        {"-a", "neutral: tag a is missing"},
        {"-b", "neutral: tag b is missing"},
        {"-bh", "neutral: tag bh is missing"},
        {"-d", "neutral: tag d is missing"},
        {"-h", "neutral: tag h is missing"},
        {"-s", "neutral: tag s is missing"},
        {"v=1; v=1", "neutral: tag v twice"},
        {"a=ed25519-sha256", "good"},
        {"a=rsa-sha1", "permerror: rsa-sha1 is no longer accepted"},
        {"a=rsa-sha512", "neutral: unknown algorithm in a="},
        {"a=RSA-SHA256", "neutral: unknown algorithm in a="},
        {"a=", "neutral: unknown algorithm in a="},
        {"b=", "neutral: b= is not base64"},
        {"b=YQ", "neutral: b= is not base64"},
        {"b=Y\r\n\tQ =\r\n =", "good"},
        {"b=Y(=", "neutral: b= is not base64"},
        {"bh=YQ==", "neutral: bh= is no SHA-256 hash in base64"},
        {"bh=" + std::string(hash_of_nothing.substr(0, 20)) + "\r\n " + std::string(hash_of_nothing.substr(20)),
         "good"},
        {"c=simple", "good"},
        {"c=relaxed", "good"},
        {"c=relaxed/simple", "good"},
        {"c=nowsp", "neutral: unknown canonicalization in c="},
        {"c=relaxed/nowsp", "neutral: unknown canonicalization in c="},
        {"c=relaxed/", "neutral: unknown canonicalization in c="},
        {"c=", "neutral: unknown canonicalization in c="},
        {"d=com", "neutral: d= is no domain name"},
        {"d=", "neutral: d= is no domain name"},
        {"d=example..com", "neutral: d= is no domain name"},
        {"d=example.com.", "neutral: d= is no domain name"},
        {"d=exa mple.com", "neutral: d= is no domain name"},
        {"d=" + std::string(64, 'x') + ".com", "neutral: d= is no domain name"},
        {"d=b\xc3\xbc"
         "cher.example",
         "good"},
        {"s=a.b_c-d", "good"},
        {"s=", "neutral: s= is no selector"},
        {"s=a b", "neutral: s= is no selector"},
        {"s=a..b", "neutral: s= is no selector"},
        {"h=To : FROM\r\n : x-1", "good"},
        {"h=To", "permerror: From is not signed"},
        {"h=", "neutral: h= is no list of field names"},
        {"h=From:", "neutral: h= is no list of field names"},
        {"h=From::To", "neutral: h= is no list of field names"},
        {"h=From To", "neutral: h= is no list of field names"},
        {"i=@example.com", "good"},
        {"i=joe@eng.Example.com", "good"},
        {"i=a=40b@x@example.com", "good"},
        {"i=j oe@exa\r\n mple.com", "good"},
        {"i=example.com", "neutral: i= is no identity"},
        {"i=joe@", "neutral: i= is no identity"},
        {"i=j=6foe@example.com", "neutral: i= is no identity"},  // lower-case hexadecimal
        {"i=j=4", "neutral: i= is no identity"},
        {"i==22j=20o=22@example.com", "good"},
        {"i=j=0D=0AX:y@example.com", "neutral: i= is no identity"},
        {"i=j=00@example.com", "neutral: i= is no identity"},
        {"i=j=FF@example.com", "neutral: i= is no identity"},
        {"i=" + std::string(500, 'j') + "@example.com", "good"},
        {"i=" + std::string(501, 'j') + "@example.com", "neutral: i= is no identity"},
        {"i=joe@example.org", "permerror: i= is outside of d="},
        {"i=joe@xexample.com", "permerror: i= is outside of d="},
        {"i=joe@com", "permerror: i= is outside of d="},
        {"l=0", "good"},
        {"l=" + std::string(76, '9'), "good"},
        {"l=" + std::string(77, '9'), "neutral: l= is no number"},
        {"l=", "neutral: l= is no number"},
        {"l=-1", "neutral: l= is no number"},
        {"l=1 0", "neutral: l= is no number"},
        {"q=dns/txt", "good"},
        {"q=x/y : dns/txt", "good"},
        {"q=x/y", "neutral: no known query method in q="},
        {"q=dns", "neutral: no known query method in q="},
        {"t=1117574938", "good"},
        {"t=", "neutral: t= is no number"},
        {"t=1e9", "neutral: t= is no number"},
        {"x=1117574938", "good"},
        {"x=soon", "neutral: x= is no number"},
        {"t=2; x=1", "neutral: x= is not after t="},
        {"t=2; x=2", "neutral: x= is not after t="},
        {"t=2; x=3", "good"},
        {"z=From:foo@eng.example.net|To:joe@example.com|\r\n Subject:demo=20run", "good"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.change);
        CHECK(judged(signature_with(row.change)) == row.expected);
    }
    CHECK(judged("") == "neutral: no tag where one should be");
}

TEST_CASE("a signature's values, those by default among them") {
    const auto plain = mailauth::parse_dkim_signature(signature_with("")).value();
    CHECK(plain.algorithm == DkimAlgorithm::rsa_sha256);
    CHECK(plain.header_form == Canonicalization::simple);
    CHECK(plain.body_form == Canonicalization::simple);
    CHECK(plain.identity == "@example.com");
    CHECK(plain.body_limit == std::nullopt);
    CHECK(plain.signature == "a");
    const std::string text = "v=1; a=ed25519-sha256; b= Y\r\n\tQ==\r\n ; bh=" + std::string(hash_of_nothing) +
                             "; d=B\xc3\xbc"
                             "cher.Example; s=S1; c=relaxed/relaxed; h=From:from : TO; i=J=C3=A4 .x@mail.b\xc3\xbc"
                             "cher.example;"
                             "l=18446744073709551616; t=7; x=1" +
                             std::string(30, '0');
    const DkimSignature full = mailauth::parse_dkim_signature(text).value();
    CHECK(full.algorithm == DkimAlgorithm::ed25519_sha256);
    CHECK(full.written_signature == " Y\r\n\tQ==\r\n ");
    CHECK(full.domain == "xn--bcher-kva.example");
    CHECK(full.selector == "s1");
    CHECK(full.identity == "J\xc3\xa4.x@mail.xn--bcher-kva.example");
    CHECK(full.header_form == Canonicalization::relaxed);
    CHECK(full.body_form == Canonicalization::relaxed);
    CHECK(full.fields == std::vector<std::string>{"from", "from", "to"});
    CHECK(full.body_limit == 18446744073709551615U);
    CHECK(full.signed_at == 7U);
    CHECK(full.expires_at == 18446744073709551615U);
    CHECK(mailauth::parse_dkim_signature(signature_with("c=relaxed")).value().body_form == Canonicalization::simple);
}

TEST_CASE("h= has only so many names") {
    std::string names = "From";
    for (int i = 1; i < 1000; ++i) names += ":To";
    CHECK(judged(signature_with("h=" + names)) == "good");
    CHECK(judged(signature_with("h=" + names + ":To")) == "neutral: too many names in h=");
}

TEST_CASE("ARC's signatures: i= is the instance, no v=, a seal has nothing of the message") {
    struct Row {
        SignatureKind kind;
        std::string_view change;
        std::string_view expected;
    };
    const auto message = SignatureKind::arc_message;
    const auto seal = SignatureKind::arc_seal;
    for (const Row& row : std::vector<Row>{
             {message, "", "good"},
             {message, "v=2", "good"},
             {message, "h=To", "good"},
             {message, "h=", "good"},
             {message, "h=From::To", "good"},
             {message, "h=From To", "neutral: h= is no list of field names"},
             {message, "h=From:Arc-Seal", "neutral: h= names ARC-Seal"},
             {message, "-h", "neutral: tag h is missing"},
             {message, "-bh", "neutral: tag bh is missing"},
             {message, "-i", "neutral: i= is no instance"},
             {message, "i=50", "good"},
             {message, "i=0", "neutral: i= is no instance"},
             {message, "i=51", "neutral: i= is no instance"},
             {message, "i=+1", "neutral: i= is no instance"},
             {message, "i=1 0", "neutral: i= is no instance"},
             {message, "i=@example.com", "neutral: i= is no instance"},
             {seal, "", "good"},
             {seal, "h=From", "neutral: an ARC-Seal with h="},
             {seal, "a=rsa-sha1", "permerror: rsa-sha1 is no longer accepted"},
             {seal, "-d", "neutral: tag d is missing"},
             {seal, "t=", "neutral: t= is no number"},
         }) {
        CAPTURE(row.change);
        CHECK(judged(signature_with(row.change, row.kind), row.kind) == row.expected);
    }
}

TEST_CASE("without c=, DKIM is simple, and ARC relaxed") {
    const SignatureKind kind = SignatureKind::arc_message;
    const DkimSignature arc = mailauth::parse_dkim_signature(signature_with("", kind), kind).value();
    CHECK(arc.header_form == Canonicalization::relaxed);
    CHECK(arc.body_form == Canonicalization::relaxed);
    const DkimSignature chosen = mailauth::parse_dkim_signature(signature_with("c=relaxed", kind), kind).value();
    CHECK(chosen.body_form == Canonicalization::simple);
}

TEST_CASE("the names of a faulty signature are read as far as they can be, and never more than names") {
    const mailauth::DkimNames names = mailauth::dkim_names(" d= Example.COM ; ;b= AB\r\n CDEFGHIJ; s = s.1;a=x-1;;");
    CHECK(names.domain == "example.com");
    CHECK(names.selector == "s.1");
    CHECK(names.algorithm == "x-1");
    CHECK(names.signature_start == "ABCDEFGH");
    const mailauth::DkimNames none = mailauth::dkim_names("d=a b; s=\xff; a=x\r\n y; b=\"(");
    CHECK(none.domain.empty());
    CHECK(none.selector.empty());
    CHECK(none.algorithm.empty());
    CHECK(none.signature_start.empty());
}
