// Short ways to write what a value may be, for the tables of keys.
#pragma once

#include <chrono>
#include <cstdint>

#include "server/config/values.h"

namespace server {

constexpr Range at_least(std::uint64_t least) { return {.least = least}; }
constexpr Range at_least(Octets least) { return {.least = least.value}; }
constexpr Range at_least(std::chrono::seconds least) { return {.least = static_cast<std::uint64_t>(least.count())}; }
constexpr Range between(std::uint64_t least, std::uint64_t most) { return {least, most}; }
constexpr Range between(Octets least, Octets most) { return {least.value, most.value}; }
constexpr Range positive = at_least(1);

}  // namespace server
