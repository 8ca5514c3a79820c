// Credentials in Authorization. RFC 9110 §11.4, RFC 7617 (Basic).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace http::wire {

// A user-id and a password, in UTF-8 (RFC 7617 §2.1: say charset="UTF-8" in WWW-Authenticate).
struct BasicCredentials {
    std::string user;
    std::string password;  // may have colons
    friend bool operator==(const BasicCredentials&, const BasicCredentials&) = default;
};

// "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==". nullopt: another scheme, broken base64, no colon, no UTF-8, or control
// characters (RFC 7617 §2).
std::optional<BasicCredentials> parse_basic(std::string_view authorization);

}  // namespace http::wire
