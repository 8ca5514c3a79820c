// Trace fields: Received and Return-Path. RFC 5321 §4.4; "with" keywords RFC 3848; SMTPUTF8 RFC 6531 §3.7.3. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/services/intake.h"

namespace server::delivery {

struct TraceFacts {
    std::string hostname;          // ours
    std::string id;                // the message's, as the reply names it
    std::int64_t received_at = 0;  // Unix seconds
};

// "Received: from … by … with … id …; date", folded, with its line end. "for" is given for a single recipient alone
// (RFC 5321 §7.2). What the client says of itself is taken only where it is a name or an address literal.
std::string received_field(const services::IntakeEnvelope& envelope, const TraceFacts& facts);

// "Return-Path: <reverse-path>" on one line, with its line end: always the very first line of content that has one.
std::string return_path_field(std::string_view reverse_path);

// Octets of the Return-Path line that content begins with, 0 if it does not: mail that is sent on must not have it
// (RFC 5321 §4.4).
std::size_t return_path_octets(std::string_view beginning);

}  // namespace server::delivery
