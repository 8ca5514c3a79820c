// Reverse-paths and forward-paths. RFC 5321 §4.1.2 (grammar), §4.1.3 (address literals), §4.5.3.1.3 (length);
// RFC 6531 §3.3 (UTF-8 in both parts).
// The session decides whether UTF-8 is allowed and whose address it is.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "protocols/base/parsed.h"
#include "protocols/smtp/wire/cursor.h"

namespace smtp::wire {

// RFC 5321 §4.5.3.1 requires at least 256 octets; VERP and SRS senders exceed its 64 for a local part.
inline constexpr std::size_t max_path_octets = 512;
inline constexpr std::size_t max_domain_octets = 255;

// A path without its angle brackets and without a source route.
struct Path {
    // "local@domain", the local part quoted only if needed; "[...]" as domain for an address literal. Empty for the
    // null reverse-path "<>"; only a local part for "<Postmaster>".
    std::string address;
    friend bool operator==(const Path&, const Path&) = default;
};

// Whether angle brackets may be missing: printers and cameras send `MAIL FROM:a@b` (CLIENTS.md 30).
enum class Brackets { required, optional };

// Path / "<>": the argument of MAIL FROM.
std::expected<Path, base::SyntaxError> parse_reverse_path(Cursor& cursor, Brackets brackets = Brackets::required);
// Path / "<Postmaster>": the argument of RCPT TO.
std::expected<Path, base::SyntaxError> parse_forward_path(Cursor& cursor, Brackets brackets = Brackets::required);

// Domain of RFC 5321 §4.1.2 with U-labels of RFC 6531; also with "_", since such hosts send mail.
bool is_domain(std::string_view text);
// "[" IPv4 / "IPv6:" IPv6 / tag ":" dcontent "]".
bool is_address_literal(std::string_view text);

}  // namespace smtp::wire
