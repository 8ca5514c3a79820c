// DMARC Policy Records: the grammar of RFC 9989 §4.8, and what the tags mean, §4.7.
#include "protocols/mailauth/dmarc_record.h"

#include <doctest/doctest.h>

#include <string>

using mailauth::DmarcPolicy;
using mailauth::DmarcPsd;
using mailauth::parse_dmarc_record;

TEST_CASE("DMARC records begin with their version, RFC 9989 §4.7") {
    for (const std::string& text : {"v=DMARC1", "v=DMARC1;", "v = DMARC1 ; p=none", "V=DMARC1;p=none", "v=DMARC1\t;"}) {
        CAPTURE(text);
        CHECK(parse_dmarc_record(text).has_value());
    }
    for (const std::string& text :
         {"", "v=DMARC", "v=dmarc1; p=none", "v=DMARC10; p=none", "p=none; v=DMARC1", " v=DMARC1", ";v=DMARC1",
          "v=DMARC1 p=none", "v=spf1 -all", "DMARC1; p=none", "vv=DMARC1"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_dmarc_record(text).has_value());
    }
}

TEST_CASE("DMARC records: all tags") {
    const auto record = parse_dmarc_record(
        "v=DMARC1; p=Reject ;SP = quarantine; np=none; adkim=s; aspf=S; psd=y; t=y; fo=1:d:s; "
        "rua=mailto:a@example.org!10m , https://example.org/r; ruf=mailto:b@example.org; pct=50; rf=afrf; ri=86400; "
        "x-y=z;");
    REQUIRE(record.has_value());
    CHECK(record->policy == DmarcPolicy::reject);
    CHECK(record->subdomains == DmarcPolicy::quarantine);
    CHECK(record->non_existent == DmarcPolicy::none);
    CHECK_FALSE(record->has_faulty_policy);
    CHECK(record->strict_dkim);
    CHECK(record->strict_spf);
    CHECK(record->psd == DmarcPsd::yes);
    CHECK(record->is_testing);
    CHECK(record->failure_options == "1:d:s");
    CHECK(record->aggregate_reports == std::vector<std::string>{"mailto:a@example.org", "https://example.org/r"});
    CHECK(record->failure_reports == std::vector<std::string>{"mailto:b@example.org"});
}

TEST_CASE("DMARC records: defaults, also where a value is wrong, RFC 9989 §4.8") {
    for (const std::string& text :
         {"v=DMARC1; p=none", "v=DMARC1; p=none; adkim=x; aspf=; psd=maybe; t=yes; fo=2; rua=; ruf",
          "v=DMARC1; p=none; adkim=s; adkim=s; t=y; t=n; psd=y; psd=y", "v=DMARC1;; p=none; = ; ;=s; adkim",
          "v=DMARC1; p=none; fo=0:1; psd=u", "v=DMARC1; p=none; fo=d:d"}) {
        CAPTURE(text);
        const auto record = parse_dmarc_record(text);
        REQUIRE(record.has_value());
        CHECK(record->policy == DmarcPolicy::none);
        CHECK_FALSE(record->has_faulty_policy);
        CHECK_FALSE(record->strict_dkim);
        CHECK_FALSE(record->strict_spf);
        CHECK_FALSE(record->is_testing);
        CHECK(record->psd == DmarcPsd::unknown);
        CHECK(record->failure_options == "0");
        CHECK(record->aggregate_reports.empty());
        CHECK_FALSE(record->subdomains.has_value());
    }
    CHECK(parse_dmarc_record("v=DMARC1; psd=n")->psd == DmarcPsd::no);
}

TEST_CASE("DMARC records: faulty policies, RFC 9989 §4.10.1") {
    for (const std::string& text :
         {"v=DMARC1", "v=DMARC1; p=", "v=DMARC1; p=deny", "v=DMARC1; sp=reject", "v=DMARC1; p=none; sp=deny",
          "v=DMARC1; p=none; np=", "v=DMARC1; p=none; p=reject", "v=DMARC1; p=none reject"}) {
        CAPTURE(text);
        CHECK(parse_dmarc_record(text)->has_faulty_policy);
    }
}

TEST_CASE("DMARC records: report URIs, RFC 9989 §4.6 and §4.8") {
    const auto uris = [](const std::string& value) {
        return parse_dmarc_record("v=DMARC1; p=none; rua=" + value)->aggregate_reports;
    };
    for (const std::string& uri : {"mailto:a@example.org", "MAILTO:a@b", "mailto:a@b?subject=x", "x-y+z.1:q"}) {
        CHECK(uris(uri) == std::vector{uri});
    }
    for (const std::string& text :
         {"a@example.org", "mailto:", "mailto:example.org", "mailto:@b", "mailto:a@", ":a", "1a:b", "mailto:a b@c",
          "mailto:a<b@c", "mailto:a@\xc3\xbc", "mailto:a?x=@b", "", ",", "!10m"}) {
        CAPTURE(text);
        CHECK(uris(text).empty());
    }
    std::string many;
    for (int i = 0; i < 30; ++i) many += "mailto:a@example.org,";
    CHECK(uris(many).size() == mailauth::max_report_uris);
}

TEST_CASE("DMARC policies have the RFC's words") {
    CHECK(mailauth::to_string(DmarcPolicy::none) == "none");
    CHECK(mailauth::to_string(DmarcPolicy::quarantine) == "quarantine");
    CHECK(mailauth::to_string(DmarcPolicy::reject) == "reject");
}
