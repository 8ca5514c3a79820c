// What a parse keeps of a message at most. The defaults are those of [limits] in the config; server/options.cpp gives
// them to whatever stores a message. Reading it again has limits of its own (generous_limits, readable_summary.h).
#pragma once

#include <cstddef>

namespace mime {

// The deepest nesting in a stored summary; a greater limit is lowered to this.
constexpr std::size_t max_depth = 100;

// Limits on what a sender can make us keep. A message above one is not refused: its summary is marked as cut.
struct ParseLimits {
    std::size_t header_octets = std::size_t{256} << 10;      // kept of one header section; the rest is skipped
    std::size_t header_octets_total = std::size_t{1} << 20;  // kept of all header sections of a message
    std::size_t header_lines = 5000;                         // kept of one header section
    std::size_t parts = 1000;                                // further ones are skipped like a preamble
    std::size_t depth = 50;                                  // nesting; a deeper part is a leaf
    std::size_t addresses = 1000;                            // in one address list
    std::size_t parameters = 100;                            // of one field

    // What is beyond these is never asked for, and is not marked: the same for all messages, or they would contradict.
    std::size_t references = 100;                              // message ids kept for threading
    std::size_t preview_source_octets = std::size_t{8} << 10;  // of the first text part, for the preview
    std::size_t preview_characters = 200;                      // RFC 8970 §3.1

    bool operator==(const ParseLimits&) const = default;
};

}  // namespace mime
