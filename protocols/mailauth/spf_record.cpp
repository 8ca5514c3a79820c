#include "protocols/mailauth/spf_record.h"

#include <array>
#include <utility>

#include "protocols/base/text.h"

namespace mailauth {
namespace {

using SpfKind = SpfMechanism::Kind;
using SpfSyntaxError = std::unexpected<std::string>;

constexpr std::string_view spf_version = "v=spf1";
constexpr std::size_t most_octets_of_term = 80;  // octets of a term that an error names

enum class SpfArgument : std::uint8_t { none, optional, required };

struct MechanismRule {
    std::string_view name;
    SpfKind kind;
    SpfArgument domain;
    bool has_prefixes;
};
constexpr std::array<MechanismRule, 8> mechanism_rules{{
    {"all", SpfKind::all, SpfArgument::none, false},              // RFC 7208 §5.1
    {"include", SpfKind::include, SpfArgument::required, false},  // §5.2
    {"a", SpfKind::a, SpfArgument::optional, true},               // §5.3
    {"mx", SpfKind::mx, SpfArgument::optional, true},             // §5.4
    {"ptr", SpfKind::ptr, SpfArgument::optional, false},          // §5.5
    {"ip4", SpfKind::ip4, SpfArgument::required, true},           // §5.6
    {"ip6", SpfKind::ip6, SpfArgument::required, true},
    {"exists", SpfKind::exists, SpfArgument::required, false},  // §5.7
}};

// name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ), of a modifier. RFC 7208 §4.6.1.
std::size_t name_size(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && (base::is_alpha(text[at]) ||
                                (at > 0 && (base::is_digit(text[at]) || std::string_view("-_.").contains(text[at]))))) {
        ++at;
    }
    return at;
}

std::expected<SpfDomainSpec, std::string> parse_domain_spec(std::string_view text) {
    if (text.empty()) return SpfSyntaxError("the domain is missing");
    std::expected<SpfDomainSpec, std::string> parts = parse_spf_macros(text, SpfMacroPlace::term);
    if (parts && !ends_as_domain_spec(text)) return SpfSyntaxError("the domain has no valid top label");
    return parts;
}

// "0" or a number without a leading zero, up to most.
std::optional<unsigned> parse_prefix(std::string_view digits, unsigned most) {
    if (digits.size() > 3 || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
    const std::optional<unsigned> value = base::parse_number<unsigned>(digits);
    return value && *value <= most ? value : std::nullopt;
}

// Takes "/digits" off the end of text, if it is there; the digits, or nothing.
std::optional<std::string_view> take_prefix(std::string_view& text, std::string_view slashes) {
    std::size_t at = text.size();
    while (at > 0 && base::is_digit(text[at - 1])) --at;
    if (at == text.size() || !text.substr(0, at).ends_with(slashes)) return std::nullopt;
    const std::string_view digits = text.substr(at);
    text.remove_suffix(digits.size() + slashes.size());
    return digits;
}

// dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]; a domain may have slashes, too, so from the end.
std::optional<std::string> take_dual_prefix(std::string_view& text, SpfMechanism& mechanism) {
    if (const auto digits = take_prefix(text, "//")) {
        const std::optional<unsigned> prefix = parse_prefix(*digits, 128);
        if (!prefix) return "the IPv6 prefix length is none";
        mechanism.prefix6 = *prefix;
    }
    if (const auto digits = take_prefix(text, "/")) {
        const std::optional<unsigned> prefix = parse_prefix(*digits, 32);
        if (!prefix) return "the IPv4 prefix length is none";
        mechanism.prefix4 = *prefix;
    }
    return std::nullopt;
}

// qnum: no leading zeros. Asio's parser takes none either, but that is the system's choice.
bool is_dotted_quad(std::string_view text) {
    int numbers = 0;
    for (;;) {
        const std::size_t dot = text.find('.');
        const std::string_view number = text.substr(0, dot);
        if (number.empty() || !parse_prefix(number, 255)) return false;
        ++numbers;
        if (dot == std::string_view::npos) return numbers == 4;
        text.remove_prefix(dot + 1);
    }
}

// ip4 = "ip4" ":" ip4-network [ ip4-cidr-length ], ip6 likewise. RFC 7208 §5.6.
std::optional<std::string> parse_network(std::string_view text, SpfMechanism& mechanism) {
    const bool is_v4 = mechanism.kind == SpfKind::ip4;
    if (const auto digits = take_prefix(text, "/")) {
        const std::optional<unsigned> prefix = parse_prefix(*digits, is_v4 ? 32 : 128);
        if (!prefix) return "the prefix length is none";
        (is_v4 ? mechanism.prefix4 : mechanism.prefix6) = *prefix;
    }
    asio::error_code error;
    if (is_v4) {
        if (!is_dotted_quad(text)) return "the IPv4 network is none";
        mechanism.network = asio::ip::make_address_v4(std::string(text), error);
    } else {
        // A scope ("%eth0") is no part of a network.
        if (text.contains('%') || text.contains('\0')) return "the IPv6 network is none";
        mechanism.network = asio::ip::make_address_v6(std::string(text), error);
    }
    if (error) return "the network is none";
    return std::nullopt;
}

SpfVerdict take_qualifier(std::string_view& term) {
    constexpr std::string_view qualifiers = "+-~?";
    constexpr std::array verdicts{SpfVerdict::pass, SpfVerdict::fail, SpfVerdict::softfail, SpfVerdict::neutral};
    const std::size_t which = term.empty() ? std::string_view::npos : qualifiers.find(term.front());
    if (which == std::string_view::npos) return SpfVerdict::pass;
    term.remove_prefix(1);
    return verdicts[which];
}

// What follows the mechanism's name.
std::optional<std::string> parse_argument(std::string_view rest, const MechanismRule& rule, SpfMechanism& mechanism) {
    const bool has_argument = rest.starts_with(':');
    if (rule.domain == SpfArgument::required && !has_argument) return "its argument is missing";
    if (rule.domain == SpfArgument::none && !rest.empty()) return "it takes no argument";
    if (rule.kind == SpfKind::ip4 || rule.kind == SpfKind::ip6) return parse_network(rest.substr(1), mechanism);
    if (rule.has_prefixes) {
        if (auto error = take_dual_prefix(rest, mechanism)) return error;
    }
    if (!has_argument) return rest.empty() ? std::nullopt : std::optional<std::string>("it takes no such argument");
    auto domain = parse_domain_spec(rest.substr(1));
    if (!domain) return domain.error();
    mechanism.domain = std::move(*domain);
    return std::nullopt;
}

// directive = [ qualifier ] mechanism
std::optional<std::string> add_directive(std::string_view term, SpfRecord& record) {
    SpfMechanism mechanism;
    mechanism.term = term;
    mechanism.qualifier = take_qualifier(term);
    const std::size_t size = std::min(term.size(), term.find_first_of(":/"));
    for (const MechanismRule& rule : mechanism_rules) {
        if (!base::iequals(term.substr(0, size), rule.name)) continue;
        mechanism.kind = rule.kind;
        if (auto error = parse_argument(term.substr(size), rule, mechanism)) return error;
        record.mechanisms.push_back(std::move(mechanism));
        return std::nullopt;
    }
    return "no such mechanism";
}

// modifier = redirect / explanation / unknown-modifier. Either of the first two once: RFC 7208 §6.
std::optional<std::string> add_modifier(std::string_view name, std::string_view value, SpfRecord& record) {
    const bool is_redirect = base::iequals(name, "redirect");
    if (!is_redirect && !base::iequals(name, "exp")) {
        const auto parts = parse_spf_macros(value, SpfMacroPlace::modifier);
        return parts ? std::nullopt : std::optional(parts.error());
    }
    std::optional<SpfDomainSpec>& target = is_redirect ? record.redirect : record.explanation;
    if (target) return "it stands there twice";
    auto domain = parse_domain_spec(value);
    if (!domain) return domain.error();
    target = std::move(*domain);
    return std::nullopt;
}

std::optional<std::string> add_term(std::string_view term, SpfRecord& record) {
    const std::size_t size = name_size(term);
    if (size == 0 || size == term.size() || term[size] != '=') return add_directive(term, record);
    auto error = add_modifier(term.substr(0, size), term.substr(size + 1), record);
    if (!error && base::iequals(term.substr(0, size), "redirect")) record.redirect_term = term;
    return error;
}

}  // namespace

std::string_view to_string(SpfVerdict verdict) {
    switch (verdict) {
        case SpfVerdict::none:
            return "none";
        case SpfVerdict::neutral:
            return "neutral";
        case SpfVerdict::pass:
            return "pass";
        case SpfVerdict::fail:
            return "fail";
        case SpfVerdict::softfail:
            return "softfail";
        case SpfVerdict::temperror:
            return "temperror";
        case SpfVerdict::permerror:
            break;
    }
    return "permerror";
}

bool is_spf_record(std::string_view text) {
    return base::istarts_with(text, spf_version) &&
           (text.size() == spf_version.size() || text[spf_version.size()] == ' ');
}

std::expected<SpfRecord, std::string> parse_spf_record(std::string_view text) {
    if (!is_spf_record(text)) return SpfSyntaxError("it does not begin with \"v=spf1\"");
    text.remove_prefix(spf_version.size());
    SpfRecord record;
    while (!text.empty()) {
        const std::size_t end = std::min(text.size(), text.find(' '));
        const std::string_view term = text.substr(0, end);
        text.remove_prefix(std::min(text.size(), end + 1));
        if (term.empty()) continue;
        if (auto error = add_term(term, record))
            return SpfSyntaxError("\"" + printable(term, most_octets_of_term) + "\": " + *error);
    }
    return record;
}

std::string printable(std::string_view text, std::size_t most_octets) {
    std::string clean(text.substr(0, most_octets));
    for (char& c : clean) {
        if (c < ' ' || c > '~') c = '?';
    }
    return clean;
}

}  // namespace mailauth
