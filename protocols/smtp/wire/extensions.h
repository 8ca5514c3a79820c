// The extensions we offer, one row each, and those that a peer offers in its EHLO reply. RFC 5321 §4.1.1.1, §2.2.
// BINARYMIME is not offered: hardly any server would accept such a message (RFC 3030 §3 asks us to convert it). The
// session fills in Offer.
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
    bool starttls = false;  // there is a certificate, and TLS is not active yet
    std::uint64_t max_message_octets = 0;
    std::vector<std::string_view> mechanisms{};  // for AUTH; empty: not offered
    std::uint64_t max_transactions = 0;          // LIMITS' MAILMAX; 0: not said
    std::uint64_t max_recipients = 0;            // RCPTMAX, likewise
    std::uint32_t future_release_seconds = 0;    // the latest HOLDFOR; 0: not offered
    std::int64_t future_release_until = 0;       // the same as a time, for HOLDUNTIL
    bool dsn = false;                            // the client's wishes for success notices are granted
    bool requiretls = false;                     // the session is under TLS
};

// The reply to EHLO: the greeting, then one line for each extension offered.
Reply ehlo_reply(std::string_view hostname, std::string_view client, const Offer& offer);

// What another server offers.
struct PeerExtensions {
    bool pipelining = false;
    bool eight_bit_mime = false;
    bool smtputf8 = false;
    bool chunking = false;
    bool dsn = false;
    bool starttls = false;
    bool requiretls = false;
    bool size = false;
    std::uint64_t max_message_octets = 0;  // 0: no fixed limit (RFC 1870 §4)
    std::vector<std::string> mechanisms;   // of AUTH, in upper case
    // LIMITS (RFC 9422); 0: not said.
    std::uint32_t max_transactions = 0;  // in one session
    std::uint32_t max_recipients = 0;    // of one transaction
    std::uint32_t max_recipient_domains = 0;
};
// Never fails: unknown lines are ignored.
PeerExtensions read_ehlo_reply(const Reply& reply);

}  // namespace smtp::wire
