#include "protocols/mailauth/dmarc.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "protocols/mailauth/domain_name.h"

namespace mailauth {
namespace {

constexpr std::size_t most_labels = 8;           // RFC 9989 §4.10
constexpr std::size_t most_octets_of_why = 300;  // of a reason

// One domain that may or may not have a record. The error: why the DNS does not tell.
using DmarcLookUp = std::expected<std::optional<DmarcRecord>, std::string>;

asio::awaitable<DmarcLookUp> look_up_dmarc(dns::Source& source, std::string domain) {
    std::string name = "_dmarc." + domain;
    if (!can_be_asked(name)) co_return std::nullopt;
    const dns::Answer<dns::Txt> answer = co_await source.txt(std::move(name));
    if (const auto* error = dns_error(answer)) co_return std::unexpected(*error);
    const auto* found = std::get_if<dns::Found<dns::Txt>>(&answer);
    if (!found) co_return std::nullopt;
    std::optional<DmarcRecord> only;
    for (const dns::Txt& text : found->records) {
        std::optional<DmarcRecord> record = parse_dmarc_record(text.text);
        if (!record) continue;
        if (only) co_return std::nullopt;  // several: all are discarded (RFC 9989 §4.10, steps 2 and 6)
        only = std::move(record);
    }
    co_return only;
}

// A DNS Tree Walk (RFC 9989 §4.10): the records that were found, the longest name first.
struct DmarcWalk {
    struct Found {
        std::string domain;
        DmarcRecord record;
    };
    std::string start{};
    std::vector<Found> found{};

    // RFC 9989 §4.10.2. The walk has ended with the first record that says psd=n or psd=y; below the start there is
    // nothing, so with psd=y there it is the start.
    [[nodiscard]] std::string organizational_domain() const {
        if (found.empty()) return start;
        const Found& last = found.back();
        const std::size_t below = last.record.psd == DmarcPsd::yes ? 1 : 0;
        return std::string(last_labels(start, count_labels(last.domain) + below));
    }

    [[nodiscard]] const Found* at(std::string_view domain) const {
        const auto one = std::ranges::find(found, domain, &Found::domain);
        return one == found.end() ? nullptr : &*one;
    }

    // The record that holds for a message from the start: its own, else that of its Organizational Domain, else of its
    // Public Suffix Domain (RFC 9989 §4.10.1).
    [[nodiscard]] const Found* policy() const {
        if (const Found* own = at(start)) return own;
        if (const Found* organizational = at(organizational_domain())) return organizational;
        const auto is_suffix = [](const Found& one) { return one.record.psd == DmarcPsd::yes; };
        const auto suffix = std::ranges::find_if(found, is_suffix);
        return suffix == found.end() ? nullptr : &*suffix;
    }
};

// Where the walk goes from a domain: its parents, but the first step of a long name leads to seven labels.
std::vector<std::string> parents_to_ask(std::string_view domain) {
    std::vector<std::string> parents;
    std::size_t labels = std::min(count_labels(domain), most_labels);
    while (--labels > 0) parents.emplace_back(last_labels(domain, labels));
    return parents;
}

using WalkResult = std::expected<DmarcWalk, std::string>;

// Goes on from its start, whose own record has been asked for.
asio::awaitable<WalkResult> walk_on(dns::Source& source, DmarcWalk walk) {
    if (!walk.found.empty() && walk.found.front().record.psd != DmarcPsd::unknown) co_return walk;
    const std::vector<std::string> parents = parents_to_ask(walk.start);
    for (const std::string& parent : parents) {
        DmarcLookUp look_up = co_await look_up_dmarc(source, parent);
        if (!look_up) co_return std::unexpected(look_up.error());
        if (!*look_up) continue;
        const bool is_last = (*look_up)->psd != DmarcPsd::unknown;
        walk.found.push_back({parent, std::move(**look_up)});
        if (is_last) break;
    }
    co_return walk;
}

asio::awaitable<WalkResult> begin_walk(dns::Source& source, std::string domain) {
    DmarcWalk walk{.start = domain};
    DmarcLookUp own = co_await look_up_dmarc(source, domain);
    if (!own) co_return std::unexpected(own.error());
    if (*own) walk.found.push_back({std::move(domain), std::move(**own)});
    co_return walk;
}

// t=y: one level less (RFC 9989 §4.7).
DmarcPolicy lessened(DmarcPolicy policy) {
    return policy == DmarcPolicy::reject ? DmarcPolicy::quarantine : DmarcPolicy::none;
}

// An Authenticated Identifier, or what might have become one if the DNS had answered.
struct DmarcIdentifier {
    std::string method;
    std::string domain;
    bool is_known = true;
    bool is_strict = false;
};

enum class Alignment : std::uint8_t { no, yes, unknown };

// Judges a message by one Author Domain.
class DmarcCheck {
  public:
    DmarcCheck(dns::Source& source, const SpfResult& spf, const std::vector<DkimResult>& dkim)
        : source_(source), spf_(spf), dkim_(dkim) {}

