// What a domain publishes, and how it is written.
#include "server/zone/records.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "server/zone/text.h"

using namespace server;
using storage::DkimState;

namespace {

storage::DkimKey key(const char* selector, DkimState state, const std::string& public_key,
                     storage::DkimAlgorithm algorithm = storage::DkimAlgorithm::rsa) {
    return {.domain = "example.org",
            .selector = selector,
            .algorithm = algorithm,
            .state = state,
            .public_key = public_key,
            .private_key = {}};
}

zone::Facts usual() {
    zone::Facts facts;
    facts.domain = "example.org";
    facts.host = "mail.example.org";
    facts.addresses = {"192.0.2.1", "2001:db8::1"};
    facts.keys = {key("m1", DkimState::retired, "OLD"), key("m2", DkimState::signing, "NOW"),
                  key("m3", DkimState::published, "NEXT", storage::DkimAlgorithm::ed25519),
                  key("m0", DkimState::withdrawn, "GONE")};
    facts.sts_id = "20261130T170000";
    facts.certificate_key = std::string("\x00\xff\x10", 3);
    facts.authorities = {"letsencrypt.org"};
    return facts;
}

bool has_line(const std::string& text, const std::string& line) { return ("\n" + text).contains("\n" + line + "\n"); }

}  // namespace

TEST_CASE("while a key is announced, its TLSA record stands beside the present one's (RFC 7671 §8.1)") {
    zone::Facts facts = usual();
    facts.next_certificate_key = "\x01\x02";
    const std::string text = zone::zone_file(zone::records_of(facts));
    CHECK(has_line(text, "_25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 00ff10"));
    CHECK(has_line(text, "_25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 0102"));
}

TEST_CASE("the policy's record says what its mode means") {
    zone::Facts facts = usual();
    const auto purpose = [&](sts::Mode mode) {
        facts.sts_mode = mode;
        const auto records = zone::records_of(facts);
        return std::ranges::find(records, "_mta-sts.example.org", &zone::Record::name)->purpose;
    };
    CHECK(purpose(sts::Mode::enforce).contains("by TLS alone"));
    CHECK(purpose(sts::Mode::testing).contains("sends all the same"));
    CHECK(purpose(sts::Mode::none).contains("takes back"));
}

TEST_CASE("a domain's records as a zone file: one a line, absolute names") {
    CHECK(zone::zone_file(zone::records_of(usual())) ==
          "example.org. 3600 IN MX 10 mail.example.org.\n"
          "mail.example.org. 3600 IN A 192.0.2.1\n"
          "mail.example.org. 3600 IN AAAA 2001:db8::1\n"
          "mail.example.org. 3600 IN TXT \"v=spf1 a -all\"\n"
          "_25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 00ff10\n"
          "mail.example.org. 3600 IN CAA 0 issue \"letsencrypt.org\"\n"
          "example.org. 3600 IN TXT \"v=spf1 mx -all\"\n"
          "m1._domainkey.example.org. 3600 IN TXT \"v=DKIM1; k=rsa; p=OLD\"\n"
          "m2._domainkey.example.org. 3600 IN TXT \"v=DKIM1; k=rsa; p=NOW\"\n"
          "m3._domainkey.example.org. 3600 IN TXT \"v=DKIM1; k=ed25519; p=NEXT\"\n"
          "_dmarc.example.org. 3600 IN TXT \"v=DMARC1; p=quarantine; rua=mailto:postmaster@example.org\"\n"
          "_mta-sts.example.org. 3600 IN TXT \"v=STSv1; id=20261130T170000\"\n"
          "mta-sts.example.org. 3600 IN CNAME mail.example.org.\n"
          "_smtp._tls.example.org. 3600 IN TXT \"v=TLSRPTv1; rua=mailto:postmaster@example.org\"\n"
          "_submissions._tcp.example.org. 3600 IN SRV 0 1 465 mail.example.org.\n"
          "_submission._tcp.example.org. 3600 IN SRV 10 1 587 mail.example.org.\n"
          "_imaps._tcp.example.org. 3600 IN SRV 0 1 993 mail.example.org.\n"
          "_pop3s._tcp.example.org. 3600 IN SRV 10 1 995 mail.example.org.\n"
          "_imap._tcp.example.org. 3600 IN SRV 0 0 0 .\n"
          "_pop3._tcp.example.org. 3600 IN SRV 0 0 0 .\n"
          "autoconfig.example.org. 3600 IN CNAME mail.example.org.\n"
          "autodiscover.example.org. 3600 IN CNAME mail.example.org.\n");
}

