// The extensions we offer, one row each, and what a peer's EHLO answer offers us. RFC 5321 §4.1.1.1, §2.2.
// BINARYMIME is not offered: a message with it could be sent on to hardly anyone (RFC 3030 §3 asks us to convert).
// Leaves to the session what is allowed at the moment: it fills in Offer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/smtp/wire/reply.h"

namespace smtp::wire {

// What the session can do at this moment.
struct Offer {
    bool starttls = false;  // a certificate is at hand and TLS is not on yet
    std::uint64_t max_message_octets = 0;
    std::vector<std::string_view> mechanisms{};  // for AUTH; empty: not offered
};

// The answer to EHLO: first line the greeting, then a line for each extension offered.
Reply ehlo_reply(std::string_view hostname, std::string_view client, const Offer& offer);

// What the other server offers.
struct PeerExtensions {
    bool pipelining = false;
    bool eight_bit_mime = false;
    bool smtputf8 = false;
    bool chunking = false;
    bool dsn = false;
    bool starttls = false;
    bool size = false;
    std::uint64_t max_message_octets = 0;  // 0: no fixed limit (RFC 1870 §4)
    std::vector<std::string> mechanisms;   // of AUTH, in capitals
};
// Never fails: lines that mean nothing to us are ignored.
PeerExtensions read_ehlo_reply(const Reply& reply);

}  // namespace smtp::wire
