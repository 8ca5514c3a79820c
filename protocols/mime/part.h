// A push parser for the structure of a message: octets in, cut anywhere; the tree of parts out. RFC 2046 §5.1, §5.2.
// Keeps header sections (bounded) and never a body. Never fails: faults are listed as defects.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/body_structure.h"
#include "protocols/mime/parse_limits.h"

namespace mime {

// What is wrong with a message. The bits are stored: never renumber.
enum class Defect : std::uint32_t {
    missing_blank_line = 1U << 0,     // the body started without a blank line
    malformed_header_line = 1U << 1,  // neither field nor continuation, between fields
    header_too_long = 1U << 2,        // over header_octets or header_lines: the rest was ignored
    too_many_parts = 1U << 3,
    too_deep = 1U << 4,
    multipart_without_boundary = 1U << 5,
    boundary_not_found = 1U << 6,      // a multipart without parts
    unterminated_multipart = 1U << 7,  // the close delimiter is missing
    eight_bit_header = 1U << 8,        // octets above 127 that are not UTF-8
    bare_line_feed = 1U << 9,
    nul_octet = 1U << 10,  // in a header section
    missing_from = 1U << 11,
    invalid_date = 1U << 12,  // absent or unreadable
    too_many_addresses = 1U << 13,
    too_many_parameters = 1U << 14,  // or too many languages
};

struct Defects {
    std::uint32_t bits = 0;

    void add(Defect defect) { bits |= static_cast<std::uint32_t>(defect); }
    [[nodiscard]] bool has(Defect defect) const { return (bits & static_cast<std::uint32_t>(defect)) != 0; }
    [[nodiscard]] bool none() const { return bits == 0; }
    // A limit was reached: some of the message is missing from the summary.
    [[nodiscard]] bool cut() const {
        return has(Defect::header_too_long) || has(Defect::too_many_parts) || has(Defect::too_deep) ||
               has(Defect::too_many_addresses) || has(Defect::too_many_parameters);
    }

    bool operator==(const Defects&) const = default;
};

// One word for each defect, for logs: "missing_blank_line", …
std::vector<std::string_view> describe(Defects defects);

// What the parser found.
struct Structure {
    Part root;
    Defects defects;
    bool headers_are_ascii = true;  // of the message, its parts and nested messages; false if some were skipped
    std::string header;             // the message's own header section, up to header_octets
    std::string charset;            // of its raw octets, if a text part names a possible one
    std::string preview_source;     // first stored octets of the first text part that is not an attachment
    std::string preview_encoding;   // that part's encoding, charset and subtype
    std::string preview_charset;
    std::string preview_subtype;
};

// Feed the message in pieces of any size, then finish() once.
class StructureParser {
  public:
    explicit StructureParser(const ParseLimits& limits = {});
    StructureParser(StructureParser&&) noexcept;
    StructureParser& operator=(StructureParser&&) noexcept;
    ~StructureParser();

    void feed(std::string_view octets);
    Structure finish();
    // What it keeps in memory so far, at most: header sections and parts.
    [[nodiscard]] std::size_t held_octets() const;

  private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace mime
