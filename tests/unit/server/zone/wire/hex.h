// Octets as they stand in an RFC: hexadecimal digits, with blanks wherever one likes.
#pragma once

#include <string>
#include <string_view>

inline std::string from_hex(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c != ' ') digits += c;
    }
    std::string octets;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        octets += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    return octets;
}
