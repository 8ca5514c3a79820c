// The ARC sets of a message and their structure. RFC 8617 §4, §5.2 steps 1 to 3. What they are worth stands in
// arc_verifier.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mailauth/dkim_header_fields.h"
#include "protocols/mailauth/dkim_signature.h"

namespace mailauth {

// RFC 8617 §4.2.1.
inline constexpr std::size_t max_arc_sets = 50;

// The value of an ARC-Authentication-Results field: "i=1; example.org; spf=pass …". RFC 8617 §4.1.1.
struct ArcAuthenticationResults {
    std::uint64_t instance = 0;
    std::string_view payload;  // after the first ";": as an Authentication-Results field has it, folds included
};
std::optional<ArcAuthenticationResults> parse_arc_authentication_results(std::string_view value);

// cv= of a seal. RFC 8617 §4.4.
enum class ChainStatus : std::uint8_t { none, pass, fail };

// One set of fields with the same instance.
struct ArcFields {
    HeaderFields::Field results;
    HeaderFields::Field message;
    HeaderFields::Field seal;
    DkimSignature message_signature;
    DkimSignature seal_signature;
};

// The sets in order, instance 1 first; empty: the message has none. Or what is wrong with their structure, in one line.
std::expected<std::vector<ArcFields>, std::string> collect_arc_sets(const HeaderFields& fields);

}  // namespace mailauth
