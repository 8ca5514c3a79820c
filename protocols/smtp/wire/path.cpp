// The grammar of paths. RFC 5321 §4.1.2 and §4.1.3, RFC 6531 §3.3.
// Source routes are skipped (RFC 5321 §4.1.1.3, appendix C); quoted local parts get one canonical form. parser.cpp has
// already checked that the line is UTF-8.
#include "protocols/smtp/wire/path.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace smtp::wire {

namespace {

bool is_utf8_octet(char c) { return static_cast<unsigned char>(c) >= 0x80; }

// atext = ALPHA / DIGIT / specials, RFC 5322 §3.2.3; UTF8-non-ascii, RFC 6531 §3.3
bool is_atext(char c) {
    return base::is_alpha(c) || base::is_digit(c) || is_utf8_octet(c) ||
           (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c));
}

bool is_alphanumeric(char c) { return base::is_alpha(c) || base::is_digit(c) || is_utf8_octet(c); }

// sub-domain = Let-dig [Ldh-str]
bool is_label(std::string_view label) {
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    return std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

// IPv4-address-literal = Snum 3("." Snum), Snum = 1*3DIGIT up to 255
bool is_ipv4(std::string_view text) {
    for (int part = 0; part < 4; ++part) {
        const std::size_t dot = part < 3 ? text.find('.') : text.size();
        if (dot == std::string_view::npos || dot > 3) return false;
        const auto number = base::parse_number<unsigned>(text.substr(0, dot));
        if (!number || *number > 255) return false;
        text.remove_prefix(std::min(dot + 1, text.size()));
    }
    return true;
}

bool is_hex_group(std::string_view group) {
    return !group.empty() && group.size() <= 4 && std::ranges::all_of(group, [](char c) {
        return base::is_digit(c) || (base::to_lower(c) >= 'a' && base::to_lower(c) <= 'f');
    });
}

// How many 16-bit groups "a:b:c" (perhaps ending in an IPv4 address) has; nullopt if malformed. Empty: 0.
std::optional<int> count_groups(std::string_view text, bool may_end_in_ipv4) {
    if (text.empty()) return 0;
    int groups = 0;
    for (;;) {
        const std::size_t colon = text.find(':');
        const std::string_view group = text.substr(0, colon);
        if (colon == std::string_view::npos && may_end_in_ipv4 && is_ipv4(group)) return groups + 2;
        if (!is_hex_group(group)) return std::nullopt;
        ++groups;
        if (colon == std::string_view::npos) return groups;
        text.remove_prefix(colon + 1);
    }
}

// IPv6-addr = IPv6-full / IPv6-comp / IPv6v4-full / IPv6v4-comp
bool is_ipv6(std::string_view text) {
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) return count_groups(text, true) == 8;
    const std::optional<int> before = count_groups(text.substr(0, gap), false);
    const std::optional<int> after = count_groups(text.substr(gap + 2), true);
    return before && after && *before + *after < 8;
}

// Dot-string = Atom *("." Atom)
bool is_dot_string(std::string_view text) {
    if (text.empty() || text.front() == '.' || text.back() == '.' || text.contains("..")) return false;
    return std::ranges::all_of(text, [](char c) { return is_atext(c) || c == '.'; });
}

// Quoted-string = DQUOTE *QcontentSMTP DQUOTE; the result is without quotes and backslashes.
std::expected<std::string, base::SyntaxError> parse_quoted(Cursor& cursor) {
    std::string content;
    cursor.skip('"');
    while (!cursor.skip('"')) {
        cursor.skip('\\');
        const char c = cursor.peek();
        if (cursor.at_end()) return std::unexpected(cursor.error("closing quote expected"));
        if (!is_utf8_octet(c) && (c < ' ' || c > '~')) {
            return std::unexpected(cursor.error("control character in a quoted local part"));
        }
        content += c;
        cursor.advance(1);
    }
    return content;
}

std::string quoted_where_needed(std::string_view local_part) {
    if (is_dot_string(local_part)) return std::string(local_part);
    std::string out = "\"";
    for (const char c : local_part) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out += '"';
}

// Local-part = Dot-string / Quoted-string. Dots are allowed anywhere: addresses of old phones have "a..b", ".a" and
// "a." (CLIENTS.md 29), and only its own server may interpret a local part (RFC 5321 §2.3.11).
std::expected<std::string, base::SyntaxError> parse_local_part(Cursor& cursor) {
    if (cursor.peek() == '"') {
        std::expected<std::string, base::SyntaxError> content = parse_quoted(cursor);
        if (!content) return content;
        return quoted_where_needed(*content);
    }
    const std::size_t from = cursor.offset();
    const std::string_view text = cursor.take_while([](char c) { return is_atext(c) || c == '.'; });
    if (text.empty()) return std::unexpected(base::SyntaxError{from, "local part expected"});
    return std::string(text);
}

