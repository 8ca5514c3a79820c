// How content is stored in a row: unchanged, or zstd-compressed if that saves enough. For storage/*.cpp only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace storage {

// The value of the encoding columns.
enum class Encoding : std::uint8_t { plain = 0, zstd = 1 };

// Compresses into `packed` and returns zstd; or returns plain and leaves `packed` empty if it would save too little.
Encoding encode_content(std::string_view octets, std::string& packed);

// The first octets of content, which include most header sections, can be decoded alone.
constexpr std::size_t head_octets = 4096;
constexpr std::size_t head_stored_octets = head_octets + 256;  // their largest size when stored

// The first octets of some content, up to head_octets, decoded from the first head_stored_octets of its stored form.
// nullopt if it was not compressed in a way that allows this. Throws engine::Error if the row is damaged.
std::optional<std::string> decode_head(Encoding encoding, std::string_view stored);

// The original octets, at most `most`. Throws engine::Error if the row is damaged.
std::string decode_content(Encoding encoding, std::string_view stored, std::size_t most);
// The same into a string whose memory is reused.
void decode_content(Encoding encoding, std::string_view stored, std::size_t most, std::string& octets);

}  // namespace storage
