// Normal forms of addresses (RFC 5321 §4.1.2, RFC 6531 §3.3), domains (RFC 5891) and mailbox names (RFC 9051 §5.1).
#include "storage/normal_names.h"

#include <idn2.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace storage {

namespace {

struct Idn2Free {
    void operator()(char* text) const { idn2_free(text); }
};
using Idn2String = std::unique_ptr<char, Idn2Free>;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
    return result;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// atext of RFC 5322 §3.2.3 and RFC 6531 §3.3, and the dot.
bool is_atom_text(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-/=?^_`{|}~.").contains(c);
}

bool has_empty_part(std::string_view text, char between) {
    const char twice[] = {between, between};
    return text.empty() || text.front() == between || text.back() == between ||
           text.contains(std::string_view(twice, 2));
}

std::optional<std::string> unquote(std::string_view local) {
    if (local.size() < 2 || local.back() != '"') return std::nullopt;
    std::string result;
    const std::string_view inside = local.substr(1, local.size() - 2);
    for (std::size_t i = 0; i < inside.size(); ++i) {
        if (inside[i] == '"') return std::nullopt;
        if (inside[i] == '\\') ++i;
        if (i == inside.size()) return std::nullopt;  // a backslash at the end
        result += inside[i];
    }
    return result;
}

// Labels of letters, digits and inner hyphens (RFC 1123 §2.1): libidn2 accepts others too.
bool is_host_name(std::string_view ascii) {
    for (std::size_t begin = 0; begin < ascii.size();) {
        const std::size_t end = std::min(ascii.find('.', begin), ascii.size());
        if (end - begin > 63) return false;
        begin = end + 1;
    }
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
    return ascii.size() <= 253 && !has_empty_part(ascii, '.') && std::ranges::all_of(ascii, fits) &&
           ascii.front() != '-' && ascii.back() != '-' && !ascii.contains("-.") && !ascii.contains(".-");
}

// U+0000 to U+001F, U+007F to U+009F, and the line and paragraph separators that Net-Unicode forbids (RFC 5198 §2).
bool has_control_characters(std::string_view utf8) {
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        if (is_control(utf8[i])) return true;
        const std::string_view rest = utf8.substr(i);
        if (rest.size() >= 2 && rest[0] == '\xC2' && static_cast<unsigned char>(rest[1]) < 0xA0) return true;
        if (rest.starts_with("\u2028") || rest.starts_with("\u2029")) return true;
    }
    return false;
}

// The length for a lead octet, and the smallest value allowed for that length: RFC 3629 §4.
std::size_t utf8_length(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

bool second_octet_fits(unsigned char lead, unsigned char second) {
    switch (lead) {
        case 0xE0:
            return second >= 0xA0;  // no overlong form
        case 0xED:
            return second <= 0x9F;  // no surrogate
        case 0xF0:
            return second >= 0x90;  // no overlong form
        case 0xF4:
            return second <= 0x8F;  // nothing above U+10FFFF
        default:
            return true;
    }
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i]);
        const std::size_t length = utf8_length(lead);
        if (length == 0 || text.size() - i < length) return false;
        if (length > 1 && !second_octet_fits(lead, static_cast<unsigned char>(text[i + 1]))) return false;
        const std::string_view tail = text.substr(i + 1, length - 1);
        if (std::ranges::any_of(tail, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; })) {
            return false;
        }
        i += length;
    }
    return true;
}

std::string ascii_lower(std::string_view text) { return lower(text); }

std::string_view whole_characters(std::string_view text, std::size_t most) {
    if (text.size() <= most) return text;
    std::size_t end = most;
    while (end > most - 4 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    return text.substr(0, end);
}

std::optional<std::string> normal_domain(std::string_view domain) {
    if (domain.empty() || domain.size() > 1024 || domain.contains('\0')) return std::nullopt;
    const std::string given = lower(domain);
    if (is_host_name(given) && !given.contains("xn--")) return given;  // the usual case, without libidn2
    char* ascii = nullptr;
    const int to_ascii = idn2_to_ascii_8z(given.c_str(), &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const Idn2String ascii_owner(ascii);
    if (to_ascii != IDN2_OK) return std::nullopt;

    const std::string lowered = lower(ascii);
    if (!is_host_name(lowered)) return std::nullopt;
    if (!lowered.contains("xn--")) return lowered;
    char* unicode = nullptr;
    const int to_unicode = idn2_to_unicode_8z8z(lowered.c_str(), &unicode, 0);
    const Idn2String unicode_owner(unicode);
    if (to_unicode != IDN2_OK) return std::nullopt;
    return std::string(unicode);
}

std::optional<AddressParts> split_address(std::string_view address) {
    const std::size_t at = address.rfind('@');
    if (at == std::string_view::npos || at == 0 || !is_utf8(address)) return std::nullopt;
    std::string_view local = address.substr(0, at);
    const std::optional<std::string> unquoted = local.front() == '"' ? unquote(local) : std::string(local);
    const std::optional<std::string> domain = normal_domain(address.substr(at + 1));
    if (!unquoted || !domain) return std::nullopt;
    return AddressParts{.local = lower(*unquoted), .domain = *domain};
}

std::optional<std::string> normal_address(std::string_view address) {
    const std::optional<AddressParts> parts = split_address(address);
    if (!parts || parts->local.size() > local_part_octets) return std::nullopt;
    if (has_empty_part(parts->local, '.') || !std::ranges::all_of(parts->local, is_atom_text)) return std::nullopt;
    return parts->local + "@" + parts->domain;
}

bool is_forward_path(std::string_view address) {
    const std::optional<AddressParts> parts = split_address(address);
    if (!parts || std::ranges::any_of(address, is_control)) return false;
    const std::string_view local = address.substr(0, address.rfind('@'));
    return local.starts_with('"') || std::ranges::all_of(local, is_atom_text);
}

namespace {

// In normalization form C (RFC 5198 §2); invalid UTF-8 is unchanged, and so not a valid name.
std::string composed(std::string_view name) {
    if (std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        return std::string(name);
    utf8proc_uint8_t* form = nullptr;
    const utf8proc_ssize_t octets =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()), static_cast<utf8proc_ssize_t>(name.size()),
                     &form, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> held(form, &std::free);
    if (octets < 0) return std::string(name);
    return {reinterpret_cast<const char*>(form), static_cast<std::size_t>(octets)};
}

}  // namespace

std::string normal_mailbox_name(std::string_view name) {
    const std::string_view first = name.substr(0, name.find('/'));
    if (lower(first) != "inbox") return composed(name);
    return "INBOX" + composed(name.substr(first.size()));
}

namespace {

// Allowed in an account's name (RFC 5321 §4.1.2) but not in a level of a mailbox's name.
constexpr std::string_view not_in_levels = "/%*=";
constexpr std::string_view hexadecimal = "0123456789ABCDEF";

}  // namespace

bool is_in_other_users(std::string_view name) {
    return name.starts_with(other_users) && (name.size() == other_users.size() || name[other_users.size()] == '/');
}

std::string other_users_name(std::string_view account, std::string_view mailbox) {
    std::string name(other_users);
    name += '/';
    for (const char c : account) {
        if (not_in_levels.contains(c)) {
            const auto octet = static_cast<unsigned char>(c);
            name += {'=', hexadecimal[octet >> 4], hexadecimal[octet & 15]};
        } else {
            name += c;
        }
    }
    name += '/';
    name += mailbox;
    return name;
}

std::optional<OtherUsersName> split_other_users_name(std::string_view name) {
    if (!is_in_other_users(name) || name.size() == other_users.size()) return std::nullopt;
    const std::string_view path = name.substr(other_users.size() + 1);
    const std::size_t end = path.find('/');
    if (end == std::string_view::npos || end + 1 == path.size()) return std::nullopt;
    OtherUsersName parts{.account = {}, .mailbox = std::string(path.substr(end + 1))};
    for (std::size_t i = 0; i < end; ++i) {
        if (path[i] != '=') {
            parts.account += path[i];
            continue;
        }
        if (end - i < 3) return std::nullopt;
        const std::size_t high = hexadecimal.find(path[i + 1]);
        const std::size_t low = hexadecimal.find(path[i + 2]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        parts.account += static_cast<char>(high << 4 | low);
        i += 2;
    }
    return parts;
}

bool is_valid_mailbox_name(std::string_view name) {
    if (name.size() > mailbox_name_octets || has_empty_part(name, '/') || !is_utf8(name)) return false;
    if (name.find_first_of("%*") != std::string_view::npos || has_control_characters(name)) return false;
    std::size_t levels = 0;
    for (std::size_t begin = 0; begin <= name.size(); ++levels) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        const std::string_view level = name.substr(begin, end - begin);
        if (level == "." || level == "..") return false;
        begin = end + 1;
    }
    return levels <= mailbox_name_levels;
}

}  // namespace storage
