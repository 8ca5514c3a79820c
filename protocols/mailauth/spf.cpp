#include "protocols/mailauth/spf.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/mailauth/domain_name.h"
#include "protocols/mailauth/iprev.h"

namespace mailauth {
namespace {

using SpfKind = SpfMechanism::Kind;

// RFC 7208 §4.6.4.
constexpr int most_terms = 10;          // that ask the DNS
constexpr int most_voids = 2;           // such terms that find nothing
constexpr std::size_t most_hosts = 10;  // of an MX look-up, and of a PTR look-up

// RFC 7208 names no limits for these: longer ones are nobody's.
constexpr std::size_t most_expanded = 4096;
constexpr std::size_t most_explained = 400;  // a line of a reply has 512 octets (RFC 5321 §4.5.3.1.5)
constexpr std::size_t most_shown = 100;      // of each name or term in a reason
constexpr std::size_t most_reason = 300;

std::string briefly(std::string_view text) { return printable(text, most_shown); }

// Do the first bits agree?
template <std::size_t size>
bool bits_agree(const std::array<unsigned char, size>& a, const std::array<unsigned char, size>& b, unsigned bits) {
    for (std::size_t i = 0; i < size && bits > 0; ++i) {
        const unsigned now = std::min(bits, 8U);
        if (((a[i] ^ b[i]) >> (8U - now)) != 0) return false;
        bits -= now;
    }
    return true;
}

bool is_in_network(const asio::ip::address& client, const asio::ip::address& network, const SpfMechanism& mechanism) {
    if (client.is_v4() != network.is_v4()) return false;
    if (client.is_v4()) return bits_agree(client.to_v4().to_bytes(), network.to_v4().to_bytes(), mechanism.prefix4);
    return bits_agree(client.to_v6().to_bytes(), network.to_v6().to_bytes(), mechanism.prefix6);
}

// How a record's evaluation ended, or a mechanism's.
struct SpfOutcome {
    SpfVerdict verdict = SpfVerdict::none;
    std::string reason{};
    std::string mechanism{};                     // of this record, not of one that it includes
    std::optional<SpfDomainSpec> explanation{};  // a match that fails: what exp= names
    std::string domain{};                        // whose record says so, after redirections
};
// No verdict: no match.
using SpfMatch = std::optional<SpfOutcome>;

SpfOutcome temperror(std::string_view what, std::string_view why) {
    return {SpfVerdict::temperror, briefly(what) + ": " + printable(why, most_shown)};
}
SpfOutcome permerror(std::string reason) { return {SpfVerdict::permerror, std::move(reason)}; }
SpfOutcome spf_none(std::string reason) { return {SpfVerdict::none, std::move(reason)}; }
SpfOutcome no_spf_record(std::string_view domain) { return spf_none(briefly(domain) + " has no SPF record"); }
std::string named_term(std::string_view term, std::string_view domain) {
    return "\"" + briefly(term) + "\" of " + briefly(domain);
}
const std::string too_many_terms = "more than 10 terms ask the DNS";
const std::string too_long = "its domain is too long";

// One evaluation of check_host() with all records that it leads to: its counters are common to them.
class SpfCheck {
  public:
    SpfCheck(dns::Source& source, const SpfQuery& query, std::string local_part, std::string domain)
        : source_(source), query_(query), client_(unmapped(query.client)), started_(query.clock()) {
        values_.local_part = std::move(local_part);
        values_.sender_domain = std::move(domain);
        values_.client = client_;
        values_.helo = query.helo;
        values_.receiver = query.receiver.empty() ? "unknown" : query.receiver;
        values_.now = query.now;
    }

    // check_host() of RFC 7208 §4, redirections followed.
    asio::awaitable<SpfOutcome> check_host(std::string domain) {
        std::string redirected_by;
        while (true) {
            LookUp look_up = co_await look_up_record(domain);
            if (!look_up.record) {
                // RFC 7208 §6.1: what a redirection leads to must be there.
                if (look_up.outcome.verdict != SpfVerdict::none || redirected_by.empty()) {
                    co_return std::move(look_up.outcome);
                }
                co_return permerror(redirected_by + ": " + look_up.outcome.reason);
            }
            const SpfRecord& record = *look_up.record;
            SpfMatch match = co_await evaluate(record, domain);
            if (match) co_return std::move(*match);
            redirected_by = named_term(record.redirect_term, domain);
            if (!count_term()) co_return permerror(redirected_by + ": " + too_many_terms);
            std::optional<std::string> target = co_await target_name(*record.redirect, domain);
            if (!target) co_return permerror(redirected_by + ": " + too_long);
            domain = std::move(*target);
        }
    }

