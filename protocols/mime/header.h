// Header sections: fields with their positions, unfolding, and subsets of them. RFC 5322 §2.2, RFC 9051 §6.4.5.1.
// Splits lines and names only; values are parsed by address.h, date_time.h, parameter.h, envelope.h. Forgiving: bare LF
// ends a line, white space may precede the colon (RFC 5322 §4.5), 8-bit octets pass.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mime {

// One field of a header section. The views point into the section.
struct HeaderField {
    std::string_view name;   // as written, without the colon and white space before it
    std::string_view value;  // after the colon, folds included, without the last line end
    std::size_t offset = 0;  // octets from the section's start to the name
    std::size_t size = 0;    // octets of all its lines, line ends included
};

// Reads a section field by field without allocating. Lines that are not a field (no colon) are skipped; the blank line
// ends the section. The section must outlive the reader.
class HeaderReader {
  public:
    explicit HeaderReader(std::string_view section) : section_(section) {}

    // The next field, or nothing at the section's end.
    std::optional<HeaderField> next();

    // Octets read so far. Once next() has returned nullopt: where the body starts, after the blank line.
    [[nodiscard]] std::size_t position() const { return position_; }

  private:
    std::string_view section_;
    std::size_t position_ = 0;
};

// All fields of the section, at most max_fields.
std::vector<HeaderField> parse_header(std::string_view section, std::size_t max_fields = 2000);

// The first field of that name (ASCII case ignored), or nothing.
std::optional<HeaderField> find_field(std::string_view section, std::string_view name);

// The value on one line: line ends removed as in RFC 5322 §2.2.3, outer white space trimmed.
std::string unfold(std::string_view value);

enum class HeaderFilter {
    only,    // HEADER.FIELDS
    except,  // HEADER.FIELDS.NOT
};

// The octets of HEADER.FIELDS or HEADER.FIELDS.NOT (RFC 9051 §6.4.5.1): the fields whose names are (not) listed, in
// order and unchanged, then always the blank line. Names match in any ASCII case.
std::string filter_header(std::string_view section, std::span<const std::string> names, HeaderFilter filter);

// The kind of a line in a header section, by its octets alone (line end may be included).
enum class HeaderLine {
    blank,         // ends the section
    field,         // name, optional white space, colon
    continuation,  // starts with white space: belongs to the field before it
    malformed,     // none of these
};
HeaderLine classify_header_line(std::string_view line);

}  // namespace mime
