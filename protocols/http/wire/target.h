// Request targets and authorities: RFC 9112 §3.2, RFC 9110 §7.2, RFC 3986 §3.2. For both versions of HTTP.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "protocols/http/wire/fault.h"

namespace http::wire {

// uri-host [ ":" port ], not empty. Narrower than RFC 3986 §3.2.2: a host is a name of letters, digits and "-._~", or
// an address, in brackets if IPv6; nobody asks us for names with "%", "," or "!". No user information (RFC 9110
// §4.2.4).
bool is_authority(std::string_view text);

// absolute-path [ "?" query ]: printable ASCII without "#". More than RFC 3986 allows, since browsers send "|", "[",
// "^" and the like as they are.
bool is_origin_form(std::string_view text);

// A request target's parts, as RequestHead has them.
struct Target {
    std::string target;
    std::string authority;  // empty: it names none, Host does
    friend bool operator==(const Target&, const Target&) = default;
};
// Any of the four forms: origin-form and absolute-form of http and https; authority-form of CONNECT alone,
// asterisk-form of OPTIONS alone.
std::expected<Target, Fault> parse_target(std::string_view method, std::string_view text);

}  // namespace http::wire
