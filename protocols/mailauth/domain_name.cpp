#include "protocols/mailauth/domain_name.h"

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/dns/resolver.h"

namespace mailauth {
namespace {

constexpr std::size_t most_octets_of_label = 63;

bool are_labels(std::string_view name) {
    if (name.empty() || name.size() > most_octets_of_name) return false;
    for (;;) {
        const std::size_t dot = name.find('.');
        const std::size_t length = dot == std::string_view::npos ? name.size() : dot;
        if (length == 0 || length > most_octets_of_label) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

bool is_ldh(char c) { return base::is_alpha(c) || base::is_digit(c) || c == '-' || c == '_' || c == '.'; }

}  // namespace

bool can_be_asked(std::string_view name) {
    return are_labels(name) && std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

std::optional<std::string> normal_domain(std::string_view domain) {
    if (domain.ends_with('.')) domain.remove_suffix(1);
    std::string name = base::lower(domain);
    if (!base::is_ascii(domain)) {
        const std::optional<std::string> labels = dns::to_a_labels(domain);
        if (!labels) return std::nullopt;
        name = *labels;
    }
    if (!are_labels(name) || !std::ranges::all_of(name, is_ldh)) return std::nullopt;
    return name;
}

std::size_t count_labels(std::string_view name) {
    return name.empty() ? 0 : static_cast<std::size_t>(std::ranges::count(name, '.')) + 1;
}

std::string_view last_labels(std::string_view name, std::size_t labels) {
    for (std::size_t more = count_labels(name); more > labels; --more) {
        const std::size_t dot = name.find('.');
        name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
    }
    return name;
}

bool is_within(std::string_view name, std::string_view domain) {
    if (name.size() == domain.size()) return base::iequals(name, domain);
    return name.size() > domain.size() && name[name.size() - domain.size() - 1] == '.' &&
           base::iequals(name.substr(name.size() - domain.size()), domain);
}

}  // namespace mailauth
