// Parts of a representation: Range, Content-Range, multipart/byteranges. RFC 9110 §14, §15.3.7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace http::wire {

// Octets from first to last, both included.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t octets() const { return last - first + 1; }
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

struct ChosenRanges {
    enum class Kind : std::uint8_t {
        whole,          // 200: Range is to be ignored
        some,           // 206: one, or several as multipart/byteranges
        unsatisfiable,  // 416, with unsatisfied_content_range()
    };
    Kind kind = Kind::whole;
    std::vector<ByteRange> ranges{};  // of `some`: within the representation, in the order in which they were asked for
    friend bool operator==(const ChosenRanges&, const ChosenRanges&) = default;
};

// What Range (see wanted_range() in preconditions.h) asks for of so many octets. It is ignored if it is no valid list
// of byte ranges, if it has more than max_ranges, or if several together are more than the whole: one request must not
// cost more than one for everything (RFC 9110 §17.15).
ChosenRanges choose_ranges(std::string_view value, std::uint64_t octets, std::size_t max_ranges = 16);

// Content-Range of a part, and of 416: "bytes 0-499/1234", "bytes */1234".
std::string content_range(const ByteRange& range, std::uint64_t octets);
std::string unsatisfied_content_range(std::uint64_t octets);

// Several ranges as one content (RFC 9110 §14.6): for each, head() and its octets, then end().
struct MultipartRanges {
    std::string boundary;      // must not come in the representation: random, or its tag
    std::string content_type;  // of the representation
    std::uint64_t octets = 0;  // of the representation

    std::string media_type() const;  // the response's Content-Type
    std::string head(const ByteRange& range) const;
    std::string end() const;
    // The length of the whole content.
    std::uint64_t total(const std::vector<ByteRange>& ranges) const;
};

}  // namespace http::wire
