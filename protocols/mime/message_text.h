// What of a message is text that a reader would see, and so is searched: header fields with encoded words and
// parameters decoded, all text and message parts in UTF-8, HTML as its words. RFC 9051 §6.4.4 (BODY, TEXT). The same
// walk feeds a search of the message and the index of all messages, so that both agree; where the octets come from is
// the caller's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "protocols/mime/readable_summary.h"
#include "protocols/mime/summary_view.h"

namespace mime {

enum class TextPlace : std::uint8_t {
    header,       // of the message's own header section, or its envelope
    body,         // of its body: text and message parts, and header sections of messages within
    part_header,  // MIME header fields of a part: TEXT looks there, BODY does not
    end,          // of a text: nothing matches across
};
// Is given texts in pieces of whole characters; true when it wants no more.
using TextSink = std::function<bool(TextPlace place, std::string_view utf8)>;

struct MessageTextLimits {
    std::size_t header_octets = std::size_t{1} << 20;  // looked at of a header section
    std::size_t chunk_octets = std::size_t{256} << 10;
};

// The message's own header section: each field on a line, then its own MIME parameters, each with an end.
void read_header_text(const SummaryView& summary, const MessageTextLimits& limits, const ReadOctets& read,
                      const TextSink& sink);

// All text and message parts, the header sections of messages within and those of parts, each with its end.
void read_body_text(const SummaryView& summary, const MessageTextLimits& limits, const ReadOctets& read,
                    const TextSink& sink);

// Subject, addresses and message id as they are compared alone, each with its end.
void read_envelope_text(const SummaryView& summary, const TextSink& sink);

// All of these, folded (casemap.h): what an index must know of a message whose encoded summary this is. An empty piece
// ends a text; true when no more is wanted.
using TakeFolded = std::function<bool(std::string_view folded)>;
void read_folded_texts(std::string_view summary, const MessageTextLimits& limits, const ReadOctets& read,
                       const TakeFolded& take);

// Octets [range.offset, range.offset + range.size) of the message, less at its end.
std::string read_range(const ReadOctets& read, OctetRange range);

// "Name <local@domain>, …" with encoded words decoded.
std::string address_text(AddressCursor addresses);

}  // namespace mime
