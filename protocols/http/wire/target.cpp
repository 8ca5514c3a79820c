#include "protocols/http/wire/target.h"

#include <algorithm>
#include <cstdint>

#include "protocols/base/text.h"
#include "protocols/http/wire/characters.h"

namespace http::wire {

namespace {

std::unexpected<Fault> bad_target(std::string what) { return std::unexpected(Fault{400, std::move(what)}); }

bool is_ipv6_octet(char c) {
    const char low = base::to_lower(c);
    return base::is_digit(c) || (low >= 'a' && low <= 'f') || c == ':' || c == '.';
}

bool is_name_octet(char c) { return base::is_alpha(c) || base::is_digit(c) || std::string_view("-._~").contains(c); }

// port = *DIGIT (RFC 3986 §3.2.3), of 16 bits.
bool is_port(std::string_view text) { return text.empty() || base::parse_number<std::uint16_t>(text).has_value(); }

// absolute-form, after "http://" or "https://".
std::expected<Target, Fault> after_scheme(std::string_view method, std::string_view rest) {
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view authority = rest.substr(0, end);
    std::string target(rest.substr(end));
    if (!is_authority(authority)) return bad_target("Invalid host in the request target");
    if (target.empty() && method == "OPTIONS") {
        target = "*";  // RFC 9112 §3.2.4
    } else {
        if (!target.starts_with('/')) target.insert(0, "/");
        if (!is_origin_form(target)) return bad_target("Invalid request target");
    }
    return Target{.target = std::move(target), .authority = std::string(authority)};
}

}  // namespace

bool is_authority(std::string_view text) {
    std::size_t host_end = std::min(text.find(':'), text.size());
    if (text.starts_with('[')) {
        host_end = std::min(text.find(']'), text.size() - 1) + 1;
        const std::string_view address = text.substr(1, host_end - 1);
        if (address.size() < 3 || !address.ends_with(']')) return false;
        if (!std::ranges::all_of(address.substr(0, address.size() - 1), is_ipv6_octet)) return false;
    } else if (host_end == 0 || !std::ranges::all_of(text.substr(0, host_end), is_name_octet)) {
        return false;
    }
    const std::string_view port = text.substr(host_end);
    return port.empty() || (port.starts_with(':') && is_port(port.substr(1)));
}

bool is_origin_form(std::string_view text) {
    return text.starts_with('/') && std::ranges::all_of(text, [](char c) { return is_visible(c) && c != '#'; });
}

std::expected<Target, Fault> parse_target(std::string_view method, std::string_view text) {
    if (method == "CONNECT") {
        // Its port is not optional.
        const std::size_t colon = text.rfind(':');
        const bool has_port = colon != std::string_view::npos && !text.substr(colon + 1).empty();
        if (!has_port || text.ends_with(']') || !is_authority(text))
            return bad_target("CONNECT takes a host and a port");
        return Target{.target = {}, .authority = std::string(text)};
    }
    if (text == "*") {
        if (method != "OPTIONS") return bad_target("Only OPTIONS takes the request target *");
        return Target{.target = "*", .authority = {}};
    }
    if (is_origin_form(text)) return Target{.target = std::string(text), .authority = {}};
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (base::istarts_with(text, scheme)) return after_scheme(method, text.substr(scheme.size()));
    }
    return bad_target("Invalid request target");
}

}  // namespace http::wire
