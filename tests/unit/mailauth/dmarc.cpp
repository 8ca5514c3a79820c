// DMARC: a table of messages and records, each row with the section of RFC 9989 that decides it.
#include "protocols/mailauth/dmarc.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/mailauth/dns_table.h"

using mailauth::DkimResult;
using mailauth::DkimVerdict;
using mailauth::DmarcPolicy;
using mailauth::DmarcResult;
using mailauth::DmarcVerdict;
using mailauth::SpfResult;
using mailauth::SpfVerdict;

namespace {

using Strings = std::vector<std::string>;

// "a.example p=none": a record at _dmarc.a.example with that behind "v=DMARC1; "; "a.example =text": the text as it is;
// "a.example !": no answer; "a.example ?": a forged one; "a.example *": the name itself exists.
DnsTable zone(const Strings& lines) {
    DnsTable table;
    for (const std::string& line : lines) {
        const std::size_t space = line.find(' ');
        const std::string name = line.substr(0, space);
        const std::string value = line.substr(space + 1);
        if (value == "!") {
            table.fail("_dmarc." + name);
        } else if (value == "?") {
            table.forge("_dmarc." + name);
        } else if (value == "*") {
            table.add_address(name, "192.0.2.1");
        } else {
            table.add_txt("_dmarc." + name, value.starts_with('=') ? value.substr(1) : "v=DMARC1; " + value);
        }
    }
    return table;
}

// "spf pass example.org", "dkim temperror example.org", any number of them.
DmarcResult judged(DnsTable& table, const Strings& from, const Strings& identifiers) {
    SpfResult spf;
    std::vector<DkimResult> dkim;
    for (const std::string& one : identifiers) {
        const std::string domain = one.substr(one.rfind(' ') + 1);
        const bool passes = one.contains(" pass ");
        const bool is_open = one.contains(" temperror ");
        if (one.starts_with("spf")) {
            spf.verdict = passes ? SpfVerdict::pass : is_open ? SpfVerdict::temperror : SpfVerdict::fail;
            spf.domain = domain;
        } else {
            dkim.push_back({.verdict = passes    ? DkimVerdict::pass
                                       : is_open ? DkimVerdict::temperror
                                                 : DkimVerdict::fail,
                            .domain = domain});
        }
    }
    return run(mailauth::evaluate_dmarc(table, from, spf, dkim));
}

struct Row {
    std::string section;  // of RFC 9989
    Strings records;
    std::string from;
    Strings identifiers;
    std::string expected;  // verdict and policy, and whose record: "fail reject example.org"
};

void check_rows(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.section);
        CAPTURE(row.from);
        for (const std::string& record : row.records) CAPTURE(record);
        DnsTable table = zone(row.records);
        const DmarcResult result = judged(table, {row.from}, row.identifiers);
        const std::string outcome = std::string(to_string(result.verdict)) + " " +
                                    std::string(to_string(result.policy)) +
                                    (result.record_domain.empty() ? "" : " " + result.record_domain);
        CHECK(outcome == row.expected);
        CHECK_FALSE(result.reason.empty());
        CHECK(result.reason == mailauth::printable(result.reason, 300));
    }
}

// The one Organizational Domain, and how many questions it took.
std::string organization(DnsTable& table, const std::string& domain) {
    return run(mailauth::find_organizational_domain(table, domain)).value_or("unknown");
}

}  // namespace

