// Trace fields, and header sections of incoming messages. RFC 5321 §4.4, RFC 6409 §8.
#include <doctest/doctest.h>

#include "server/delivery/intake/header_section.h"
#include "server/delivery/intake/routing.h"
#include "server/delivery/trace.h"

using namespace server::delivery;

namespace {

services::IntakeEnvelope envelope() {
    services::IntakeEnvelope given;
    given.client_address = "192.0.2.7";
    given.client_name = "crepes.fr";
    given.protocol = "ESMTPS";
    given.tls = "TLSv1.3 TLS_AES_128_GCM_SHA256";
    given.reverse_path = "alice@crepes.fr";
    given.recipients.resize(1);
    given.recipients[0].recipient.address = "bob@hamburger.edu";
    return given;
}

const TraceFacts facts{"mail.hamburger.edu", "abc123", 784111777};  // RFC 9110 §5.6.7: Sun, 06 Nov 1994 08:49:37 GMT

// The collected section of content that comes in pieces of n octets.
struct Collected {
    std::string section;
    std::string rest;
    bool complete;
    bool too_large;
    bool operator==(const Collected&) const = default;
};
Collected collect(std::string_view content, std::size_t n, std::size_t most = 1000) {
    HeaderCollector collector(most);
    std::string rest;
    for (std::size_t at = 0; at < content.size(); at += n) {
        const std::string_view piece = content.substr(at, n);
        rest += piece.substr(collector.take(piece));
    }
    const bool complete = collector.complete();
    collector.finish();
    return {collector.section(), collector.body_start() + rest, complete, collector.too_large()};
}

}  // namespace

TEST_CASE("Received") {
    CHECK(received_field(envelope(), facts) ==
          "Received: from crepes.fr ([192.0.2.7])\r\n"
          "\tby mail.hamburger.edu (Mailstead) with ESMTPS\r\n"
          "\t(TLSv1.3 TLS_AES_128_GCM_SHA256)\r\n"
          "\tid abc123 for <bob@hamburger.edu>;\r\n"
          "\tSun, 6 Nov 1994 08:49:37 +0000\r\n");

    SUBCASE("several recipients are not told of each other: RFC 5321 §7.2") {
        auto given = envelope();
        given.recipients.resize(2);
        CHECK(received_field(given, facts).find(" for ") == std::string::npos);
    }
    SUBCASE("an IPv6 client, no TLS") {
        auto given = envelope();
        given.client_address = "2001:db8::1";
        given.client_name = "[IPv6:2001:db8::1]";
        given.tls.clear();
        CHECK(received_field(given, facts)
                  .starts_with("Received: from [IPv6:2001:db8::1] ([IPv6:2001:db8::1])\r\n\tby mail.hamburger.edu "
                               "(Mailstead) with "
                               "ESMTPS\r\n\tid abc123"));
    }
    SUBCASE("what a client says of itself cannot add a field or a comment") {
        for (const char* name : {"x\r\nSubject: hi", "a b", "a)b", "(", "", "\xc3\xa9", "a;b"}) {
            CAPTURE(name);
            auto given = envelope();
            given.client_name = name;
            CHECK(received_field(given, facts).starts_with("Received: from unknown ([192.0.2.7])\r\n"));
        }
    }
    SUBCASE("UTF-8 where SMTPUTF8 was asked for: RFC 6531 §3.7.3") {
        auto given = envelope();
        given.recipients[0].recipient.address = "b\u00f6b@hamburger.edu";
        CHECK(received_field(given, facts).find(" for ") == std::string::npos);
        given.smtputf8 = true;
        CHECK(received_field(given, facts).find(" for <b\u00f6b@hamburger.edu>;") != std::string::npos);
        given.recipients[0].recipient.address = "bob@m\u00fcnchen.test";
        CHECK(received_field(given, facts).find(" for <bob@xn--mnchen-3ya.test>;") != std::string::npos);
    }
}

TEST_CASE("Return-Path") {
    CHECK(return_path_field("alice@crepes.fr") == "Return-Path: <alice@crepes.fr>\r\n");
    CHECK(return_path_field("") == "Return-Path: <>\r\n");
    CHECK(return_path_field("a\r\nX: y") == "Return-Path: <>\r\n");
    CHECK(return_path_octets("Return-Path: <a@b>\r\nReceived: x") == 20);
    CHECK(return_path_octets("Received: x\r\nReturn-Path: <a@b>\r\n") == 0);
    CHECK(return_path_octets("Return-Path: <a@b>") == 0);
}

