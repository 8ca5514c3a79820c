// What this server can do, by URI: RFC 8620 §2. One table of capabilities, one of methods (methods.h).
#pragma once

#include <span>
#include <string_view>

#include "web/jmap/context.h"

namespace jmap {

inline constexpr std::string_view core_capability = "urn:ietf:params:jmap:core";
inline constexpr std::string_view mail_capability = "urn:ietf:params:jmap:mail";  // RFC 8621 §1.3.1

inline constexpr std::string_view submission_capability = "urn:ietf:params:jmap:submission";      // RFC 8621 §1.3.2
inline constexpr std::string_view vacation_capability = "urn:ietf:params:jmap:vacationresponse";  // RFC 8621 §1.3.3
inline constexpr std::string_view quota_capability = "urn:ietf:params:jmap:quota";                // RFC 9425 §2

struct Capability {
    std::string_view uri;
    Json (*of_server)(const Limits&);  // its value in the session object
    // In an account of the session object; nullptr: it has no methods for accounts.
    Json (*of_account)(const Limits&);
};
std::span<const Capability> all_capabilities();

}  // namespace jmap
