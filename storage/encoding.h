// How content lies in a row: as it came, or zstd-compressed where that pays. For storage/*.cpp only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace storage {

// The number in the encoding columns.
enum class Encoding : std::uint8_t { plain = 0, zstd = 1 };

// Compresses into `packed` and says zstd; or says plain and leaves `packed` empty when it would save too little.
Encoding encode_content(std::string_view octets, std::string& packed);

// The octets as they came; `most` is what they may have at most. Throws engine::Error when the row is damaged.
std::string decode_content(Encoding encoding, std::string_view stored, std::size_t most);

}  // namespace storage
