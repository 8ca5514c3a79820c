// System flags of a message as bits of one octet (RFC 9051 §2.3.2): shared by the wire parsers and the store. \Recent
// is missing: it belongs to a session, not to a message.
#pragma once

#include <cstdint>

namespace bits::system_flag {

inline constexpr std::uint8_t seen = 1;
inline constexpr std::uint8_t answered = 2;
inline constexpr std::uint8_t flagged = 4;
inline constexpr std::uint8_t deleted = 8;
inline constexpr std::uint8_t draft = 16;
inline constexpr std::uint8_t all = 31;

}  // namespace bits::system_flag