TEST_CASE("DMARC: which policy is found and applied") {
    check_rows({
        {"5.3.2", {}, "example.org", {"spf pass example.org"}, "none none"},
        {"5.3.5", {"example.org p=none"}, "example.org", {}, "fail none example.org"},
        {"5.3.5", {"example.org p=quarantine"}, "example.org", {}, "fail quarantine example.org"},
        {"5.3.5", {"example.org p=reject"}, "example.org", {}, "fail reject example.org"},
        {"5.3.5",
         {"example.org p=reject"},
         "example.org",
         {"spf fail example.org", "dkim fail example.org"},
         "fail reject example.org"},
        {"4.8", {"example.org P=REJECT"}, "example.org", {}, "fail reject example.org"},
        {"5.3.1", {"example.org p=reject"}, "EXAMPLE.org.", {}, "fail reject example.org"},
        {"5.3.1",
         {"xn--bcher-kva.example p=reject"},
         "b\xc3\xbc"
         "cher.example",
         {},
         "fail reject xn--bcher-kva.example"},
        {"4.10.1",
         {"example.org p=reject; sp=none", "mail.example.org p=quarantine"},
         "mail.example.org",
         {},
         "fail quarantine mail.example.org"},
        {"4.10.1", {"example.org p=reject"}, "mail.example.org", {}, "fail reject example.org"},
        {"4.10.1", {"example.org p=reject; sp=quarantine"}, "mail.example.org", {}, "fail quarantine example.org"},
        {"4.7 sp", {"example.org p=reject; sp=none"}, "example.org", {}, "fail reject example.org"},
        // The Organizational Domain's record holds, not that of a parent in between.
        {"4.10.1",
         {"example.org p=reject", "mail.example.org p=none"},
         "a.mail.example.org",
         {},
         "fail reject example.org"},
        // "np" holds where the domain does not exist, "sp" where it does.
        {"4.7 np", {"example.org p=none; np=reject"}, "no.example.org", {}, "fail reject example.org"},
        {"4.7 np",
         {"example.org p=none; np=reject", "yes.example.org *"},
         "yes.example.org",
         {},
         "fail none example.org"},
        {"4.7 np", {"example.org p=none; sp=quarantine; np=reject"}, "no.example.org", {}, "fail reject example.org"},
        {"4.7 np",
         {"example.org p=none; sp=quarantine; np=reject", "yes.example.org *"},
         "yes.example.org",
         {},
         "fail quarantine example.org"},
        {"4.7 np", {"example.org p=reject; sp=quarantine"}, "no.example.org", {}, "fail quarantine example.org"},
        {"4.7 np", {"example.org p=reject; np=none"}, "no.example.org", {}, "fail none example.org"},
        {"4.7 np", {"example.org p=quarantine; np=reject"}, "example.org", {}, "fail quarantine example.org"},
        // A name above one that exists does so, too.
        {"3.2.13",
         {"example.org p=none; np=reject", "a.yes.example.org *"},
         "yes.example.org",
         {},
         "fail none example.org"},
        // t=y: one level less.
        {"4.7 t", {"example.org p=reject; t=y"}, "example.org", {}, "fail quarantine example.org"},
        {"4.7 t", {"example.org p=quarantine; t=y"}, "example.org", {}, "fail none example.org"},
        {"4.7 t", {"example.org p=none; t=y"}, "example.org", {}, "fail none example.org"},
        {"4.7 t", {"example.org p=none; sp=reject; t=y"}, "mail.example.org", {}, "fail quarantine example.org"},
        {"4.7 t", {"example.org p=reject; t=n"}, "example.org", {}, "fail reject example.org"},
        // What RFC 9989 has removed is ignored.
        {"A.6", {"example.org p=reject; pct=0; rf=afrf; ri=3600"}, "example.org", {}, "fail reject example.org"},
    });
}