    asio::awaitable<DmarcResult> judge(std::string author) {
        result_ = {.from_domain = author};
        WalkResult walk = co_await begin_walk(source_, author);
        if (walk && walk->found.empty()) walk = co_await whole(std::move(*walk));
        if (!walk)
            co_return with(DmarcVerdict::temperror, "the record of " + author + " could not be found: " + walk.error());
        const DmarcWalk::Found* holds = walk->policy();
        if (!holds) co_return with(DmarcVerdict::none, author + " has no DMARC record");
        const DmarcRecord record = holds->record;
        result_.record_domain = holds->domain;
        result_.aggregate_reports = record.aggregate_reports;
        if (record.has_faulty_policy && record.aggregate_reports.empty()) {
            co_return with(DmarcVerdict::permerror, "the DMARC record of " + holds->domain + " has no valid policy");
        }
        DmarcResult result = co_await judge_identifiers(record, std::move(*walk));
        co_return result;
    }

  private:
    asio::awaitable<DmarcResult> judge_identifiers(const DmarcRecord& record, DmarcWalk walk) {
        bool is_open = false;
        std::string why_open;
        for (const DmarcIdentifier& identifier : identifiers(record)) {
            const Alignment alignment = co_await align(identifier, walk, why_open);
            if (alignment == Alignment::yes && identifier.is_known) {
                result_.passed_by = identifier.method + " " + identifier.domain;
                co_return with(DmarcVerdict::pass, identifier.method + " speaks for " + identifier.domain);
            }
            if (alignment == Alignment::no) continue;
            is_open = true;
            if (alignment == Alignment::yes) why_open = identifier.method + " of " + identifier.domain + ": temperror";
        }
        DmarcResult result = co_await fail(record);
        if (!is_open || result.verdict != DmarcVerdict::fail) co_return result;
        result_.open = std::exchange(result_.policy, DmarcPolicy::none);
        result_.published = DmarcPolicy::none;
        co_return with(DmarcVerdict::temperror, why_open);
    }

    // RFC 9989 §4.4.1 and §4.4.2; those that can pass first.
    [[nodiscard]] std::vector<DmarcIdentifier> identifiers(const DmarcRecord& record) const {
        std::vector<DmarcIdentifier> all;
        for (const bool is_known : {true, false}) {
            for (const DkimResult& signature : dkim_) {
                if (signature.verdict != (is_known ? DkimVerdict::pass : DkimVerdict::temperror)) continue;
                all.push_back({"dkim", signature.domain, is_known, record.strict_dkim});
            }
            if (spf_.verdict == (is_known ? SpfVerdict::pass : SpfVerdict::temperror)) {
                all.push_back({"spf", spf_.domain, is_known, record.strict_spf});
            }
        }
        return all;
    }

    // RFC 9989 §4.10.2. In relaxed mode both have the same Organizational Domain, so the identifier is that or below
    // it, or need not be looked at.
    asio::awaitable<Alignment> align(const DmarcIdentifier& identifier, DmarcWalk& author, std::string& why) {
        if (identifier.domain == author.start) co_return Alignment::yes;
        if (identifier.is_strict || identifier.domain.empty()) co_return Alignment::no;
        if (result_.organizational_domain.empty()) {
            WalkResult walk = co_await whole(std::move(author));
            if (!walk) {
                why = "the Organizational Domain of " + result_.from_domain + ": " + walk.error();
                author = {.start = result_.from_domain};
                co_return Alignment::unknown;
            }
            author = std::move(*walk);
        }
        if (!is_within(identifier.domain, result_.organizational_domain)) co_return Alignment::no;
        const std::expected<std::string, std::string> other = co_await organizational_domain_of(identifier.domain);
        if (!other) {
            why = "the Organizational Domain of " + identifier.domain + ": " + other.error();
            co_return Alignment::unknown;
        }
        co_return *other == result_.organizational_domain ? Alignment::yes : Alignment::no;
    }

    // The author's walk to its end, which gives its Organizational Domain.
    asio::awaitable<WalkResult> whole(DmarcWalk walk) {
        WalkResult end = co_await walk_on(source_, std::move(walk));
        if (end) result_.organizational_domain = end->organizational_domain();
        co_return end;
    }

    asio::awaitable<std::expected<std::string, std::string>> organizational_domain_of(std::string domain) {
        const auto known = others_.find(domain);
        if (known != others_.end()) co_return known->second;
        std::expected<std::string, std::string> found = co_await find_organizational_domain(source_, domain);
        others_.emplace(std::move(domain), found);
        co_return found;
    }

