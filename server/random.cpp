// What must be unpredictable comes from OpenSSL.
#include "server/random.h"

#include <random>
#include <string_view>

#include "protocols/sasl/scram_keys.h"

namespace server {

std::string random_text(std::size_t octets) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char octet : sasl::random_octets(octets)) {
        text += digits[static_cast<unsigned char>(octet) >> 4];
        text += digits[static_cast<unsigned char>(octet) & 15];
    }
    return text;
}

std::size_t random_below(std::size_t limit) {
    thread_local std::minstd_rand generator{std::random_device{}()};
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(generator);
}

}  // namespace server
