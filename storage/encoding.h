// How content lies in a row: as it came, or zstd-compressed where that pays. For storage/*.cpp only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace storage {

// The number in the encoding columns.
enum class Encoding : std::uint8_t { plain = 0, zstd = 1 };

// Compresses into `packed` and says zstd; or says plain and leaves `packed` empty when it would save too little.
Encoding encode_content(std::string_view octets, std::string& packed);

// The first octets of content, which hold most header sections, can be had without the rest.
constexpr std::size_t head_octets = 4096;
constexpr std::size_t head_stored_octets = head_octets + 256;  // stored, they are no longer than this

// The first octets of some content, up to head_octets, from the first head_stored_octets of what is stored; nothing
// when this content was not compressed in a way that allows it. Throws engine::Error when the row is damaged.
std::optional<std::string> decode_head(Encoding encoding, std::string_view stored);

// The octets as they came; `most` is what they may have at most. Throws engine::Error when the row is damaged.
std::string decode_content(Encoding encoding, std::string_view stored, std::size_t most);
// The same into a string whose memory is used again.
void decode_content(Encoding encoding, std::string_view stored, std::size_t most, std::string& octets);

}  // namespace storage