TEST_CASE("a header section is found however the content is cut") {
    const struct {
        std::string_view content;
        std::string_view section;
        bool complete;
    } rows[] = {
        {"A: 1\r\nB: 2\r\n\r\nbody\r\n", "A: 1\r\nB: 2\r\n\r\n", true},
        {"A: 1\r\n folded\r\n\r\n\r\nbody", "A: 1\r\n folded\r\n\r\n", true},
        {"\r\nbody\r\n", "\r\n", true},
        {"A: 1\r\n", "A: 1\r\n", false},
        {"", "", false},
        // No header at all: known from the second line, or at the end.
        {"Do you like ketchup?\r\nHow about: pickles?\r\n", "", true},
        {" indented\r\n\r\nx", "", true},
        {"Do you like ketchup?", "", false},
        {"A: 1\r\nno blank line\r\nx: y\r\nz", "A: 1\r\nno blank line\r\nx: y\r\n", false},
        {"A: 1\r\nno blank line\r\n\r\nx: y\r\n", "A: 1\r\n", true},
        {"A: 1\r\n--b\r\nx: y\r\n", "A: 1\r\n", true},
        // Lines that are not fields, between and before fields: mime skips them.
        {"A: 1\r\nnonsense\r\nB: 2\r\n\r\nx", "A: 1\r\nnonsense\r\nB: 2\r\n\r\n", true},
        {"nonsense\r\nB: 2\r\n\r\nx", "nonsense\r\nB: 2\r\n\r\n", true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.content);
        for (std::size_t n = 1; n <= row.content.size() + 1; ++n) {
            const Collected got = collect(row.content, n);
            CHECK(got.section == row.section);
            CHECK(got.section + got.rest == row.content);
            CHECK(got.complete == row.complete);
            CHECK_FALSE(got.too_large);
            CHECK(got.section.size() == mime::header_section_octets(row.content));
        }
    }
    // An mbox line does not belong to the message.
    for (std::size_t n = 1; n < 40; ++n) {
        const Collected got = collect("From bob Mon Jan  1\r\nA: 1\r\n\r\nx", n);
        CHECK(got.section == "A: 1\r\n\r\n");
        CHECK(got.rest == "x");
    }
}

TEST_CASE("a header section over the limit is cut there, and said to be") {
    for (std::size_t n = 1; n < 30; ++n) {
        const Collected got = collect("Subject: very long\r\n\r\nbody", n, 10);
        CHECK(got.section == "Subject: v");
        CHECK(got.rest == "ery long\r\n\r\nbody");
        CHECK(got.too_large);
    }
}

TEST_CASE("what is in a header section") {
    using Values = std::vector<std::string_view>;
    const HeaderFacts found = examine_header(
        "Received: a\r\nreceived: b\r\nFrom: Alice <alice@crepes.fr>,\r\n \"B. B\" <\"b b\"@x.org>\r\n"
        "Date: today\r\nSender: <s@x.org>\r\n\r\n");
    CHECK(found.received == 2);
    CHECK(found.fields == 5);
    CHECK(found.date == Values{" today"});
    CHECK_FALSE(found.message_id);
    CHECK(found.from == Values{" Alice <alice@crepes.fr>,\r\n \"B. B\" <\"b b\"@x.org>"});
    CHECK(found.sender == Values{" <s@x.org>"});
    CHECK_FALSE(found.resent());

    const HeaderFacts resent = examine_header("From: a@x\r\nResent-From: b@x\r\nFrom:\r\nMessage-Id: <1@x>\r\n\r\n");
    CHECK(resent.resent());
    CHECK(resent.message_id);
    CHECK(resent.from == Values{" a@x", ""});
    CHECK(resent.resent_from == Values{" b@x"});
}

TEST_CASE("fields are taken out with their folds, the rest is untouched") {
    CHECK(without_fields("A: 1\r\nBcc: x@y,\r\n z@y\r\nB:2\r\nbcc: q\r\n\r\n", {"Bcc"}) == "A: 1\r\nB:2\r\n\r\n");
    CHECK(without_fields("A: 1\r\n\r\n", {"Bcc"}) == "A: 1\r\n\r\n");
    CHECK(without_fields("Bcc: x", {"Bcc"}) == "");
    CHECK(without_fields("", {"Bcc"}) == "");
}

TEST_CASE("each mailbox and each forward-path once") {
    services::IntakeEnvelope given = envelope();
    given.recipients.resize(3);
    for (auto& recipient : given.recipients) recipient.recipient.ours = true;
    const storage::ResolvedRecipient::Local bob{{1}, {10}, "bob@hamburger.edu", ""};
    given.recipients[0].recipient.destinations = storage::ResolvedRecipient{.local = {bob}};
    given.recipients[1].recipient.destinations =
        storage::ResolvedRecipient{.local = {bob, {{2}, {20}, "eve@hamburger.edu", ""}}, .remote = {"x@far.org"}};
    given.recipients[2].recipient = {"X@far.org", false, {}};
    given.envelope_id = "env";
    storage::Acceptance acceptance;
    add_targets(acceptance, given, {}, {});
    REQUIRE(acceptance.local.size() == 2);
    CHECK(acceptance.local[0].mailbox == storage::MailboxId{10});
    CHECK(acceptance.local[1].mailbox == storage::MailboxId{20});
    CHECK_FALSE(acceptance.remote);
    REQUIRE(acceptance.forwards.size() == 1);
    REQUIRE(acceptance.forwards[0].recipients.size() == 1);
    CHECK(acceptance.forwards[0].recipients[0].forward_path == "x@far.org");
    CHECK(acceptance.forwards[0].reverse_path == "alice@crepes.fr");
    CHECK(acceptance.forwards[0].envelope_id == "env");
}