TEST_CASE("DMARC: records that are none, or faulty") {
    check_rows({
        {"4.10", {"example.org p=reject", "example.org p=none"}, "example.org", {}, "none none"},  // several
        {"4.10",
         {"example.org p=reject", "example.org =v=spf1 -all", "example.org =v=DMARC2; p=none"},
         "example.org",
         {},
         "fail reject example.org"},
        {"4.10",
         {"example.org p=reject", "mail.example.org p=none", "mail.example.org p=none"},
         "mail.example.org",
         {},
         "fail reject example.org"},
        {"4.7 v", {"example.org =p=reject; v=DMARC1"}, "example.org", {}, "none none"},
        {"4.7 v", {"example.org =v=dmarc1; p=reject"}, "example.org", {}, "none none"},
        {"4.10.1", {"example.org rua=mailto:a@example.org"}, "example.org", {}, "fail none example.org"},
        {"4.10.1", {"example.org p=deny; rua=mailto:a@example.org"}, "example.org", {}, "fail none example.org"},
        {"4.10.1",
         {"example.org p=reject; sp=deny; rua=mailto:a@example.org"},
         "example.org",
         {},
         "fail none example.org"},
        {"4.10.1",
         {"example.org p=reject; np=deny; rua=mailto:a@example.org"},
         "mail.example.org",
         {},
         "fail none example.org"},
        {"4.10.1",
         {"example.org p=deny; rua=mailto:a@example.org"},
         "example.org",
         {"spf pass example.org"},
         "pass none example.org"},
        {"4.10.1", {"example.org p=deny"}, "example.org", {"spf pass example.org"}, "permerror none example.org"},
        {"4.10.1", {"example.org p=deny; rua=nobody"}, "example.org", {}, "permerror none example.org"},
        // It is found all the same: no other is looked for.
        {"4.10.1",
         {"example.org p=reject", "mail.example.org p=deny"},
         "mail.example.org",
         {},
         "permerror none mail.example.org"},
        {"4.8",
         {"example.org p=reject; aspf=x; t=x; ;;=;"},
         "example.org",
         {"spf pass mail.example.org"},
         "pass none example.org"},
    });
}

TEST_CASE("DMARC: alignment") {
    const Strings relaxed = {"example.org p=reject"};
    const Strings strict = {"example.org p=reject; aspf=s; adkim=s"};
    check_rows({
        {"4.4.2", relaxed, "example.org", {"spf pass example.org"}, "pass none example.org"},
        {"4.4.1", relaxed, "example.org", {"dkim pass example.org"}, "pass none example.org"},
        {"3.2.10.1", relaxed, "example.org", {"spf pass bounces.example.org"}, "pass none example.org"},
        {"3.2.10.1", relaxed, "mail.example.org", {"dkim pass example.org"}, "pass none example.org"},
        {"3.2.10.1", relaxed, "a.example.org", {"dkim pass b.example.org"}, "pass none example.org"},
        {"3.2.10.1",
         relaxed,
         "example.org",
         {"spf pass example.com", "dkim pass badexample.org"},
         "fail reject example.org"},
        {"3.2.10.2", strict, "example.org", {"spf pass example.org"}, "pass none example.org"},
        {"3.2.10.2",
         strict,
         "example.org",
         {"spf pass a.example.org", "dkim pass a.example.org"},
         "fail reject example.org"},
        {"4.7 aspf",
         {"example.org p=reject; aspf=s"},
         "example.org",
         {"dkim pass a.example.org"},
         "pass none example.org"},
        {"4.7 adkim",
         {"example.org p=reject; adkim=s"},
         "example.org",
         {"spf pass a.example.org"},
         "pass none example.org"},
        {"4.7 adkim",
         {"example.org p=reject; adkim=s"},
         "example.org",
         {"dkim pass a.example.org"},
         "fail reject example.org"},
        // One of several suffices.
        {"4.4.1",
         relaxed,
         "example.org",
         {"dkim pass example.com", "dkim fail example.org", "dkim pass example.org"},
         "pass none example.org"},
        {"4.4.1", relaxed, "example.org", {"spf fail example.org", "dkim pass example.org"}, "pass none example.org"},
        {"5.3.5", relaxed, "example.org", {"dkim fail example.org", "spf fail example.org"}, "fail reject example.org"},
        // A domain without any record is an Organizational Domain of its own.
        {"4.10.2",
         {"mail.example.org p=reject"},
         "mail.example.org",
         {"dkim pass example.org"},
         "fail reject mail.example.org"},
        {"4.10.2",
         {"mail.example.org p=reject"},
         "mail.example.org",
         {"dkim pass a.mail.example.org"},
         "pass none mail.example.org"},
        // psd=n parts what is below it from what is above.
        {"4.10.2",
         {"example.org p=reject", "dep.example.org p=reject; psd=n"},
         "dep.example.org",
         {"dkim pass example.org"},
         "fail reject dep.example.org"},
        {"4.10.2",
         {"example.org p=reject", "dep.example.org p=none; psd=n"},
         "example.org",
         {"dkim pass a.dep.example.org"},
         "fail reject example.org"},
        {"4.10.2",
         {"example.org p=reject", "dep.example.org p=reject; psd=n"},
         "a.dep.example.org",
         {"dkim pass b.dep.example.org"},
         "pass none dep.example.org"},
        // Two that share a public suffix are strangers.
        {"4.10.2",
         {"bank.example p=none; psd=y", "a.bank.example p=reject"},
         "a.bank.example",
         {"dkim pass b.bank.example"},
         "fail reject a.bank.example"},
        {"4.10.2",
         {"bank.example p=reject; psd=y"},
         "a.bank.example",
         {"dkim pass bank.example"},
         "fail reject bank.example"},
        // Without psd=y they are relatives, if the suffix has a record.
        {"4.10.2", {"bank.example p=reject"}, "a.bank.example", {"dkim pass b.bank.example"}, "pass none bank.example"},
    });
}

