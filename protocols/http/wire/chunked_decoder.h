// Content in chunks: RFC 9112 §7.1. Extensions and trailer fields are checked, bounded and dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "protocols/http/wire/fault.h"
#include "protocols/http/wire/line_reader.h"

namespace http::wire {

struct ChunkLimits {
    std::size_t extension_octets = 4'096;  // of all chunks together: each octet of content may come with its own
    std::size_t trailer_octets = 8'192;    // field lines with their CRLF
};

class ChunkedDecoder {
  public:
    explicit ChunkedDecoder(const ChunkLimits& limits) : limits_(limits) {}

    // The next octets: takes some off the front of `input` and returns what they have of the content, a view into them.
    // Empty: all input is taken, or ended(). After a fault it is of no further use.
    std::expected<std::string_view, Fault> take(std::string_view& input);
    // The last chunk and the trailer section have come; the next request follows.
    bool ended() const { return at_ == At::end; }

  private:
    enum class At : std::uint8_t { size, content, content_end, trailer, end };
    std::expected<void, Fault> read_line(std::string_view line);
    std::expected<void, Fault> read_size(std::string_view line);
    std::expected<void, Fault> read_trailer(std::string_view line);
    Fault too_long() const;
    std::size_t line_limit() const;

    ChunkLimits limits_;
    LineReader reader_;
    At at_ = At::size;
    std::uint64_t left_ = 0;            // of the chunk
    std::size_t extension_octets_ = 0;  // so far
    std::size_t trailer_octets_ = 0;    // so far
};

}  // namespace http::wire
