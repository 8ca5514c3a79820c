#include "protocols/mailauth/dkim_signature.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"
#include "protocols/mailauth/domain_name.h"

namespace mailauth {

namespace {

constexpr std::size_t sha256_octets = 32;
constexpr std::size_t most_identity_octets = 512;  // RFC 5321 §4.5.3.1 has 64 and 255
constexpr std::size_t most_signed_names = 1000;    // in h=

using MaybeFault = std::optional<DkimFault>;  // nothing: all is well

DkimFault neutral_fault(std::string reason) { return {.verdict = DkimVerdict::neutral, .reason = std::move(reason)}; }

bool has_only_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, base::is_digit); }

// 1*12DIGIT, 1*76DIGIT: what is larger than a value can be stands for the largest.
std::optional<std::uint64_t> parse_large_number(std::string_view text) {
    if (!has_only_digits(text) || text.size() > 76) return std::nullopt;
    return base::parse_number<std::uint64_t>(text).value_or(std::numeric_limits<std::uint64_t>::max());
}

// A domain with that many labels at least; nothing if it is none.
std::optional<std::string> domain_of(std::string_view text, std::size_t least_labels) {
    std::optional<std::string> domain = normal_domain(text);
    if (!domain || text.ends_with('.') || count_labels(*domain) < least_labels) return std::nullopt;
    return domain;
}

std::optional<char> hex_octet(std::string_view digits) {
    constexpr std::string_view alphabet = "0123456789ABCDEF";
    if (digits.size() < 2) return std::nullopt;
    const std::size_t high = alphabet.find(digits[0]);
    const std::size_t low = alphabet.find(digits[1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    return static_cast<char>(high * 16 + low);
}

// dkim-quoted-printable (RFC 6376 §2.11), decoded.
std::optional<std::string> decode_dkim_quoted(std::string_view value) {
    const std::string text = without_white_space(value);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '=') {
            out += text[i];
            continue;
        }
        const std::optional<char> octet = hex_octet(std::string_view(text).substr(i + 1));
        if (!octet) return std::nullopt;
        out += *octet;
        i += 2;
    }
    return out;
}

MaybeFault read_algorithm(DkimSignature& signature, std::string_view value) {
    if (value == "rsa-sha256") {
        signature.algorithm = DkimAlgorithm::rsa_sha256;
    } else if (value == "ed25519-sha256") {
        signature.algorithm = DkimAlgorithm::ed25519_sha256;
    } else if (value == "rsa-sha1") {
        return DkimFault{.verdict = DkimVerdict::permerror, .reason = "rsa-sha1 is no longer accepted"};
    } else {
        return neutral_fault("unknown algorithm in a=");
    }
    return std::nullopt;
}

std::optional<Canonicalization> parse_form(std::string_view name) {
    if (name == "simple") return Canonicalization::simple;
    if (name == "relaxed") return Canonicalization::relaxed;
    return std::nullopt;
}

// sig-c-tag-alg ["/" sig-c-tag-alg]: without the second, the body is simple.
MaybeFault read_forms(DkimSignature& signature, std::string_view value) {
    const std::size_t slash = value.find('/');
    const std::optional<Canonicalization> header = parse_form(value.substr(0, slash));
    const std::optional<Canonicalization> body =
        slash == std::string_view::npos ? Canonicalization::simple : parse_form(value.substr(slash + 1));
    if (!header || !body) return neutral_fault("unknown canonicalization in c=");
    signature.header_form = *header;
    signature.body_form = *body;
    return std::nullopt;
}

bool is_field_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f' && c != ':'; });
}

MaybeFault read_fields(DkimSignature& signature, std::string_view value, SignatureKind kind) {
    for (const std::string_view name : split_colons(value)) {
        if (signature.fields.size() == most_signed_names) return neutral_fault("too many names in h=");
        // ValiMail's suite of ARC has them empty. An empty name stands for no field.
        const bool may_be_empty = kind == SignatureKind::arc_message;
        if (!is_field_name(name) && !(name.empty() && may_be_empty))
            return neutral_fault("h= is no list of field names");
        signature.fields.push_back(base::lower(name));
    }
    return std::nullopt;
}