TEST_CASE("DMARC: public suffixes that have a record") {
    check_rows({
        {"4.10.1", {"bank.example p=reject; psd=y"}, "giant.bank.example", {}, "fail reject bank.example"},
        {"4.10.1",
         {"bank.example p=none; sp=quarantine; np=reject; psd=y"},
         "giant.bank.example",
         {},
         "fail reject bank.example"},
        {"4.10.1",
         {"bank.example p=none; sp=quarantine; np=reject; psd=y", "giant.bank.example *"},
         "giant.bank.example",
         {},
         "fail quarantine bank.example"},
        // The Organizational Domain has a record of its own: the suffix's is not used.
        {"4.10.1",
         {"bank.example p=reject; psd=y", "giant.bank.example p=none"},
         "mail.giant.bank.example",
         {},
         "fail none giant.bank.example"},
        {"4.10.1", {"bank.example p=reject; psd=y"}, "bank.example", {}, "fail reject bank.example"},
        // B.4.3
        {"B.4.3",
         {"bank.example p=none; psd=y", "giant.bank.example p=reject"},
         "giant.bank.example",
         {"spf pass mail.giant.bank.example"},
         "pass none giant.bank.example"},
        {"B.4.3",
         {"bank.example p=none; psd=y", "giant.bank.example p=reject"},
         "giant.bank.example",
         {"dkim pass mail.mega.bank.example"},
         "fail reject giant.bank.example"},
        // B.4.1, B.4.2
        {"B.4.1",
         {"example.com p=reject", "signing.example.com p=none"},
         "example.com",
         {"dkim pass signing.example.com"},
         "pass none example.com"},
        {"B.4.2",
         {"example.com p=reject", "signing.example.com p=none"},
         "a.b.c.d.e.f.g.h.i.j.k.example.com",
         {"dkim pass signing.example.com"},
         "pass none example.com"},
        {"B.4.2", {"example.com p=reject"}, "a.b.c.d.e.f.g.h.i.j.k.example.com", {}, "fail reject example.com"},
        // Its own record is asked for, others with more than seven labels are not.
        {"5.1.8",
         {"example.com p=none", "a.b.c.d.e.f.example.com p=reject"},
         "a.b.c.d.e.f.example.com",
         {},
         "fail reject a.b.c.d.e.f.example.com"},
        {"5.1.8",
         {"example.com p=none", "b.c.d.e.f.g.example.com p=reject; psd=n"},
         "mail.a.b.c.d.e.f.g.example.com",
         {},
         "fail none example.com"},
    });
}

