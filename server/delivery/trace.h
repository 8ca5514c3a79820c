// Trace fields: Received and Return-Path, and what aliases add. RFC 5321 §4.4; "with" keywords RFC 3848; SMTPUTF8 RFC
// 6531 §3.7.3. Pure.
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

// "Received: from … by … with … id …; date", folded, with its line end. Has "for" only if there is a single recipient
// (RFC 5321 §7.2). The client's own name is used only if it is a domain or an address literal.
std::string received_field(const services::IntakeEnvelope& envelope, const TraceFacts& facts);

// "Return-Path: <reverse-path>" on one line, with its line end: always the first line of content that has one.
std::string return_path_field(std::string_view reverse_path);

// Length of the Return-Path line at the beginning of content, 0 if there is none: it must be removed from mail that is
// sent on (RFC 5321 §4.4).
std::size_t return_path_octets(std::string_view beginning);

// "Delivered-To: …" with its line end: an alias that finds its own has sent the message on before. The name of an alias
// ("@domain": a catch-all) in ASCII, since the message may not need SMTPUTF8 otherwise: other octets as "=C3".
std::string delivered_to(std::string_view alias);
std::string delivered_to_field(std::string_view alias);

// "X-Forwarded-To: <address>" with its line end; empty for an address that is not ASCII.
std::string forwarded_to_field(std::string_view address);

}  // namespace server::delivery