// Which of these are there is known already.
MaybeFault read_hashes(DkimSignature& signature, const TagList& tags, SignatureKind kind) {
    std::optional<std::string> octets = base::decode_base64(without_white_space(*tags.value("b")));
    if (!octets || octets->empty()) return neutral_fault("b= is not base64");
    signature.signature = std::move(*octets);
    signature.written_signature = tags.find("b")->written;
    if (kind == SignatureKind::arc_seal) return std::nullopt;
    octets = base::decode_base64(without_white_space(*tags.value("bh")));
    if (!octets || octets->size() != sha256_octets) return neutral_fault("bh= is no SHA-256 hash in base64");
    signature.body_hash = std::move(*octets);
    return std::nullopt;
}

MaybeFault read_names(DkimSignature& signature, const TagList& tags) {
    std::optional<std::string> domain = domain_of(*tags.value("d"), 2);
    if (!domain) return neutral_fault("d= is no domain name");
    std::optional<std::string> selector = domain_of(*tags.value("s"), 1);
    if (!selector) return neutral_fault("s= is no selector");
    signature.domain = std::move(*domain);
    signature.selector = std::move(*selector);
    return std::nullopt;
}

// Fit for a line of text: what is decoded may have been anything.
bool is_identity_text(std::string_view text) {
    return text.size() <= most_identity_octets && base::is_utf8(text) &&
           std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

// [ Local-part ] "@" domain-name, within d=.
MaybeFault read_identity(DkimSignature& signature, std::optional<std::string_view> value) {
    if (!value) {
        signature.identity = "@" + signature.domain;
        return std::nullopt;
    }
    const std::optional<std::string> identity = decode_dkim_quoted(*value);
    const bool is_text = identity && is_identity_text(*identity);
    const std::size_t at = is_text ? identity->rfind('@') : std::string::npos;
    const std::optional<std::string> domain =
        at == std::string::npos ? std::nullopt : domain_of(std::string_view(*identity).substr(at + 1), 1);
    if (!domain) return neutral_fault("i= is no identity");
    if (!is_within(*domain, signature.domain)) {
        return DkimFault{.verdict = DkimVerdict::permerror, .reason = "i= is outside of d="};
    }
    signature.identity = identity->substr(0, at + 1) + *domain;
    return std::nullopt;
}

MaybeFault read_number(std::optional<std::uint64_t>& number, const TagList& tags, std::string_view name) {
    const std::optional<std::string_view> value = tags.value(name);
    if (!value) return std::nullopt;
    number = parse_large_number(*value);
    if (!number) return neutral_fault(std::string(name) + "= is no number");
    return std::nullopt;
}

MaybeFault read_times(DkimSignature& signature, const TagList& tags) {
    if (MaybeFault fault = read_number(signature.signed_at, tags, "t")) return fault;
    if (MaybeFault fault = read_number(signature.expires_at, tags, "x")) return fault;
    if (signature.signed_at && signature.expires_at && *signature.expires_at <= *signature.signed_at) {
        return neutral_fault("x= is not after t=");
    }
    return std::nullopt;
}

// q=: of all methods that a signer may name, only the DNS exists.
MaybeFault check_query(std::optional<std::string_view> value) {
    if (!value) return std::nullopt;
    const std::vector<std::string_view> methods = split_colons(*value);
    const bool is_known = std::ranges::any_of(methods, [](auto method) { return base::iequals(method, "dns/txt"); });
    return is_known ? std::nullopt : MaybeFault(neutral_fault("no known query method in q="));
}

MaybeFault check_needed(const TagList& tags, SignatureKind kind) {
    constexpr std::string_view of_all[] = {"a", "b", "d", "s"};
    for (const std::string_view name : of_all) {
        if (!tags.value(name)) return neutral_fault("tag " + std::string(name) + " is missing");
    }
    if (kind == SignatureKind::arc_seal) return std::nullopt;
    for (const std::string_view name : {std::string_view("bh"), std::string_view("h")}) {
        if (!tags.value(name)) return neutral_fault("tag " + std::string(name) + " is missing");
    }
    if (kind == SignatureKind::dkim && tags.value("v") != "1") return neutral_fault("v= is not 1");
    return std::nullopt;
}

// What only a DKIM-Signature has.
MaybeFault read_dkim(DkimSignature& signature, const TagList& tags) {
    if (MaybeFault fault = check_query(tags.value("q"))) return fault;
    if (MaybeFault fault = read_identity(signature, tags.value("i"))) return fault;
    if (std::ranges::find(signature.fields, "from") == signature.fields.end()) {
        return DkimFault{.verdict = DkimVerdict::permerror, .reason = "From is not signed"};
    }
    return std::nullopt;
}

// What only ARC has. RFC 8617 §4.1.2, §4.1.3.
MaybeFault read_arc(DkimSignature& signature, const TagList& tags, SignatureKind kind) {
    const std::optional<std::uint64_t> instance = parse_arc_instance(tags.value("i").value_or(""));
    if (!instance) return neutral_fault("i= is no instance");
    signature.instance = *instance;
    if (kind == SignatureKind::arc_seal && tags.value("h")) return neutral_fault("an ARC-Seal with h=");
    // The seals are put on afterwards, so a message signature cannot be of any.
    if (std::ranges::find(signature.fields, "arc-seal") != signature.fields.end()) {
        return neutral_fault("h= names ARC-Seal");
    }
    return std::nullopt;
}

// As check_needed() has found them.
MaybeFault read_tags(DkimSignature& signature, const TagList& tags, SignatureKind kind) {
    const bool has_body = kind != SignatureKind::arc_seal;
    // RFC 8617 §4.1.2 imports DKIM's default, but those who seal (dkimpy, ValiMail's suite) mean relaxed in both.
    const std::string_view default_forms = kind == SignatureKind::arc_message ? "relaxed/relaxed" : "simple/simple";
    if (MaybeFault fault = read_algorithm(signature, *tags.value("a"))) return fault;
    if (MaybeFault fault = read_hashes(signature, tags, kind)) return fault;
    if (MaybeFault fault = read_names(signature, tags)) return fault;
    if (MaybeFault fault = has_body ? read_forms(signature, tags.value("c").value_or(default_forms)) : MaybeFault())
        return fault;
    if (MaybeFault fault = has_body ? read_fields(signature, *tags.value("h"), kind) : MaybeFault()) return fault;
    if (MaybeFault fault = has_body ? read_number(signature.body_limit, tags, "l") : MaybeFault()) return fault;
    if (MaybeFault fault = read_times(signature, tags)) return fault;
    return kind == SignatureKind::dkim ? read_dkim(signature, tags) : read_arc(signature, tags, kind);
}

bool is_plain_token(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || std::string_view("-+/=").find(c) != std::string_view::npos;
    });
}

}  // namespace

