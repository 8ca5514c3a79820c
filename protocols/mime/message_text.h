// The text of a message that a person would see, for searching: header fields with encoded words and parameters
// decoded, all text and message parts in UTF-8, HTML without markup. RFC 9051 §6.4.4 (BODY, TEXT). SEARCH and the
// search index use the same walk, so that they agree. The caller supplies the octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "protocols/mime/readable_summary.h"
#include "protocols/mime/summary_view.h"

namespace mime {

enum class TextKind : std::uint8_t {
    header,       // from the message's own header section or envelope
    body,         // from its body: text and message parts, header sections of nested messages
    part_header,  // MIME header fields of a part: searched by TEXT, not by BODY
    end,          // end of a text: no match crosses it
};
// Receives text in pieces of whole characters; returns true when it wants no more.
using TextSink = std::function<bool(TextKind kind, std::string_view utf8)>;

struct MessageTextLimits {
    std::size_t header_octets = std::size_t{1} << 20;  // of one header section; the rest is not searched
    std::size_t chunk_octets = std::size_t{256} << 10;
};

// The message's own header section: each field on a line, then its own MIME parameters; `end` after each.
void read_header_text(const SummaryView& summary, const MessageTextLimits& limits, const ReadOctets& read,
                      const TextSink& sink);

// All text and message parts, the header sections of nested messages and of parts; `end` after each.
void read_body_text(const SummaryView& summary, const MessageTextLimits& limits, const ReadOctets& read,
                    const TextSink& sink);

// Subject, addresses and message id, which are also compared on their own; `end` after each.
void read_envelope_text(const SummaryView& summary, const TextSink& sink);

// All of these, folded (casemap.h): what the search index stores of the message with this encoded summary. An empty
// piece ends a text; return true when no more is wanted.
using TakeFolded = std::function<bool(std::string_view folded)>;
void read_folded_texts(std::string_view summary, const MessageTextLimits& limits, const ReadOctets& read,
                       const TakeFolded& take);

// Octets [range.offset, range.offset + range.size) of the message; fewer if it ends before.
std::string read_range(const ReadOctets& read, OctetRange range);

// "Name <local@domain>, …" with encoded words decoded.
std::string address_text(AddressCursor addresses);

}  // namespace mime
