// The facts of a message for ENVELOPE, BODYSTRUCTURE, sections, threads and message lists: parsed once, while it is
// being delivered. RFC 9051 §6.4.5, §7.5.2; RFC 8970 (preview). summary_view.h reads the stored form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/body_structure.h"
#include "protocols/mime/date_time.h"
#include "protocols/mime/envelope.h"
#include "protocols/mime/part.h"
#include "protocols/mime/text_size.h"

namespace mime {

struct Summary {
    std::uint64_t size_octets = 0;    // of the whole message (RFC822.SIZE)
    std::uint64_t header_octets = 0;  // of its header section with the blank line: where the body starts
    std::uint64_t text_octets = 0;    // of the message as text (text_size.h)
    // The same with its header section in ASCII (ascii_header.h); nullopt if that is not different.
    std::optional<std::uint64_t> ascii_text_octets;
    std::optional<DateTime> sent_at;  // the Date field, if it is readable
    Envelope envelope;
    std::vector<std::string> references;  // ids of References, else of In-Reply-To; oldest first, brackets kept
    Part root;                            // the message itself; its header_offset is 0
    bool has_attachment = false;
    std::string preview;  // first words of the text: UTF-8, one line, no markup; empty if there is no text part
    // The header fields named by is_list_field(), as filter_header() gives them; nullopt if they are too long or the
    // header section was cut.
    std::optional<std::string> list_fields;
    Defects defects;

    bool operator==(const Summary&) const = default;
};

// Whether this is one of the fields that mail programs ask for in message lists. Any ASCII case.
bool is_list_field(std::string_view name);

// Makes a Summary while a message passes through: feed it in pieces of any size, then finish() once. The limits bound
// its memory; no input makes it fail.
class Summarizer {
  public:
    explicit Summarizer(const ParseLimits& limits = {});

    void feed(std::string_view octets) {
        parser_.feed(octets);
        text_size_.feed(octets);
    }
    Summary finish();
    // What it keeps in memory so far, at most.
    std::size_t held_octets() const { return parser_.held_octets(); }
    // After finish(): false if its header fields make the message internationalized (RFC 6531 §3.6).
    bool headers_are_ascii() const { return headers_are_ascii_; }

  private:
    ParseLimits limits_;
    StructureParser parser_;
    TextSize text_size_;
    bool headers_are_ascii_ = false;
};

// All at once.
Summary summarize(std::string_view message, const ParseLimits& limits = {});

// The stored form: compact, versioned, read in place by SummaryView (summary_view.h).
std::string encode_summary(const Summary& summary);

// Back to the value. nullopt unless encode_summary (of this version) made the octets.
std::optional<Summary> decode_summary(std::string_view encoded);

}  // namespace mime