TEST_CASE("a host elsewhere has its own zone; a domain may be its own host; a closed door is announced as such") {
    zone::Facts facts = usual();
    facts.host = "mail.badexample.org";  // not below example.org
    facts.doors = {.submission = 0, .pop3s = 0, .https = false};
    facts.sts_id.clear();
    const std::string elsewhere = zone::zone_file(zone::records_of(facts));
    CHECK(has_line(elsewhere, "example.org. 3600 IN MX 10 mail.badexample.org."));
    CHECK(has_line(elsewhere, "_pop3s._tcp.example.org. 3600 IN SRV 0 0 0 ."));
    CHECK(has_line(elsewhere, "_submission._tcp.example.org. 3600 IN SRV 0 0 0 ."));
    for (const char* other : {" A ", "AAAA", "TLSA", "CAA", "CNAME", "sts"}) CHECK_FALSE(elsewhere.contains(other));

    facts.domain.clear();
    CHECK(zone::zone_file(zone::records_of(facts)) ==
          "mail.badexample.org. 3600 IN A 192.0.2.1\n"
          "mail.badexample.org. 3600 IN AAAA 2001:db8::1\n"
          "mail.badexample.org. 3600 IN TXT \"v=spf1 a -all\"\n"
          "_25._tcp.mail.badexample.org. 3600 IN TLSA 3 1 1 00ff10\n"
          "mail.badexample.org. 3600 IN CAA 0 issue \"letsencrypt.org\"\n");

    facts.domain = facts.host = "example.org";
    const std::vector<zone::Record> both = zone::records_of(facts);
    const auto is_spf = [](const zone::Record& record) {
        const auto* text = std::get_if<zone::Text>(&record.data);
        return text != nullptr && text->text.starts_with("v=spf1");
    };
    CHECK(std::ranges::count_if(both, is_spf) == 1);  // two would be none (RFC 7208 §3.2)
}

TEST_CASE("long and strange texts: strings of at most 255 octets, and nothing that ends them") {
    using zone::presentation;
    CHECK(presentation(zone::Text{""}) == "\"\"");
    CHECK(presentation(zone::Text{std::string(255, 'a')}) == "\"" + std::string(255, 'a') + "\"");
    CHECK(presentation(zone::Text{std::string(256, 'a')}) == "\"" + std::string(255, 'a') + "\" \"a\"");
    CHECK(presentation(zone::Text{std::string(600, 'b')}) ==
          "\"" + std::string(255, 'b') + "\" \"" + std::string(255, 'b') + "\" \"" + std::string(90, 'b') + "\"");
    CHECK(presentation(zone::Text{"a\"b\\c\n\xc3\xa9"}) == R"("a\"b\\c\010\195\169")");
    CHECK(presentation(zone::Srv{}) == "0 0 0 .");
}

TEST_CASE("records in messages") {
    using zone::rdata;
    using namespace std::string_literals;
    CHECK(rdata(zone::Address{"192.0.2.1"}) == "\xc0\0\2\1"s);
    CHECK(rdata(zone::Address{"2001:db8::1"}) == "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"s);
    CHECK(rdata(zone::Mx{258, "a.b"}) == "\1\2\1a\1b\0"s);
    CHECK(rdata(zone::Text{std::string(256, 'a')}) == "\xff" + std::string(255, 'a') + "\1a");
    CHECK(rdata(zone::Text{""}) == "\0"s);
    CHECK(rdata(zone::Cname{"a"}) == "\1a\0"s);
    CHECK(rdata(zone::Srv{1, 2, 993, "a"}) == "\0\1\0\2\3\xe1\1a\0"s);
    CHECK(rdata(zone::Caa{"issue", "x.y"}) == "\0\5issuex.y"s);
    CHECK(rdata(zone::Tlsa{3, 1, 1, "ab"}) == "\3\1\1ab"s);
    CHECK(zone::type_number_of(zone::Caa{}) == 257);
    CHECK(zone::type_number_of(zone::Address{"::1"}) == 28);
    CHECK(zone::type_of(zone::Tlsa{}) == "TLSA");
}

TEST_CASE("the table for web forms: names without the domain, priorities apart, texts whole and bare") {
    zone::Facts facts = usual();
    facts.keys = {key("m2", DkimState::signing, std::string(300, 'K'))};
    const std::string table = zone::table(zone::records_of(facts), facts.domain);
    CHECK(table.starts_with("Type  "));
    CHECK(std::ranges::count(table, '\n') == 1 + std::ptrdiff_t(zone::records_of(facts).size()));
    CHECK(table.contains("v=DKIM1; k=rsa; p=" + std::string(300, 'K') + "\n"));
    CHECK_FALSE(table.contains('"' + std::string("v=")));
    CHECK(table.contains("\nMX     @  "));
    CHECK(table.contains(" 1 465 mail.example.org.\n"));
    CHECK(table.contains("\nTXT    m2._domainkey  "));
}
