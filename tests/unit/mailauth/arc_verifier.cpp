// What a chain of ARC sets is worth. RFC 8617 §5.2. ValiMail's suite, which nothing packages, passes as well: 171
// tests, in three of which (the newest seal has cv=fail) it expects no result where the RFC has "fail".
#include "protocols/mailauth/arc_verifier.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/mailauth/arc_messages.h"

using mailauth::ArcResult;
using mailauth::ChainStatus;

namespace {

constexpr std::int64_t evening = 1'700'000'000;
const std::string sealed_header = "From: a@example.com\r\nSubject: Hi\r\n";
const std::string sealed_body = "Hello\r\n";

ArcResult verify_arc(dns::Source& source, const std::string& message, std::size_t piece = 4096) {
    const CutMessage cut = cut_message(message);
    const mailauth::HeaderFields fields(cut.header);
    mailauth::BodyHashes body;
    mailauth::ArcVerifier verifier(fields, body);
    for (std::size_t at = 0; at < cut.body.size(); at += piece) body.feed(cut.body.substr(at, piece));
    body.finish();
    return run(verifier.finish(source, evening, body));
}

// "status" or "status: reason".
std::string chain_of(DnsTable table, const std::string& message) {
    const ArcResult result = verify_arc(table, message);
    const std::string status(to_string(result.status));
    return result.reason.empty() ? status : status + ": " + result.reason;
}

std::string sealed(const std::vector<SealedSet>& sets) {
    return text_of_sets(sets) + sealed_header + "\r\n" + sealed_body;
}

// The text with one octet changed, in the middle of the part.
std::string damaged(std::string text, std::string_view part) {
    const std::size_t at = text.find(part);
    REQUIRE(at != std::string::npos);
    char& octet = text[at + part.size() / 2];
    octet = octet == 'x' ? 'y' : 'x';
    return text;
}

}  // namespace

TEST_CASE("a chain says who sealed it and what they found, and from where the message is unchanged") {
    DnsTable table = arc_dns(3);
    const ArcResult none = verify_arc(table, sealed_header + "\r\n" + sealed_body);
    CHECK(none.status == ChainStatus::none);
    CHECK(none.sets.empty());
    CHECK(table.questions.empty());
    const std::vector<SealedSet> sets = seal_chain(3, sealed_header, sealed_body);
    for (const std::size_t piece : {1, 2, 4096}) {
        const ArcResult result = verify_arc(table, sealed(sets), piece);
        CHECK(result.reason.empty());
        CHECK(result.status == ChainStatus::pass);
        CHECK(result.oldest_pass == 0);
        CHECK(result.covers_from);
        REQUIRE(result.sets.size() == 3);
        CHECK(result.sets[0].sealer == "s1.example");
        CHECK(result.sets[2].sealer == "s3.example");
        CHECK(result.sets[2].selector == "sel");
        CHECK(result.sets[2].message_domain == "s3.example");
        CHECK(result.sets[1].authentication_results == " s2.example; spf=pass");
    }
}

TEST_CASE("a forwarder that changes the message and seals it keeps the chain") {
    const std::vector<SealedSet> two = seal_chain(2, sealed_header, sealed_body);
    const std::string changed_body = sealed_body + "-- the list\r\n";
    std::vector<SealedSet> sets = two;
    sets.push_back(seal_set(sets, sealed_header, changed_body));
    sets.push_back(seal_set(sets, sealed_header, changed_body));
    DnsTable table = arc_dns(4);
    const ArcResult result = verify_arc(table, text_of_sets(sets) + sealed_header + "\r\n" + changed_body);
    CHECK(result.status == ChainStatus::pass);
    CHECK(result.oldest_pass == 3);
    // The header alone is changed: its hash differs, not the body's.
    sets = two;
    const std::string changed_header = "From: a@example.com\r\nSubject: [list] Hi\r\n";
    sets.push_back(seal_set(sets, changed_header, sealed_body));
    const ArcResult changed = verify_arc(table, text_of_sets(sets) + changed_header + "\r\n" + sealed_body);
    CHECK(changed.status == ChainStatus::pass);
    CHECK(changed.oldest_pass == 3);
}

