// DMARC decides; the administrator's exceptions come first.
#include "server/delivery/intake/policy.h"

#include <algorithm>

#include "protocols/mailauth/domain_name.h"

namespace server::delivery {

namespace {

using mailauth::DmarcPolicy;

// Whoever sealed last, and so gave the message to us or to a relay that kept it as it was, is to be believed: who wrote
// the message was checked there (RFC 8617 §5.2, §7.2).
bool is_vouched_for(const mailauth::ArcResult& arc, const std::vector<std::string>& trusted) {
    if (arc.status != mailauth::ChainStatus::pass || arc.sets.empty() || !arc.covers_from) return false;
    return std::ranges::any_of(
        trusted, [&](const std::string& domain) { return mailauth::normal_domain(domain) == arc.sets.back().sealer; });
}

bool is_unenforced(const std::string& author_domain, const std::vector<std::string>& domains) {
    return std::ranges::any_of(domains, [&](const std::string& domain) {
        const auto normal = mailauth::normal_domain(domain);
        return normal && mailauth::is_within(author_domain, *normal);
    });
}

// "SPF fail, DKIM fail of example.net".
std::string evidence(const Verdicts& verdicts) {
    std::string text = "SPF " + std::string(mailauth::to_string(verdicts.spf.verdict));
    if (verdicts.dkim.empty()) return text + ", no DKIM signature";
    for (const mailauth::DkimResult& one : verdicts.dkim) {
        text +=
            ", DKIM " + std::string(mailauth::to_string(one.verdict)) + " of " + mailauth::printable(one.domain, 100);
        if (text.size() > 300) break;  // the reply has one line
    }
    return text;
}

}  // namespace

std::vector<std::string> speakers_for_list(const Verdicts& verdicts, const std::string& list_id) {
    std::vector<std::string> domains;
    const auto add = [&](const std::string& domain) {
        const bool is_its_own = domain.contains('.') && mailauth::is_within(list_id, domain);
        if (is_its_own && std::ranges::find(domains, domain) == domains.end()) domains.push_back(domain);
    };
    for (const mailauth::DkimResult& one : verdicts.dkim) {
        if (one.verdict == mailauth::DkimVerdict::pass && one.covers_from) add(one.domain);
    }
    if (verdicts.spf.verdict == mailauth::SpfVerdict::pass) add(verdicts.spf.domain);
    return domains;
}

bool is_open(const Verdicts& verdicts) {
    return verdicts.spf.verdict == mailauth::SpfVerdict::temperror ||
           std::ranges::any_of(verdicts.dkim, [](const mailauth::DkimResult& one) {
               return one.verdict == mailauth::DkimVerdict::temperror;
           });
}

Decision decide(const Verdicts& verdicts, const PolicyOptions& options) {
    const mailauth::DmarcResult& dmarc = verdicts.dmarc;
    if (dmarc.policy == DmarcPolicy::none && dmarc.open == DmarcPolicy::none) return {};
    if (!options.enforce) return {.what = Disposition::deliver, .why = "DMARC is only observed"};
    if (is_unenforced(dmarc.from_domain, options.unenforced_domains)) {
        return {.what = Disposition::deliver, .why = "the policy of " + dmarc.from_domain + " is not enforced here"};
    }
    if (is_vouched_for(verdicts.arc, options.trusted_sealers)) {
        return {.what = Disposition::deliver, .why = "ARC: sealed by " + verdicts.arc.sets.back().sealer};
    }
    if (dmarc.policy == DmarcPolicy::none) {
        return {.what = Disposition::defer,
                .why = "DMARC cannot be judged yet (" + dmarc.reason + "), try again later"};
    }
    const std::string domain = mailauth::printable(dmarc.from_domain, 253);
    const std::string why = "fails DMARC (" + evidence(verdicts) + ")";
    if (dmarc.policy == DmarcPolicy::quarantine) return {.what = Disposition::junk, .why = domain + " " + why};
    return {.what = Disposition::refuse,
            .why = "This message " + why + ", and " + domain + ", whose name is in From, wants such mail refused"};
}

std::vector<std::string> unproven_authors(const Verdicts& verdicts, const PolicyOptions& options) {
    std::vector<std::string> unproven;
    if (verdicts.dmarc.verdict == mailauth::DmarcVerdict::pass) return unproven;
    if (is_vouched_for(verdicts.arc, options.trusted_sealers)) return unproven;
    for (const std::string& given : verdicts.authors) {
        const auto author = mailauth::normal_domain(given);
        if (!author) continue;
        const bool by_spf =
            verdicts.spf.verdict == mailauth::SpfVerdict::pass && may_speak_for(verdicts.spf.domain, {*author});
        const bool by_dkim = std::ranges::any_of(verdicts.dkim, [&](const mailauth::DkimResult& one) {
            return one.verdict == mailauth::DkimVerdict::pass && may_speak_for(one.domain, {*author});
        });
        if (by_spf || by_dkim) continue;
        unproven.push_back(*author);
        const mailauth::DmarcResult& dmarc = verdicts.dmarc;
        // Others below it are aligned with the author.
        if (*author == dmarc.from_domain && *author != dmarc.record_domain && !dmarc.record_domain.empty()) {
            unproven.push_back(dmarc.record_domain);
        }
    }
    return unproven;
}

bool may_speak_for(std::string_view domain, const std::vector<std::string>& authors) {
    const auto normal = mailauth::normal_domain(domain);
    return normal && std::ranges::any_of(authors, [&](const std::string& author) {
               return mailauth::is_within(author, *normal) || mailauth::is_within(*normal, author);
           });
}

}  // namespace server::delivery
