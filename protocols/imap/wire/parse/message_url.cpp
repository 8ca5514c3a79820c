// URLs of messages and their parts. RFC 5092 §6, §7, §11 (ABNF); RFC 3986 §5.2.4 (dot segments).
#include "protocols/imap/wire/parse/message_url.h"

#include <limits>
#include <utility>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/imap/wire/parse/parsers.h"

namespace imap::wire {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

std::optional<unsigned> hex_value(char c) {
    const std::size_t value = hex_digits.find(base::to_upper(c));
    if (value == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned>(value);
}

// bchar = unreserved / sub-delims-sh / pct-encoded / "&" / "=" / ":" / "@" / "/"
bool stands_for_itself(char c) {
    return base::is_alpha(c) || base::is_digit(c) || std::string_view("-._~!$'()*+,&=:@/").find(c) != std::string::npos;
}

// Decodes 1*bchar; the result must be UTF-8 without NUL.
std::optional<std::string> decoded(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            if (!stands_for_itself(text[at])) return std::nullopt;
            out += text[at];
            continue;
        }
        if (text.size() - at < 3) return std::nullopt;
        const std::optional<unsigned> high = hex_value(text[at + 1]);
        const std::optional<unsigned> low = hex_value(text[at + 2]);
        if (!high || !low || (*high == 0 && *low == 0)) return std::nullopt;
        out += static_cast<char>(*high << 4U | *low);
        at += 2;
    }
    if (out.empty() || !base::is_utf8(out)) return std::nullopt;
    return out;
}

// Removes the text before `stop` from the front of rest; all of it if there is no `stop`.
std::string_view take_until(std::string_view& rest, char stop) {
    const std::string_view taken = rest.substr(0, rest.find(stop));
    rest.remove_prefix(taken.size());
    return taken;
}

bool take_prefix(std::string_view& rest, std::string_view prefix) {
    if (!base::istarts_with(rest, prefix)) return false;
    rest.remove_prefix(prefix.size());
    return true;
}

// nz-number
bool take_number(std::string_view& rest, std::uint32_t& out) {
    std::size_t size = 0;
    while (size < rest.size() && base::is_digit(rest[size])) ++size;
    const auto number = base::parse_number<std::uint32_t>(rest.substr(0, size));
    if (!number || *number == 0) return false;
    out = *number;
    rest.remove_prefix(size);
    return true;
}

// A path without its "." and ".." segments.
std::string without_dots(std::string_view path) {
    std::vector<std::string_view> segments;
    for (bool more = true; more;) {
        const std::string_view segment = take_until(path, '/');
        more = !path.empty();
        if (more) path.remove_prefix(1);
        if (segment == "..") {
            if (!segments.empty()) segments.pop_back();
        } else if (segment != ".") {
            segments.push_back(segment);
        }
    }
    std::string out;
    for (const std::string_view segment : segments) {
        if (!out.empty()) out += '/';
        out += segment;
    }
    return out;
}

// The mailbox named by a path: absolute, or beside the selected one, or (empty path) the selected one.
std::optional<std::string> mailbox_of(std::string_view path, std::string_view selected) {
    if (path.empty()) return selected.empty() ? std::nullopt : std::optional<std::string>(selected);
    const bool absolute = path.front() == '/';
    if (absolute) path.remove_prefix(1);
    if (path.starts_with('/')) return std::nullopt;                                      // a server
    if (!absolute && path.substr(0, path.find('/')).contains(':')) return std::nullopt;  // a scheme
    const std::optional<std::string> given = decoded(path);
    if (!given) return std::nullopt;
    const std::size_t level = selected.rfind(hierarchy_separator);
    const bool beside = !absolute && level != std::string_view::npos;
    std::string name = without_dots(beside ? std::string(selected.substr(0, level + 1)) + *given : *given);
    if (name.empty()) return std::nullopt;
    constexpr std::string_view inbox = "INBOX";
    const bool is_inbox =
        base::istarts_with(name, inbox) && (name.size() == inbox.size() || name[inbox.size()] == hierarchy_separator);
    if (is_inbox) name.replace(0, inbox.size(), inbox);
    return name;
}

// isection-only = ";SECTION=" enc-section, after the "="
bool take_section(std::string_view& rest, const ReceiverLimits& limits, Section& out) {
    std::string_view text = rest.substr(0, rest.find(';'));
    if (text.size() < rest.size() && text.ends_with('/')) text.remove_suffix(1);
    rest.remove_prefix(text.size());
    const std::optional<std::string> spec = decoded(text);
    if (!spec) return false;
    const std::string bracketed = *spec + "]";
    Cursor cursor(bracketed, limits, true);
    return section(cursor, out) && cursor.at_end();
}

// partial-range = number ["." nz-number]
bool take_partial(std::string_view& rest, Partial& out) {
    const std::string_view text = std::exchange(rest, {});
    const std::size_t dot = text.find('.');
    const auto offset = base::parse_number<std::uint64_t>(text.substr(0, dot));
    if (!offset) return false;
    out = {.offset = *offset, .count = std::numeric_limits<std::uint64_t>::max()};
    if (dot == std::string_view::npos) return true;
    const auto count = base::parse_number<std::uint64_t>(text.substr(dot + 1));
    if (!count || *count == 0) return false;
    out.count = *count;
    return true;
}

}  // namespace

// [enc-mailbox [";UIDVALIDITY=" nz-number] "/"] ";UID=" nz-number ["/;SECTION=" enc-section]
// ["/;PARTIAL=" partial-range]
std::optional<MessageUrl> parse_message_url(std::string_view url, std::string_view selected,
                                            const ReceiverLimits& limits) {
    MessageUrl out;
    std::string_view rest = url;
    std::string_view path = take_until(rest, ';');
    if (take_prefix(rest, ";UIDVALIDITY=")) {
        if (path.empty() || !take_number(rest, out.uid_validity.emplace()) || !take_prefix(rest, "/")) {
            return std::nullopt;
        }
    } else if (!path.empty()) {
        if (!path.ends_with('/')) return std::nullopt;
        path.remove_suffix(1);
        if (path.empty()) return std::nullopt;  // "/;UID=1": a mailbox name cannot be empty
    }
    std::optional<std::string> mailbox = mailbox_of(path, selected);
    if (!mailbox || !take_prefix(rest, ";UID=") || !take_number(rest, out.uid)) return std::nullopt;
    out.mailbox = *std::move(mailbox);
    if (take_prefix(rest, "/;SECTION=") && !take_section(rest, limits, out.section)) return std::nullopt;
    if (take_prefix(rest, "/;PARTIAL=") && !take_partial(rest, out.partial.emplace())) return std::nullopt;
    if (!rest.empty()) return std::nullopt;
    return out;
}

// url-resp-text = 1*(any TEXT-CHAR except "]")
std::string bad_url_code(std::string_view url) {
    std::string out = "BADURL ";
    if (url.empty()) out += "%20";
    for (const char c : url) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet >= 0x20 && octet < 0x7f && c != ']' && c != '\\') {
            out += c;
        } else {
            out += '%';
            out += hex_digits[octet >> 4U];
            out += hex_digits[octet & 15U];
        }
    }
    return out;
}

}  // namespace imap::wire