    // The explanation of a failure (RFC 7208 §6.2); empty if anything is wrong with it.
    asio::awaitable<std::string> explain(const SpfDomainSpec& spec, std::string domain) {
        std::optional<std::string> name = co_await target_name(spec, domain);
        if (!name || !can_be_asked(*name) || is_late()) co_return "";
        const dns::Answer<dns::Txt> answer = co_await source_.txt(std::move(*name));
        const auto* found = std::get_if<dns::Found<dns::Txt>>(&answer);
        if (!found || found->records.size() != 1) co_return "";
        const auto parts = parse_spf_macros(found->records.front().text, SpfMacroPlace::explanation);
        if (!parts) co_return "";
        const std::optional<std::string> text = co_await expand(*parts, domain);
        // The text is ASCII; what its macros stand for need not be.
        co_return text ? printable(*text, most_explained) : "";
    }

    [[nodiscard]] bool asked_for_local_part() const { return asked_for_local_part_; }

  private:
    // A record, or how it ends without one.
    struct LookUp {
        std::optional<SpfRecord> record{};
        SpfOutcome outcome{};
    };
    // RFC 7208 §4.3 to §4.5.
    asio::awaitable<LookUp> look_up_record(std::string domain) {
        if (!can_be_asked(domain) || count_labels(domain) < 2) {
            co_return LookUp{.outcome = spf_none("\"" + briefly(domain) + "\" is not a domain name of several labels")};
        }
        if (is_late()) co_return LookUp{.outcome = late()};
        const dns::Answer<dns::Txt> answer = co_await source_.txt(domain);
        if (const auto* error = dns_error(answer)) {
            co_return LookUp{.outcome =
                                 temperror("the record of " + briefly(domain) + " could not be looked up", *error)};
        }
        const auto* found = std::get_if<dns::Found<dns::Txt>>(&answer);
        co_return found ? select_record(found->records, domain) : LookUp{.outcome = no_spf_record(domain)};
    }

    static LookUp select_record(const std::vector<dns::Txt>& texts, std::string_view domain) {
        const auto is_record = [](const dns::Txt& txt) { return is_spf_record(txt.text); };
        const auto text = std::ranges::find_if(texts, is_record);
        if (text == texts.end()) return {.outcome = no_spf_record(domain)};
        if (std::ranges::count_if(texts, is_record) > 1) {
            return {.outcome = permerror(briefly(domain) + " has more than one SPF record")};
        }
        std::expected<SpfRecord, std::string> record = parse_spf_record(text->text);
        if (!record)
            return {.outcome = permerror("the record of " + briefly(domain) + " is wrong at " + record.error())};
        return {.record = std::move(*record)};
    }

    // The record's mechanisms in turn (RFC 7208 §4.6.2), and what holds after them (§4.7). Nothing: its redirect does.
    asio::awaitable<SpfMatch> evaluate(const SpfRecord& record, std::string domain) {
        for (const SpfMechanism& mechanism : record.mechanisms) {
            SpfMatch match = co_await evaluate_mechanism(mechanism, domain);
            if (!match) continue;
            if (match->verdict == SpfVerdict::temperror || match->verdict == SpfVerdict::permerror) {
                // An error at a term of a record that is included names that term already.
                if (match->mechanism.empty()) match->reason = named_term(mechanism.term, domain) + ": " + match->reason;
                match->mechanism = mechanism.term;
                co_return match;
            }
            match->mechanism = mechanism.term;
            match->domain = domain;
            match->verdict = mechanism.qualifier;
            match->reason = client_.to_string() + " matches " + named_term(mechanism.term, domain);
            if (match->verdict == SpfVerdict::fail) match->explanation = record.explanation;
            co_return match;
        }
        if (record.redirect) co_return std::nullopt;
        co_return SpfOutcome{SpfVerdict::neutral, client_.to_string() + " matches no term of " + briefly(domain)};
    }

    asio::awaitable<SpfMatch> evaluate_mechanism(const SpfMechanism& mechanism, std::string domain) {
        switch (mechanism.kind) {
            case SpfKind::all:
                co_return SpfOutcome{};
            case SpfKind::ip4:
            case SpfKind::ip6:
                if (is_in_network(client_, mechanism.network, mechanism)) co_return SpfOutcome{};
                co_return std::nullopt;
            default:
                break;
        }
        if (!count_term()) co_return permerror(too_many_terms);
        std::string target = domain;
        if (!mechanism.domain.empty()) {
            std::optional<std::string> expanded = co_await target_name(mechanism.domain, domain);
            if (!expanded) co_return permerror(too_long);
            target = std::move(*expanded);
        }
        if (mechanism.kind == SpfKind::include) {
            SpfMatch match = co_await include(std::move(target));
            co_return match;
        }
        // RFC 7208 §4.8 leaves open what a name means that is none: it matches nothing.
        if (!can_be_asked(target)) co_return std::nullopt;
        if (is_late()) co_return late();
        SpfMatch match = co_await look_up_hosts(mechanism, std::move(target));
        co_return match;
    }

