// Sender Policy Framework: may this client send mail for that domain? RFC 7208. What follows from the verdict is left
// to the caller; the record's grammar is in spf_record.h.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "protocols/dns/source.h"
#include "protocols/mailauth/spf_record.h"

namespace mailauth {

// RFC 7208 §2.3, §2.4.
enum class SpfIdentity : std::uint8_t { mail_from, helo };

struct SpfQuery {
    asio::ip::address client{};
    std::string mail_from{};  // the reverse-path without its angle brackets; empty: the null one
    std::string helo{};       // as the client gave it
    std::string receiver{};   // our host name
    std::int64_t now = 0;     // Unix seconds; a macro in an explanation may ask for it

    // No question is put once that has passed (RFC 7208 §4.6.4 wants at least 20 s); the one under way is bounded by
    // the source.
    std::chrono::steady_clock::duration time_limit = std::chrono::seconds(20);
    std::function<std::chrono::steady_clock::time_point()> clock = std::chrono::steady_clock::now;
};

struct SpfResult {
    SpfVerdict verdict = SpfVerdict::none;
    SpfIdentity identity = SpfIdentity::mail_from;  // helo, too, where a null reverse-path was judged by it
    std::string domain{};                           // of the identity, A-labels in lower case; as given if it is none
    std::string local_part{};   // of the identity, if the records that were used ask for it, else empty
    std::string mechanism{};    // what decided, if one did, as written in the domain's record or where that redirects
    std::string reason{};       // one line of printable ASCII, whatever the verdict
    std::string explanation{};  // fail: what the domain wants the sender to read; printable ASCII, bounded, a third
                                // party's words. Empty: nothing (RFC 7208 §6.2)
};

// Judges the MAIL FROM identity: the reverse-path, or postmaster at the HELO domain if that is null (RFC 7208 §2.4).
asio::awaitable<SpfResult> check_spf(dns::Source& source, SpfQuery query);

// Judges the HELO identity (RFC 7208 §2.3).
asio::awaitable<SpfResult> check_spf_helo(dns::Source& source, SpfQuery query);

}  // namespace mailauth
