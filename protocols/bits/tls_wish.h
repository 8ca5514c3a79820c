// What the sender of a message wants of TLS on its way (RFC 8689): shared by the sessions and the store.
#pragma once

#include <cstdint>
#include <string_view>

namespace bits {

enum class TlsWish : std::uint8_t {
    by_policy,  // nothing: as the receiving domain's policies want it
    required,   // REQUIRETLS (§2): protected everywhere, or not sent
    optional,   // the field "TLS-Required: No" (§3): sent whatever those policies want
};

// For the log and the command line: "requiretls", "tls-optional"; empty: nothing is wanted.
constexpr std::string_view word_of(TlsWish wish) {
    switch (wish) {
        case TlsWish::by_policy:
            return "";
        case TlsWish::required:
            return "requiretls";
        case TlsWish::optional:
            return "tls-optional";
    }
    return "";
}

}  // namespace bits