std::string_view to_string(DkimAlgorithm algorithm) {
    return algorithm == DkimAlgorithm::rsa_sha256 ? "rsa-sha256" : "ed25519-sha256";
}

std::string_view to_string(DkimVerdict verdict) {
    switch (verdict) {
        case DkimVerdict::pass:
            return "pass";
        case DkimVerdict::fail:
            return "fail";
        case DkimVerdict::policy:
            return "policy";
        case DkimVerdict::neutral:
            return "neutral";
        case DkimVerdict::temperror:
            return "temperror";
        case DkimVerdict::permerror:
            return "permerror";
    }
    return "neutral";
}

std::optional<std::uint64_t> parse_arc_instance(std::string_view value) {
    const std::optional<std::uint64_t> number = has_only_digits(value) ? parse_large_number(value) : std::nullopt;
    return number && *number >= 1 && *number <= 50 ? number : std::nullopt;
}

std::expected<DkimSignature, DkimFault> parse_dkim_signature(std::string_view value, SignatureKind kind) {
    const std::expected<TagList, std::string> tags = parse_tag_list(value);
    if (!tags) return std::unexpected(neutral_fault(tags.error()));
    if (MaybeFault fault = check_needed(*tags, kind)) return std::unexpected(std::move(*fault));
    DkimSignature signature;
    if (MaybeFault fault = read_tags(signature, *tags, kind)) return std::unexpected(std::move(*fault));
    return signature;
}

DkimNames dkim_names(std::string_view value) {
    DkimNames names;
    while (!value.empty()) {
        const std::string_view spec = value.substr(0, value.find(';'));
        value.remove_prefix(std::min(value.size(), spec.size() + 1));
        const std::size_t equals = spec.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view name = base::trim(spec.substr(0, equals));
        const std::string_view tag = base::trim(spec.substr(equals + 1));
        if (name == "d") names.domain = domain_of(tag, 1).value_or("");
        if (name == "s") names.selector = domain_of(tag, 1).value_or("");
        if (name == "a" && is_plain_token(tag)) names.algorithm = tag.substr(0, 64);
        if (name == "b") names.signature_start = without_white_space(tag.substr(0, 64)).substr(0, 8);
    }
    if (!is_plain_token(names.signature_start)) names.signature_start.clear();
    return names;
}

}  // namespace mailauth