TEST_CASE("one that changes the message and does not, breaks it") {
    const std::vector<SealedSet> sets = seal_chain(2, sealed_header, sealed_body);
    const DnsTable table = arc_dns(2);
    CHECK(chain_of(table, sealed(sets)) == "pass");
    CHECK(chain_of(table, sealed(sets) + "more\r\n") == "fail: ARC-Message-Signature of set 2: the body was changed");
    CHECK(chain_of(table, damaged(sealed(sets), "Hi")) ==
          "fail: ARC-Message-Signature of set 2: the signature is not that of the header");
}

TEST_CASE("whatever is changed in any set breaks the chain") {
    const std::vector<SealedSet> sets = seal_chain(3, sealed_header, sealed_body);
    const DnsTable table = arc_dns(3);
    for (std::size_t i = 0; i < sets.size(); ++i) {
        CAPTURE(i);
        CHECK(chain_of(table, damaged(sealed(sets), "s" + std::to_string(i + 1) + ".example; spf=pass"))
                  .starts_with("fail: ARC-Seal of set 3: "));
        const std::string signature = sets[i].message.substr(sets[i].message.find("; b="));
        CHECK(chain_of(table, damaged(sealed(sets), signature)).starts_with("fail: ARC-"));
        const std::string seal = sets[i].seal.substr(sets[i].seal.find("; b="));
        CHECK(chain_of(table, damaged(sealed(sets), seal)).starts_with("fail: ARC-Seal of set 3: "));
    }
}

TEST_CASE("a seal that is good for the last alone is not enough") {
    // Set 1 is forged, and set 2 seals it as it is: its own signatures hold.
    std::vector<SealedSet> sets = seal_chain(1, sealed_header, sealed_body);
    sets[0].results = damaged(sets[0].results, "pass");
    sets.push_back(seal_set(sets, sealed_header, sealed_body));
    CHECK(chain_of(arc_dns(2), sealed(sets)) == "fail: ARC-Seal of set 1: the signature is not that of the header");
}

TEST_CASE("keys that are missing or not answered for are final failures") {
    const std::vector<SealedSet> sets = seal_chain(2, sealed_header, sealed_body);
    DnsTable one = arc_dns(1);
    CHECK(chain_of(one, sealed(sets)) ==
          "fail: ARC-Message-Signature of set 2: there is no key at sel._domainkey.s2.example");
    one.fail("sel._domainkey.s2.example");
    CHECK(chain_of(one, sealed(sets)) == "fail: ARC-Message-Signature of set 2: no answer for the key: no answer");
}

TEST_CASE("the newest message signature has its time") {
    const auto with_time = [](const std::string& tag) {
        return sealed({seal_set({}, sealed_header, sealed_body, tag)});
    };
    CHECK(chain_of(arc_dns(1), with_time("x=1700000000; ")) == "pass");
    CHECK(chain_of(arc_dns(1), with_time("x=1600000000; ")) == "fail: ARC-Message-Signature of set 1: it has expired");
    CHECK(chain_of(arc_dns(1), with_time("t=1800000000; ")) ==
          "fail: ARC-Message-Signature of set 1: it was signed in the future");
}

TEST_CASE("a body that goes on beyond l=, and a From that was added, show") {
    const std::string message = sealed({seal_set({}, sealed_header, sealed_body, "l=7; ")}) + "more\r\n";
    DnsTable table = arc_dns(1);
    const ArcResult result = verify_arc(table, message);
    CHECK(result.status == ChainStatus::pass);
    CHECK(result.unsigned_octets == 6);
    const ArcResult added =
        verify_arc(table, "From: ceo@example.com\r\n" + sealed(seal_chain(1, sealed_header, sealed_body)));
    CHECK(added.status == ChainStatus::pass);
    CHECK_FALSE(added.covers_from);
}

TEST_CASE("a long chain: all seals are checked, and the newest ten message signatures") {
    const std::vector<SealedSet> sets = seal_chain(50, sealed_header, sealed_body);
    DnsTable table = arc_dns(50);
    const ArcResult result = verify_arc(table, sealed(sets));
    CHECK(result.status == ChainStatus::pass);
    CHECK(result.sets.size() == 50);
    CHECK(result.oldest_pass == 41);
    CHECK(table.questions.size() == 60);
}

TEST_CASE("a message with more fields than are looked at has no good chain") {
    std::string header = text_of_sets(seal_chain(1, sealed_header, sealed_body)) + sealed_header;
    for (std::size_t i = 0; i < mailauth::max_header_fields; ++i) header += "X:\r\n";
    CHECK(chain_of(arc_dns(1), header + "\r\n" + sealed_body) == "fail: the message has too many header fields");
}