TEST_CASE("DMARC: what the DNS does not tell") {
    const Strings relaxed = {"example.org p=reject"};
    check_rows({
        {"5.3.6", {"example.org !"}, "example.org", {"spf pass example.org"}, "temperror none"},
        {"5.3.6", {"example.org ?"}, "example.org", {}, "temperror none"},
        {"5.3.6", {"example.org !"}, "mail.example.org", {}, "temperror none"},
        {"5.3.6", {"org !", "example.org p=reject"}, "mail.example.org", {}, "temperror none"},
        // Only what is needed is asked.
        {"4.10.2", {"org !", "example.org p=reject"}, "example.org", {"spf pass example.org"}, "pass none example.org"},
        {"4.10.2",
         {"org !", "example.org p=reject; aspf=s"},
         "example.org",
         {"spf pass a.example.org"},
         "fail reject example.org"},
        {"5.3.6",
         {"org !", "example.org p=reject"},
         "example.org",
         {"spf pass a.example.org"},
         "temperror none example.org"},
        {"5.3.6",
         {"example.org p=reject", "a.example.org !"},
         "example.org",
         {"spf pass a.example.org"},
         "temperror none example.org"},
        {"5.3.6",
         {"example.org p=reject", "a.example.org !"},
         "example.org",
         {"spf pass a.example.org", "dkim pass example.org"},
         "pass none example.org"},
        // What might have been a pass keeps it from being a failure, if it would have been aligned.
        {"5.3.6", relaxed, "example.org", {"spf temperror example.org"}, "temperror none example.org"},
        {"5.3.6", relaxed, "example.org", {"dkim temperror a.example.org"}, "temperror none example.org"},
        {"5.3.6",
         relaxed,
         "example.org",
         {"spf temperror example.com", "dkim temperror example.net"},
         "fail reject example.org"},
        {"5.3.6",
         relaxed,
         "example.org",
         {"dkim temperror example.org", "dkim pass a.example.org"},
         "pass none example.org"},
        {"5.3.6",
         {"example.org p=reject; adkim=s"},
         "example.org",
         {"dkim temperror a.example.org"},
         "fail reject example.org"},
    });
    DnsTable table = zone({"example.org p=none; np=reject"});
    table.fail("mail.example.org");
    CHECK(judged(table, {"mail.example.org"}, {}).verdict == DmarcVerdict::temperror);
}

TEST_CASE("DMARC: the policy that would hold if what is unknown passes nothing, RFC 9989 §5.3.6") {
    const auto open = [](const Strings& records, const Strings& from, const Strings& identifiers) {
        DnsTable table = zone(records);
        table.fail("dead.example.org");
        return judged(table, from, identifiers).open;
    };
    const Strings unknown = {"spf temperror a.example.org"};
    CHECK(open({"example.org p=reject"}, {"example.org"}, unknown) == DmarcPolicy::reject);
    CHECK(open({"example.org p=reject"}, {"example.org"}, {"dkim temperror example.org"}) == DmarcPolicy::reject);
    CHECK(open({"example.org p=reject; sp=quarantine"}, {"b.example.org"}, unknown) == DmarcPolicy::quarantine);
    CHECK(open({"example.org p=reject; t=y"}, {"example.org"}, unknown) == DmarcPolicy::quarantine);
    CHECK(open({"example.org p=none"}, {"example.org"}, unknown) == DmarcPolicy::none);
    CHECK(open({"example.org p=reject"}, {"example.org"}, {"spf temperror other.org"}) == DmarcPolicy::none);
    CHECK(open({"example.org p=reject"}, {"example.org"}, {"spf temperror a.example.org", "dkim pass example.org"}) ==
          DmarcPolicy::none);
    CHECK(open({"example.org !"}, {"example.org"}, unknown) == DmarcPolicy::none);
    // Which of two policies it is depends on whether the name exists.
    CHECK(open({"example.org p=none; np=reject"}, {"dead.example.org"}, {}) == DmarcPolicy::reject);
    CHECK(open({"example.org p=reject; np=none; t=y"}, {"dead.example.org"}, {}) == DmarcPolicy::quarantine);
    // Of several authors.
    CHECK(open({"silent.example !", "example.org p=reject"}, {"silent.example", "example.org"}, unknown) ==
          DmarcPolicy::reject);
}

