// What follows from DMARC, and the exceptions to it. RFC 9989 §5.3.6, §7.4; RFC 8617 §7.2.
#include "server/delivery/intake/policy.h"

#include <doctest/doctest.h>

using namespace server::delivery;
using mailauth::DmarcPolicy;

namespace {

Verdicts failing_dmarc(DmarcPolicy policy) {
    Verdicts verdicts;
    verdicts.spf.verdict = mailauth::SpfVerdict::fail;
    verdicts.dkim.push_back({.verdict = mailauth::DkimVerdict::fail, .domain = "crepes.fr"});
    verdicts.dmarc.verdict = mailauth::DmarcVerdict::fail;
    verdicts.dmarc.policy = policy;
    verdicts.dmarc.from_domain = "news.crepes.fr";
    return verdicts;
}

Verdicts sealed_by(const std::string& sealer, mailauth::ChainStatus status = mailauth::ChainStatus::pass) {
    Verdicts verdicts = failing_dmarc(DmarcPolicy::reject);
    verdicts.arc.status = status;
    verdicts.arc.covers_from = true;
    verdicts.arc.sets = {{.sealer = "first.test"}, {.sealer = sealer}};
    return verdicts;
}

}  // namespace

TEST_CASE("what the author's domain wants is done: reject, quarantine, nothing") {
    const Decision refused = decide(failing_dmarc(DmarcPolicy::reject), {});
    CHECK(refused.what == Disposition::refuse);
    CHECK(
        refused.why ==
        "This message fails DMARC (SPF fail, DKIM fail of crepes.fr), and news.crepes.fr, whose name is in From, wants "
        "such mail refused");
    const Decision junk = decide(failing_dmarc(DmarcPolicy::quarantine), {});
    CHECK(junk.what == Disposition::junk);
    CHECK(junk.why == "news.crepes.fr fails DMARC (SPF fail, DKIM fail of crepes.fr)");
    CHECK(decide(failing_dmarc(DmarcPolicy::none), {}).what == Disposition::deliver);
    Verdicts unsigned_one = failing_dmarc(DmarcPolicy::quarantine);
    unsigned_one.dkim.clear();
    CHECK(decide(unsigned_one, {}).why.ends_with("(SPF fail, no DKIM signature)"));
}

TEST_CASE("a list's own domains speak for it") {
    Verdicts verdicts = failing_dmarc(DmarcPolicy::none);
    verdicts.spf.domain = "lists.test";
    CHECK(speakers_for_list(verdicts, "cooks.lists.test").empty());
    verdicts.spf.verdict = mailauth::SpfVerdict::pass;
    for (const std::string domain : {"cooks.lists.test", "lists.test", "test", "evil.test"}) {
        verdicts.dkim.push_back({.verdict = mailauth::DkimVerdict::pass, .domain = domain, .covers_from = true});
    }
    CHECK(speakers_for_list(verdicts, "cooks.lists.test") ==
          std::vector<std::string>{"cooks.lists.test", "lists.test"});
    CHECK(speakers_for_list(verdicts, "").empty());
}

TEST_CASE("while the DNS has not told all, they may yet speak") {
    Verdicts verdicts = failing_dmarc(DmarcPolicy::none);
    CHECK_FALSE(is_open(verdicts));
    verdicts.dkim[0].verdict = mailauth::DkimVerdict::temperror;
    CHECK(is_open(verdicts));
    verdicts.dkim.clear();
    verdicts.spf.verdict = mailauth::SpfVerdict::temperror;
    CHECK(is_open(verdicts));
}

TEST_CASE("SPF alone refuses nothing, and neither does what the DNS did not tell") {
    Verdicts verdicts;
    verdicts.spf.verdict = mailauth::SpfVerdict::fail;
    CHECK(decide(verdicts, {}).what == Disposition::deliver);
    verdicts.dmarc.verdict = mailauth::DmarcVerdict::temperror;
    CHECK(decide(verdicts, {}).what == Disposition::deliver);
}