    asio::awaitable<SpfMatch> look_up_hosts(const SpfMechanism& mechanism, std::string target) {
        SpfMatch match;
        switch (mechanism.kind) {
            case SpfKind::a:
                match = co_await has_address(mechanism, std::move(target), true);
                break;
            case SpfKind::mx:
                match = co_await has_mail_host(mechanism, std::move(target));
                break;
            case SpfKind::ptr:
                match = co_await has_name_within(std::move(target));
                break;
            default:
                match = co_await exists(std::move(target));
                break;
        }
        co_return match;
    }

    // RFC 7208 §5.2, with the table there.
    asio::awaitable<SpfMatch> include(std::string target) {
        SpfOutcome outcome = co_await check_host(std::move(target));
        switch (outcome.verdict) {
            case SpfVerdict::pass:
                co_return SpfOutcome{};
            case SpfVerdict::fail:
            case SpfVerdict::softfail:
            case SpfVerdict::neutral:
                co_return std::nullopt;
            case SpfVerdict::none:
                co_return permerror(std::move(outcome.reason));
            default:
                co_return outcome;
        }
    }

    // RFC 7208 §5.3. is_term: finding nothing counts (the hosts of an mx count together).
    asio::awaitable<SpfMatch> has_address(const SpfMechanism& mechanism, std::string host, bool is_term) {
        if (client_.is_v4()) {
            const dns::Answer<asio::ip::address_v4> answer = co_await source_.a(host);
            co_return compare(answer, mechanism, host, is_term);
        }
        const dns::Answer<asio::ip::address_v6> answer = co_await source_.aaaa(host);
        co_return compare(answer, mechanism, host, is_term);
    }

    template <class Address>
    SpfMatch compare(const dns::Answer<Address>& answer, const SpfMechanism& mechanism, const std::string& host,
                     bool is_term) {
        if (const auto* error = dns_error(answer)) return temperror("no addresses of " + briefly(host), *error);
        const auto* found = std::get_if<dns::Found<Address>>(&answer);
        if (!found) return is_term ? found_nothing() : SpfMatch();
        found_address_ = true;
        for (const Address& address : found->records) {
            if (is_in_network(client_, address, mechanism)) return SpfOutcome{};
        }
        return std::nullopt;
    }

    // RFC 7208 §5.4. A null MX (RFC 7505) names no host.
    asio::awaitable<SpfMatch> has_mail_host(const SpfMechanism& mechanism, std::string domain) {
        const dns::Answer<dns::Mx> answer = co_await source_.mx(domain);
        if (const auto* error = dns_error(answer)) co_return temperror("no mail hosts of " + briefly(domain), *error);
        const auto* found = std::get_if<dns::Found<dns::Mx>>(&answer);
        if (!found) co_return found_nothing();
        if (found->records.size() > most_hosts) co_return permerror(briefly(domain) + " has more than 10 mail hosts");
        found_address_ = false;
        bool asked = false;
        for (const dns::Mx& record : found->records) {
            if (!can_be_asked(record.exchange)) continue;
            if (is_late()) co_return late();
            asked = true;
            SpfMatch match = co_await has_address(mechanism, record.exchange, false);
            if (match) co_return match;
        }
        co_return asked && !found_address_ ? found_nothing() : SpfMatch();
    }

    // RFC 7208 §5.5. Whether the client's address has names is not up to the record's owner, so none count as found
    // nothing, and errors match nothing.
    asio::awaitable<SpfMatch> has_name_within(std::string domain) {
        co_await confirm_client();
        for (const std::string& name : *confirmed_) {
            if (is_within(name, domain)) co_return SpfOutcome{};
        }
        co_return std::nullopt;
    }

    // RFC 7208 §5.7: A, whatever the client's address.
    asio::awaitable<SpfMatch> exists(std::string name) {
        const dns::Answer<asio::ip::address_v4> answer = co_await source_.a(name);
        if (const auto* error = dns_error(answer)) co_return temperror(name, *error);
        if (std::holds_alternative<dns::Found<asio::ip::address_v4>>(answer)) co_return SpfOutcome{};
        co_return found_nothing();
    }

