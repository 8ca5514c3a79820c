// Names: RFC 2606 §2, §3; RFC 6761 §6; RFC 6762 appendix G; RFC 8375.
#include "server/acme/situation.h"

#include <algorithm>
#include <array>

#include "protocols/base/text.h"

namespace server::acme {

namespace {

constexpr std::array<std::string_view, 16> private_domains{
    "test",    "example", "invalid", "localhost", "local", "localdomain", "internal", "intranet",
    "private", "corp",    "home",    "lan",       "onion", "alt",         "arpa",     "home.arpa"};
constexpr std::array<std::string_view, 3> documentation_domains{"example.com", "example.net", "example.org"};

bool is_in(std::string_view name, std::string_view domain) {
    return name == domain || (name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.');
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

bool listens(const std::vector<Listening>& where, std::uint16_t port, bool anywhere) {
    return std::ranges::any_of(
        where, [&](const Listening& one) { return anywhere || (one.port == port && !is_loopback(one.address)); });
}

}  // namespace

bool is_private_name(std::string_view name) {
    const std::string lower = base::lower(name);
    const std::size_t dot = lower.rfind('.');
    if (dot == std::string::npos || dot + 1 == lower.size() || lower.find(':') != std::string::npos) return true;
    if (std::ranges::all_of(lower.substr(dot + 1), base::is_digit)) return true;
    const auto holds = [&](std::string_view domain) { return is_in(lower, domain); };
    return std::ranges::any_of(private_domains, holds) || std::ranges::any_of(documentation_domains, holds);
}

bool is_switched_off(const Situation& situation) { return situation.directory.empty() || situation.has_files; }

bool is_asked_for(const Situation& situation) { return situation.directory != public_directory; }

ChallengeTypes usable_types(const Situation& situation) {
    const bool anywhere = is_asked_for(situation);
    ChallengeTypes types;
    const auto add = [&](const char* type, bool possible) {
        const bool wished = situation.challenge == "auto" || situation.challenge == type;
        if (possible && wished) types.emplace_back(type);
    };
    add("tls-alpn-01", listens(situation.https, 443, anywhere));
    add("http-01", listens(situation.http, 80, anywhere));
    add("dns-01", situation.has_hook);
    return types;
}

std::string what_is_missing(const Situation& situation) {
    if (usable_types(situation).empty()) {
        if (situation.challenge == "dns-01") return "[acme] hook is empty: it is needed to answer dns-01 challenges";
        return "no door can answer a challenge: [listen] https must be on port 443, or http on port 80, at an address "
               "that others reach";
    }
    if (is_asked_for(situation) || !is_private_name(situation.hostname)) return {};
    return "hostname is \"" + situation.hostname + "\", a name that no public authority knows";
}

}  // namespace server::acme