TEST_CASE("DMARC: no Author Domain, or several, RFC 9989 §5.3.1 and §11.5") {
    const Strings records = {"reject.example p=reject", "quarantine.example p=quarantine", "none.example p=none",
                             "dead.example !", "wrong.example p=x"};
    struct Case {
        Strings from;
        Strings identifiers;
        DmarcVerdict verdict;
        DmarcPolicy policy;
        std::string from_domain;
    };
    using enum DmarcVerdict;
    for (const Case& one : {
             Case{{}, {"spf pass reject.example"}, permerror, DmarcPolicy::none, ""},
             {{"[192.0.2.1]"}, {}, permerror, DmarcPolicy::none, "[192.0.2.1]"},
             {{"a..b"}, {}, permerror, DmarcPolicy::none, "a..b"},
             {{"reject.example", "Reject.EXAMPLE"},
              {"spf pass reject.example"},
              pass,
              DmarcPolicy::none,
              "reject.example"},
             {{"none.example", "reject.example", "quarantine.example"},
              {},
              fail,
              DmarcPolicy::reject,
              "reject.example"},
             {{"none.example", "reject.example"},
              {"spf pass none.example"},
              fail,
              DmarcPolicy::reject,
              "reject.example"},
             {{"none.example", "reject.example"}, {"spf pass reject.example"}, fail, DmarcPolicy::none, "none.example"},
             {{"nowhere.example", "reject.example"},
              {"spf pass reject.example"},
              none,
              DmarcPolicy::none,
              "nowhere.example"},
             {{"dead.example", "quarantine.example"}, {}, fail, DmarcPolicy::quarantine, "quarantine.example"},
             {{"dead.example", "none.example", "wrong.example"}, {}, temperror, DmarcPolicy::none, "dead.example"},
             {{"wrong.example", "none.example"}, {}, permerror, DmarcPolicy::none, "wrong.example"},
             {{"a..b", "reject.example"}, {}, fail, DmarcPolicy::reject, "reject.example"},
             {{"a..b", "reject.example"}, {"spf pass reject.example"}, permerror, DmarcPolicy::none, "a..b"},
             {{"a.example", "b.example", "c.example", "d.example"}, {}, none, DmarcPolicy::none, "a.example"},
             {{"a.example", "b.example", "c.example", "d.example", "reject.example"},
              {},
              permerror,
              DmarcPolicy::quarantine,
              "a.example"},
             {{"a.example", "b.example", "c.example", "dead.example", "e.example"},
              {},
              permerror,
              DmarcPolicy::quarantine,
              "a.example"},
             {{"a.example", "b.example", "reject.example", "d.example", "e.example"},
              {},
              fail,
              DmarcPolicy::reject,
              "reject.example"},
         }) {
        for (const std::string& from : one.from) CAPTURE(from);
        DnsTable table = zone(records);
        const DmarcResult result = judged(table, one.from, one.identifiers);
        CHECK(to_string(result.verdict) == to_string(one.verdict));
        CHECK(to_string(result.policy) == to_string(one.policy));
        CHECK(result.from_domain == one.from_domain);
        CHECK_FALSE(result.reason.empty());
    }
}

TEST_CASE("DMARC: what the result says besides") {
    DnsTable table = zone({"example.org p=reject; sp=quarantine; t=y; rua=mailto:a@example.org,mailto:b@example.org"});
    const DmarcResult failed = judged(table, {"mail.example.org"}, {});
    CHECK(failed.published == DmarcPolicy::quarantine);
    CHECK(failed.policy == DmarcPolicy::none);
    CHECK(failed.aggregate_reports == Strings{"mailto:a@example.org", "mailto:b@example.org"});
    CHECK(failed.organizational_domain == "example.org");
    CHECK(failed.reason == "nothing speaks for mail.example.org; example.org says sp=quarantine, t=y");
    const DmarcResult passed = judged(table, {"mail.example.org"}, {"dkim pass x.example.org"});
    CHECK(passed.passed_by == "dkim x.example.org");
    CHECK(passed.aggregate_reports.size() == 2);
}