TEST_CASE("what may yet be refused comes again: the DNS of a forger's own names must not open the door") {
    Verdicts verdicts;
    verdicts.dmarc.verdict = mailauth::DmarcVerdict::temperror;
    verdicts.dmarc.from_domain = "news.crepes.fr";
    verdicts.dmarc.reason = "spf of crepes.fr: temperror";
    for (const DmarcPolicy open : {DmarcPolicy::quarantine, DmarcPolicy::reject}) {
        verdicts.dmarc.open = open;
        const Decision taken = decide(verdicts, {});
        CHECK(taken.what == Disposition::defer);
        CHECK(taken.why == "DMARC cannot be judged yet (spf of crepes.fr: temperror), try again later");
    }
    CHECK(decide(verdicts, {.enforce = false}).what == Disposition::deliver);
    CHECK(decide(verdicts, {.unenforced_domains = {"crepes.fr"}}).what == Disposition::deliver);
    verdicts.arc = sealed_by("lists.test").arc;
    CHECK(decide(verdicts, {.trusted_sealers = {"lists.test"}}).what == Disposition::deliver);
}

TEST_CASE("nothing follows where DMARC is observed, or not enforced for the author's domain or one above it") {
    for (const PolicyOptions& options :
         {PolicyOptions{.enforce = false}, PolicyOptions{.unenforced_domains = {"News.crepes.fr"}},
          PolicyOptions{.unenforced_domains = {"x.test", "crepes.fr"}}}) {
        const Decision taken = decide(failing_dmarc(DmarcPolicy::reject), options);
        CHECK(taken.what == Disposition::deliver);
        CHECK_FALSE(taken.why.empty());
    }
    const PolicyOptions others{.unenforced_domains = {"epes.fr", "a.news.crepes.fr", ""}};
    CHECK(decide(failing_dmarc(DmarcPolicy::reject), others).what == Disposition::refuse);
}

TEST_CASE("an intact ARC chain counts if a trusted domain sealed it last, with every From") {
    const PolicyOptions options{.trusted_sealers = {"Lists.test"}};
    CHECK(decide(sealed_by("lists.test"), options).what == Disposition::deliver);
    CHECK(decide(sealed_by("lists.test"), options).why == "ARC: sealed by lists.test");
    CHECK(decide(sealed_by("lists.test"), {}).what == Disposition::refuse);
    CHECK(decide(sealed_by("a.lists.test"), options).what == Disposition::refuse);
    CHECK(decide(sealed_by("other.test"), PolicyOptions{.trusted_sealers = {"first.test"}}).what ==
          Disposition::refuse);
    CHECK(decide(sealed_by("lists.test", mailauth::ChainStatus::fail), options).what == Disposition::refuse);
    Verdicts added_from = sealed_by("lists.test");
    added_from.arc.covers_from = false;
    CHECK(decide(added_from, options).what == Disposition::refuse);
}

TEST_CASE("authors that nothing speaks for: neither SPF nor DKIM of a related domain, nor a trusted sealer") {
    using Strings = std::vector<std::string>;
    Verdicts verdicts;
    verdicts.authors = {"News.crepes.fr", "far.org", "no domain"};
    CHECK(unproven_authors(verdicts, {}) == Strings{"news.crepes.fr", "far.org"});
    verdicts.dmarc.from_domain = "news.crepes.fr";
    verdicts.dmarc.record_domain = "crepes.fr";
    CHECK(unproven_authors(verdicts, {}) == Strings{"news.crepes.fr", "crepes.fr", "far.org"});
    verdicts.spf = {.verdict = mailauth::SpfVerdict::pass, .domain = "crepes.fr"};
    CHECK(unproven_authors(verdicts, {}) == Strings{"far.org"});
    verdicts.spf.verdict = mailauth::SpfVerdict::softfail;
    verdicts.dkim = {{.verdict = mailauth::DkimVerdict::pass, .domain = "a.far.org"},
                     {.verdict = mailauth::DkimVerdict::fail, .domain = "crepes.fr"}};
    CHECK(unproven_authors(verdicts, {}) == Strings{"news.crepes.fr", "crepes.fr"});
    verdicts.arc = sealed_by("lists.test").arc;
    CHECK(unproven_authors(verdicts, {.trusted_sealers = {"lists.test"}}).empty());
    verdicts.arc = {};
    verdicts.dmarc.verdict = mailauth::DmarcVerdict::pass;
    CHECK(unproven_authors(verdicts, {}).empty());
}

TEST_CASE("a domain may speak for itself, for one above it, and for one below it") {
    CHECK(may_speak_for("Crepes.FR", {"far.org", "crepes.fr"}));
    CHECK(may_speak_for("mail.crepes.fr", {"crepes.fr"}));
    CHECK(may_speak_for("crepes.fr", {"news.crepes.fr"}));
    CHECK_FALSE(may_speak_for("crepes.fr", {"epes.fr", "far.org"}));
    CHECK_FALSE(may_speak_for("crepes.fr", {}));
    CHECK_FALSE(may_speak_for("", {"crepes.fr"}));
}