    // RFC 9989 §4.7, §4.10.1: which of the record's policies, and how much of it.
    asio::awaitable<DmarcResult> fail(const DmarcRecord& record) {
        DmarcPolicy policy = record.policy.value_or(DmarcPolicy::none);
        std::string tag = "p";
        if (record.has_faulty_policy) {
            policy = DmarcPolicy::none;
        } else if (result_.record_domain != result_.from_domain) {
            if (record.subdomains) {
                policy = *record.subdomains;
                tag = "sp";
            }
            if (record.non_existent && *record.non_existent != policy) {
                const dns::Answer<asio::ip::address_v4> answer = co_await source_.a(result_.from_domain);
                if (const auto* error = dns_error(answer)) {
                    const DmarcPolicy stricter = std::max(policy, *record.non_existent);
                    result_.open = record.is_testing ? lessened(stricter) : stricter;
                    co_return with(DmarcVerdict::temperror, "does " + result_.from_domain + " exist: " + *error);
                }
                if (std::holds_alternative<dns::NoSuchName>(answer)) {
                    policy = *record.non_existent;
                    tag = "np";
                }
            }
        }
        result_.published = policy;
        result_.policy = record.is_testing ? lessened(policy) : policy;
        std::string reason = "nothing speaks for " + result_.from_domain + "; " + result_.record_domain + " says " +
                             tag + "=" + std::string(to_string(policy));
        if (record.is_testing) reason += ", t=y";
        co_return with(DmarcVerdict::fail, std::move(reason));
    }

    DmarcResult with(DmarcVerdict verdict, std::string reason) {
        result_.verdict = verdict;
        result_.reason = printable(reason, most_octets_of_why);
        return result_;
    }

    dns::Source& source_;
    const SpfResult& spf_;
    const std::vector<DkimResult>& dkim_;
    DmarcResult result_;
    std::map<std::string, std::expected<std::string, std::string>> others_;  // Organizational Domains of identifiers
};

// Of several Author Domains the strictest outcome holds: what a forger wants is the mildest.
int strictness(const DmarcResult& result) {
    if (result.verdict == DmarcVerdict::fail && result.policy == DmarcPolicy::reject) return 7;
    if (result.verdict == DmarcVerdict::fail && result.policy == DmarcPolicy::quarantine) return 6;
    if (result.open != DmarcPolicy::none) return 5;
    switch (result.verdict) {
        case DmarcVerdict::temperror:
            return 4;
        case DmarcVerdict::permerror:
            return 3;
        case DmarcVerdict::fail:
            return 2;
        case DmarcVerdict::none:
            return 1;
        case DmarcVerdict::pass:
            break;
    }
    return 0;
}

DmarcResult no_author_domain(const std::vector<std::string>& given) {
    DmarcResult result{.verdict = DmarcVerdict::permerror};
    result.reason = given.empty() ? "From names no domain" : "From names no domain of the DNS";
    if (!given.empty()) result.from_domain = printable(given.front(), most_octets_of_name);
    return result;
}

}  // namespace

std::string_view to_string(DmarcVerdict verdict) {
    switch (verdict) {
        case DmarcVerdict::none:
            return "none";
        case DmarcVerdict::pass:
            return "pass";
        case DmarcVerdict::fail:
            return "fail";
        case DmarcVerdict::temperror:
            return "temperror";
        case DmarcVerdict::permerror:
            break;
    }
    return "permerror";
}

asio::awaitable<DmarcResult> evaluate_dmarc(dns::Source& source, std::vector<std::string> from_domains,
                                            const SpfResult& spf, const std::vector<DkimResult>& dkim) {
    std::vector<std::string> authors;
    bool all_are_domains = !from_domains.empty();
    for (const std::string& given : from_domains) {
        std::optional<std::string> domain = normal_domain(given);
        if (!domain) all_are_domains = false;
        if (domain && std::ranges::find(authors, *domain) == authors.end()) authors.push_back(std::move(*domain));
    }
    std::optional<DmarcResult> strictest;
    if (!all_are_domains) strictest = no_author_domain(from_domains);
    if (authors.size() > max_author_domains) {
        // Not a message that anybody sends in earnest: no refusal, since nobody has asked for one, but no place in the
        // inbox. The first ones may still ask for more.
        strictest = {.verdict = DmarcVerdict::permerror,
                     .policy = DmarcPolicy::quarantine,
                     .from_domain = authors.front(),
                     .reason = "From names " + std::to_string(authors.size()) + " domains"};
        authors.resize(max_author_domains);
    }
    for (const std::string& author : authors) {
        DmarcCheck check(source, spf, dkim);
        DmarcResult result = co_await check.judge(author);
        const bool is_stricter = !strictest || strictness(result) > strictness(*strictest);
        if (is_stricter && (!strictest || result.policy >= strictest->policy)) strictest = std::move(result);
    }
    co_return std::move(*strictest);
}

asio::awaitable<std::expected<std::string, std::string>> find_organizational_domain(dns::Source& source,
                                                                                    std::string domain) {
    WalkResult walk = co_await begin_walk(source, std::move(domain));
    if (!walk) co_return std::unexpected(walk.error());
    walk = co_await walk_on(source, std::move(*walk));
    if (!walk) co_return std::unexpected(walk.error());
    co_return walk->organizational_domain();
}

}  // namespace mailauth