TEST_CASE("DMARC: the DNS Tree Walk asks eight times at most, RFC 9989 §4.10") {
    DnsTable table;
    CHECK(organization(table, "a.b.c.d.e.f.g.h.i.j.mail.example.com") == "a.b.c.d.e.f.g.h.i.j.mail.example.com");
    CHECK(table.questions == Strings{"TXT _dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com",
                                     "TXT _dmarc.g.h.i.j.mail.example.com", "TXT _dmarc.h.i.j.mail.example.com",
                                     "TXT _dmarc.i.j.mail.example.com", "TXT _dmarc.j.mail.example.com",
                                     "TXT _dmarc.mail.example.com", "TXT _dmarc.example.com", "TXT _dmarc.com"});
    table.questions.clear();
    organization(table, "a.b.c.d.e.f.example.com");
    CHECK(table.questions.size() == 8);
    table.questions.clear();
    organization(table, "com");
    CHECK(table.questions == Strings{"TXT _dmarc.com"});
}

TEST_CASE("DMARC: Organizational Domains, RFC 9989 §4.10.2") {
    struct Case {
        Strings records;
        std::string domain, organizational;
    };
    for (const Case& one : {
             Case{{"mail.example.com p=none", "example.com p=none"}, "a.mail.example.com", "example.com"},
             {{"mail.example.com p=none; psd=n"}, "a.mail.example.com", "mail.example.com"},
             {{"com p=none; psd=y"}, "a.mail.example.com", "example.com"},
             {{"example.com p=none; psd=y", "com p=none"}, "a.mail.example.com", "mail.example.com"},
             {{"com p=none; psd=y"}, "com", "com"},
             {{"example.com p=none; psd=y"}, "example.com", "example.com"},
             {{"com p=none"}, "example.com", "com"},
             {{}, "a.example.com", "a.example.com"},
             {{"example.com p=none", "example.com p=none"}, "a.example.com", "a.example.com"},
             {{"com p=none; psd=y"}, "a.b.c.d.e.f.g.h.i.j.example.com", "example.com"},
             {{"c.d.e.f.g.example.com psd=y"}, "mail.a.b.c.d.e.f.g.example.com", "b.c.d.e.f.g.example.com"},
             {{"example.com !"}, "a.example.com", "unknown"},
         }) {
        CAPTURE(one.domain);
        DnsTable table = zone(one.records);
        CHECK(organization(table, one.domain) == one.organizational);
    }
}

TEST_CASE("DMARC: questions are few") {
    // Identical domains, or strict alignment: one question (RFC 9989 §4.10.2).
    DnsTable table = zone({"example.org p=reject"});
    judged(table, {"example.org"}, {"dkim pass example.org", "spf pass example.org"});
    CHECK(table.questions == Strings{"TXT _dmarc.example.org"});
    // What can pass comes first.
    DnsTable open = zone({"example.org p=reject"});
    judged(open, {"example.org"}, {"dkim temperror a.example.org", "dkim pass example.org"});
    CHECK(open.questions == Strings{"TXT _dmarc.example.org"});
    // Strangers are not walked; each domain once.
    DnsTable other = zone({"example.org p=reject"});
    judged(other, {"example.org"},
           {"dkim pass example.com", "dkim temperror a.example.org", "dkim temperror a.example.org"});
    CHECK(other.questions == Strings{"TXT _dmarc.example.org", "TXT _dmarc.org", "TXT _dmarc.a.example.org",
                                     "TXT _dmarc.example.org", "TXT _dmarc.org"});
}

TEST_CASE("DMARC: names too long to have a record have none") {
    std::string domain = "example";
    while (domain.size() < 248) domain = "a." + domain;
    DnsTable table = zone({"example p=reject"});
    CHECK(judged(table, {domain}, {}).record_domain == "example");
    CHECK(table.questions.size() == 7);
}