    asio::awaitable<void> confirm_client() {
        if (confirmed_) co_return;
        ConfirmedNames names = co_await confirm_names(source_, client_, most_hosts);
        confirmed_ = std::move(names.names);
    }

    // RFC 7208 §7.3: the domain itself, else a name below it, else any.
    std::string best_name(const std::string& domain) const {
        const auto& names = *confirmed_;
        for (const std::string& name : names) {
            if (base::iequals(name, domain)) return name;
        }
        for (const std::string& name : names) {
            if (is_within(name, domain)) return name;
        }
        return names.empty() ? "unknown" : names.front();
    }

    asio::awaitable<std::optional<std::string>> expand(const std::vector<SpfMacroPart>& parts, std::string domain) {
        if (has_spf_macro(parts, "sl")) asked_for_local_part_ = true;
        values_.domain = domain;
        if (has_spf_macro(parts, "p")) {
            if (!is_late()) co_await confirm_client();
            values_.confirmed_name = confirmed_ ? best_name(domain) : "unknown";
        }
        co_return expand_spf_macros(parts, values_, most_expanded);
    }

    // RFC 7208 §4.8, §7.3: without a final dot; what is too long loses labels on its left. Nothing if it is longer than
    // that can mean.
    asio::awaitable<std::optional<std::string>> target_name(const SpfDomainSpec& spec, std::string domain) {
        std::optional<std::string> name = co_await expand(spec, std::move(domain));
        if (!name) co_return std::nullopt;
        if (name->ends_with('.')) name->pop_back();
        while (name->size() > most_octets_of_name) {
            const std::size_t dot = name->find('.');
            name->erase(0, dot == std::string::npos ? name->size() : dot + 1);
        }
        co_return name;
    }

    bool count_term() { return ++terms_ <= most_terms; }
    SpfMatch found_nothing() {
        if (++voids_ <= most_voids) return std::nullopt;
        return permerror("more than 2 terms find nothing in the DNS");
    }

    [[nodiscard]] bool is_late() const { return query_.clock() - started_ >= query_.time_limit; }
    static SpfOutcome late() { return {SpfVerdict::temperror, "the DNS takes too long"}; }

    dns::Source& source_;
    const SpfQuery& query_;
    asio::ip::address client_;
    std::chrono::steady_clock::time_point started_;
    SpfMacroValues values_;
    int terms_ = 0;
    int voids_ = 0;
    bool found_address_ = false;
    bool asked_for_local_part_ = false;
    std::optional<std::vector<std::string>> confirmed_;  // the client's names, once looked up
};

asio::awaitable<SpfResult> judge_identity(dns::Source& source, const SpfQuery& query, SpfIdentity identity,
                                          std::string local_part, std::string_view given) {
    SpfResult result{.identity = identity};
    const std::optional<std::string> domain = normal_domain(given);
    if (!domain) {
        result.domain = briefly(given);
        result.reason = "\"" + result.domain + "\" is not a domain name";
        co_return result;
    }
    result.domain = *domain;
    // RFC 7208 §4.3.
    if (local_part.empty()) local_part = "postmaster";
    SpfCheck check(source, query, local_part, *domain);
    const SpfOutcome outcome = co_await check.check_host(*domain);
    result.verdict = outcome.verdict;
    result.mechanism = briefly(outcome.mechanism);
    result.reason = printable(outcome.reason, most_reason);
    if (check.asked_for_local_part()) result.local_part = local_part;
    if (outcome.verdict == SpfVerdict::fail && outcome.explanation) {
        result.explanation = co_await check.explain(*outcome.explanation, outcome.domain);
    }
    co_return result;
}

}  // namespace

asio::awaitable<SpfResult> check_spf(dns::Source& source, SpfQuery query) {
    if (query.mail_from.empty()) {
        SpfResult result = co_await judge_identity(source, query, SpfIdentity::helo, "", query.helo);
        co_return result;
    }
    const std::size_t at = query.mail_from.rfind('@');
    const std::string local_part = at == std::string::npos ? "" : query.mail_from.substr(0, at);
    const std::string domain = at == std::string::npos ? query.mail_from : query.mail_from.substr(at + 1);
    SpfResult result = co_await judge_identity(source, query, SpfIdentity::mail_from, local_part, domain);
    co_return result;
}

asio::awaitable<SpfResult> check_spf_helo(dns::Source& source, SpfQuery query) {
    SpfResult result = co_await judge_identity(source, query, SpfIdentity::helo, "", query.helo);
    co_return result;
}

}  // namespace mailauth
