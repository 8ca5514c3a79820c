// Domain names as this folder compares and asks for them. RFC 1035 §2.3.4, RFC 5890 §2.3.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocols/dns/records.h"

namespace mailauth {

inline constexpr std::size_t most_octets_of_name = 253;  // RFC 1035 §2.3.4, as text without the final dot

// A name that a question can be put about: labels of 1 to 63 octets, at most 253 in all, printable ASCII without the
// backslash (which escapes in the text form of names, RFC 1035 §5.1). Not every such name is a host's.
bool can_be_asked(std::string_view name);

// A domain as it stands in an address or as a tag's value: A-labels, lower case, no final dot. Nothing if it is no
// domain name of letters, digits, hyphens and underscores, or an address literal.
std::optional<std::string> normal_domain(std::string_view domain);

// How many labels the name has.
std::size_t count_labels(std::string_view name);

// The name's last labels, so many of them at most.
std::string_view last_labels(std::string_view name, std::size_t labels);

// Is the name the domain, or below it? ASCII case is ignored.
bool is_within(std::string_view name, std::string_view domain);

// Why the DNS has not answered, in one line; nullptr: it has, be it that there is nothing.
template <class Record>
const std::string* dns_error(const dns::Answer<Record>& answer) {
    if (const auto* bogus = std::get_if<dns::Bogus>(&answer)) return &bogus->why;
    if (const auto* unavailable = std::get_if<dns::Unavailable>(&answer)) return &unavailable->why;
    return nullptr;
}

}  // namespace mailauth
