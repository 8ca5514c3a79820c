// The grammar is RFC 5321 §4.1.2's Domain.
#include "server/config/host_name.h"

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/dns/resolver.h"

namespace server {

namespace {

constexpr std::size_t label_octets_most = 63;
constexpr std::size_t name_octets_most = 253;

bool is_letter_or_digit(char c) { return base::is_digit(c) || (c >= 'a' && c <= 'z'); }

// sub-domain = Let-dig [Ldh-str]
bool is_label(std::string_view label) {
    if (label.empty() || label.size() > label_octets_most) return false;
    if (!is_letter_or_digit(label.front()) || !is_letter_or_digit(label.back())) return false;
    return std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

}  // namespace

std::optional<std::string> host_name(std::string_view given) {
    if (given.ends_with('.')) return std::nullopt;  // to_a_labels would accept it
    std::optional<std::string> name = dns::to_a_labels(given);
    if (!name || name->size() > name_octets_most) return std::nullopt;
    std::string_view last;
    for (std::string_view rest = *name;;) {
        const std::size_t dot = rest.find('.');
        last = rest.substr(0, dot);
        if (!is_label(last)) return std::nullopt;
        if (dot == std::string_view::npos) break;
        rest = rest.substr(dot + 1);
    }
    // Not an address such as "192.0.2.1": no top-level domain is a number.
    const bool number = last.size() != name->size() && std::ranges::all_of(last, base::is_digit);
    if (number) return std::nullopt;
    return name;
}

}  // namespace server
