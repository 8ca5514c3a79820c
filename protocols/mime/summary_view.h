// A stored summary, read in place: nothing is allocated, every value is a view into the encoded octets, which must
// outlive it. Made by encode_summary (summary.h). Damaged octets give empty values and short lists, never a read out of
// bounds; damaged() is then true. Part numbers and sections: RFC 9051 §6.4.5.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocols/mime/address.h"
#include "protocols/mime/body_structure.h"
#include "protocols/mime/date_time.h"
#include "protocols/mime/part.h"

namespace mime {

struct AddressView {
    Address::Kind kind = Address::Kind::mailbox;
    std::string_view name;  // empty is NIL; see Address for all of them
    std::string_view route;
    std::string_view local;
    std::string_view domain;
};

struct ParameterView {
    std::string_view name;
    std::string_view value;
};

// Cursors: while (auto item = cursor.next()) …; a copy starts where the original was.
class AddressCursor {
  public:
    AddressCursor() = default;
    explicit AddressCursor(std::string_view octets) : octets_(octets) {}
    [[nodiscard]] bool empty() const { return octets_.empty(); }
    std::optional<AddressView> next();

  private:
    std::string_view octets_;
};

class ParameterCursor {
  public:
    ParameterCursor() = default;
    explicit ParameterCursor(std::string_view octets) : octets_(octets) {}
    [[nodiscard]] bool empty() const { return octets_.empty(); }
    std::optional<ParameterView> next();

  private:
    std::string_view octets_;
};

class TextCursor {
  public:
    TextCursor() = default;
    explicit TextCursor(std::string_view octets) : octets_(octets) {}
    [[nodiscard]] bool empty() const { return octets_.empty(); }
    std::optional<std::string_view> next();

  private:
    std::string_view octets_;
};

struct PartView;

class PartCursor {
  public:
    PartCursor() = default;
    explicit PartCursor(std::string_view octets, std::size_t depth = 0) : octets_(octets), depth_(depth) {}
    [[nodiscard]] bool empty() const { return octets_.empty(); }
    std::optional<PartView> next();  // never deeper than max_depth, so that recursion is safe

  private:
    std::string_view octets_;
    std::size_t depth_ = 0;
};

// As mime::Envelope; empty sender and reply_to are already replaced by from (RFC 9051 §7.5.2).
struct EnvelopeView {
    std::optional<std::string_view> date;
    std::optional<std::string_view> subject;
    AddressCursor from;
    AddressCursor sender;
    AddressCursor reply_to;
    AddressCursor to;
    AddressCursor cc;
    AddressCursor bcc;
    std::optional<std::string_view> in_reply_to;
    std::optional<std::string_view> message_id;
    std::string_view charset;
    bool cut = false;
};

// As mime::Part and its ContentFields.
struct PartView {
    PartKind kind = PartKind::single;
    std::string_view type;
    std::string_view subtype;
    ParameterCursor parameters;
    std::optional<std::string_view> id;
    std::optional<std::string_view> description;
    std::string_view encoding;
    std::optional<std::string_view> md5;
    std::optional<std::string_view> disposition;
    ParameterCursor disposition_parameters;
    TextCursor languages;
    std::optional<std::string_view> location;
    bool cut = false;
    std::uint64_t header_offset = 0;
    std::uint64_t body_offset = 0;
    std::uint64_t body_end = 0;
    std::uint64_t lines = 0;
    std::string_view envelope_octets;  // kind message: for envelope()
    PartCursor children;

    [[nodiscard]] std::uint64_t size_octets() const { return body_end - body_offset; }
    [[nodiscard]] OctetRange header() const { return {header_offset, body_offset - header_offset}; }
    [[nodiscard]] OctetRange body() const { return {body_offset, body_end - body_offset}; }
    [[nodiscard]] EnvelopeView envelope() const;
};

class SummaryView {
  public:
    // A view into encoded, which must outlive it. Another version counts as damaged.
    explicit SummaryView(std::string_view encoded);

    [[nodiscard]] bool damaged() const { return damaged_; }
    [[nodiscard]] std::uint64_t size_octets() const { return size_octets_; }
    [[nodiscard]] std::uint64_t header_octets() const { return header_octets_; }
    [[nodiscard]] std::uint64_t text_octets() const { return text_octets_; }
    [[nodiscard]] std::optional<std::uint64_t> ascii_text_octets() const { return ascii_text_octets_; }
    [[nodiscard]] std::optional<DateTime> sent_at() const { return sent_at_; }
    [[nodiscard]] bool has_attachment() const { return has_attachment_; }
    [[nodiscard]] Defects defects() const { return defects_; }
    [[nodiscard]] std::string_view preview() const { return preview_; }
    [[nodiscard]] std::optional<std::string_view> list_fields() const { return list_fields_; }
    [[nodiscard]] TextCursor references() const { return TextCursor(references_); }
    [[nodiscard]] EnvelopeView envelope() const;
    [[nodiscard]] PartView root() const;

  private:
    bool damaged_ = false;
    bool has_attachment_ = false;
    std::uint64_t size_octets_ = 0;
    std::uint64_t header_octets_ = 0;
    std::uint64_t text_octets_ = 0;
    std::optional<std::uint64_t> ascii_text_octets_;
    std::optional<DateTime> sent_at_;
    Defects defects_;
    std::string_view envelope_;
    std::string_view references_;
    std::string_view root_;
    std::string_view preview_;
    std::optional<std::string_view> list_fields_;
};

// The part of that number: {} is the message itself, {1} of a message without multipart is its body. nullopt if there
// is no such part.
std::optional<PartView> find_part(const SummaryView& summary, std::span<const std::uint32_t> part_number);

enum class SectionText {
    content,  // BODY[1.2]: the part's body as stored; BODY[]: the whole message
    header,   // BODY[HEADER], BODY[1.2.HEADER]: of a message, whole or message/rfc822 (HEADER.FIELDS: filter_header)
    text,     // BODY[TEXT], BODY[1.2.TEXT]: the body of such a message
    mime,     // BODY[1.2.MIME]: the part's own header section
};

// The range of a section's octets in the stored message. nullopt: no such section (FETCH answers NIL).
std::optional<OctetRange> find_section(const SummaryView& summary, std::span<const std::uint32_t> part_number,
                                       SectionText text);

}  // namespace mime
