// A message's tree of parts with their positions. RFC 2045, RFC 2046, RFC 2183, RFC 9051 §7.5.2 (BODYSTRUCTURE). Plain
// data: part.h parses it from a message, summary.h stores it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/envelope.h"
#include "protocols/mime/parameter.h"

namespace mime {

enum class PartKind : std::uint8_t {
    single,     // a leaf: text or anything else
    multipart,  // children: one or more parts
    message,    // message/rfc822 or message/global: envelope, and one child, the nested message's own body
};

// Octets from the stored message's start.
struct OctetRange {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;

    bool operator==(const OctetRange&) const = default;
};

// The Content-* fields of a part, as sent but unfolded, and converted to UTF-8 where they were raw in another charset
// (field_to_utf8). nullopt: the field is absent (NIL).
struct ContentFields {
    std::string type = "text";      // lower case
    std::string subtype = "plain";  // lower case
    std::vector<Parameter> parameters;
    std::optional<std::string> id;
    std::optional<std::string> description;
    std::string encoding = "7bit";                  // lower case
    std::optional<std::string> md5;                 // RFC 1864
    std::optional<ParameterizedValue> disposition;  // value in lower case
    std::vector<std::string> languages;             // RFC 3282
    std::optional<std::string> location;            // RFC 2557 §4
    bool cut = false;                               // some parameters or languages were dropped (limits)

    bool operator==(const ContentFields&) const = default;
};

struct Part {
    PartKind kind = PartKind::single;
    ContentFields content;
    std::uint64_t header_offset = 0;   // its own header section's first octet (the whole message: 0)
    std::uint64_t body_offset = 0;     // after the blank line
    std::uint64_t body_end = 0;        // without the line end that belongs to the following boundary
    std::uint64_t lines = 0;           // line ends in the body
    std::optional<Envelope> envelope;  // of the nested message; only for kind message
    std::vector<Part> children;

    [[nodiscard]] std::uint64_t size_octets() const { return body_end - body_offset; }

    bool operator==(const Part&) const = default;
};

// The Content-* fields of a header section. in_digest: its parent is a multipart/digest, whose parts are
// message/rfc822 unless they say otherwise (RFC 2046 §5.1.5). A malformed Content-Type is text/plain (RFC 2045 §5.2).
// `charset`: of raw 8-bit octets, if the section itself does not name one.
ContentFields parse_content_fields(std::string_view header_section, bool in_digest, std::string_view charset = {},
                                   std::size_t max_parameters = 100);

// True if a mail program would list this leaf as an attachment instead of showing it as part of the message's text.
bool is_attachment(const Part& part, bool in_related);

}  // namespace mime
