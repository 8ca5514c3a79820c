// What a sender wants to be notified of (RFC 3461 §4): shared by the wire parsers and the store.
#pragma once

#include <cstdint>

namespace bits {

// NOTIFY of a recipient as bits (§4.1); none: not given, which means failure and delay.
namespace dsn_notify {
inline constexpr std::uint8_t never = 1;
inline constexpr std::uint8_t success = 2;
inline constexpr std::uint8_t failure = 4;
inline constexpr std::uint8_t delay = 8;
}  // namespace dsn_notify

enum class DsnReturn : std::uint8_t { unspecified, full, headers };  // RET (§4.3)

}  // namespace bits