// Domain / address-literal
std::expected<std::string, base::SyntaxError> parse_domain(Cursor& cursor) {
    const std::size_t from = cursor.offset();
    const bool literal = cursor.peek() == '[';
    const std::string_view text = cursor.take_while([](char c) { return c != '>' && c != ',' && !base::is_space(c); });
    if (literal ? is_address_literal(text) : is_domain(text)) return std::string(text);
    return std::unexpected(base::SyntaxError{from, literal ? "address literal expected" : "domain expected"});
}

// A-d-l = At-domain *( "," At-domain ) ":"; accepted and ignored.
std::expected<void, base::SyntaxError> skip_source_route(Cursor& cursor) {
    if (cursor.peek() != '@') return {};
    do {
        if (!cursor.skip('@')) return std::unexpected(cursor.error("@ expected in the source route"));
        const std::size_t from = cursor.offset();
        if (!is_domain(cursor.take_while([](char c) { return c != ',' && c != ':' && c != '>'; }))) {
            return std::unexpected(base::SyntaxError{from, "domain expected in the source route"});
        }
    } while (cursor.skip(','));
    if (!cursor.skip(':')) return std::unexpected(cursor.error(": expected behind the source route"));
    return {};
}

// Mailbox = Local-part "@" ( Domain / address-literal ), or a local part alone.
std::expected<std::string, base::SyntaxError> parse_mailbox(Cursor& cursor, bool domain_optional) {
    std::expected<std::string, base::SyntaxError> local_part = parse_local_part(cursor);
    if (!local_part) return local_part;
    const bool ends = cursor.at_end() || cursor.peek() == '>' || base::is_space(cursor.peek());
    if (ends && domain_optional) return local_part;
    if (!cursor.skip('@')) return std::unexpected(cursor.error("@ and a domain expected"));
    std::expected<std::string, base::SyntaxError> domain = parse_domain(cursor);
    if (!domain) return domain;
    return *local_part + "@" + *domain;
}

// Path = "<" [ A-d-l ":" ] Mailbox ">", or Mailbox alone.
std::expected<Path, base::SyntaxError> parse_path(Cursor& cursor, Brackets brackets, bool domain_optional) {
    const std::size_t from = cursor.offset();
    const bool bracketed = cursor.skip('<');
    if (!bracketed && brackets == Brackets::required) {
        return std::unexpected(cursor.error("< expected: addresses stand in angle brackets"));
    }
    if (bracketed) {
        const std::expected<void, base::SyntaxError> route = skip_source_route(cursor);
        if (!route) return std::unexpected(route.error());
    }
    std::expected<std::string, base::SyntaxError> mailbox = parse_mailbox(cursor, domain_optional);
    if (!mailbox) return std::unexpected(mailbox.error());
    if (bracketed && !cursor.skip('>')) return std::unexpected(cursor.error("> expected"));
    if (cursor.offset() - from > max_path_octets) return std::unexpected(base::SyntaxError{from, "path too long"});
    return Path{std::move(*mailbox)};
}

}  // namespace

bool is_domain(std::string_view text) {
    if (text.size() > max_domain_octets) return false;
    for (;;) {
        const std::size_t dot = text.find('.');
        if (!is_label(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_address_literal(std::string_view text) {
    if (text.size() < 3 || text.size() > max_domain_octets || text.front() != '[' || text.back() != ']') return false;
    text = text.substr(1, text.size() - 2);
    if (is_ipv4(text)) return true;
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    const std::string_view tag = text.substr(0, colon);
    const std::string_view content = text.substr(colon + 1);
    if (base::iequals(tag, "IPv6")) return is_ipv6(content);
    // General-address-literal = Standardized-tag ":" 1*dcontent
    const bool tag_holds = tag.back() != '-' && std::ranges::all_of(tag, [](char c) {
                               return base::is_alpha(c) || base::is_digit(c) || c == '-';
                           });
    return tag_holds && !content.empty() && std::ranges::all_of(content, [](char c) {
               return c > ' ' && c <= '~' && c != '[' && c != '\\' && c != ']';
           });
}

std::expected<Path, base::SyntaxError> parse_reverse_path(Cursor& cursor, Brackets brackets) {
    if (cursor.rest().starts_with("<>")) {
        cursor.advance(2);
        return Path{};
    }
    return parse_path(cursor, brackets, false);
}

std::expected<Path, base::SyntaxError> parse_forward_path(Cursor& cursor, Brackets brackets) {
    const std::size_t from = cursor.offset();
    std::expected<Path, base::SyntaxError> path = parse_path(cursor, brackets, true);
    if (!path || path->address.contains('@') || base::iequals(path->address, "postmaster")) return path;
    return std::unexpected(base::SyntaxError{from, "a domain is needed: only postmaster goes without"});
}

}  // namespace smtp::wire
