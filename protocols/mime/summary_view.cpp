// Stored summaries read in place, and sections found in them. RFC 9051 §6.4.5.1.
// The fields' order is that of summary_codec.cpp.
#include "protocols/mime/summary_view.h"

#include "protocols/mime/summary_octets.h"

namespace mime {
namespace {

EnvelopeView read_envelope(std::string_view octets) {
    SummaryReader in(octets);
    EnvelopeView envelope;
    envelope.date = in.optional_text();
    envelope.subject = in.optional_text();
    envelope.from = AddressCursor(in.text());
    envelope.sender = AddressCursor(in.text());
    envelope.reply_to = AddressCursor(in.text());
    envelope.to = AddressCursor(in.text());
    envelope.cc = AddressCursor(in.text());
    envelope.bcc = AddressCursor(in.text());
    envelope.in_reply_to = in.optional_text();
    envelope.message_id = in.optional_text();
    envelope.charset = in.text();
    envelope.cut = in.number() != 0;
    if (envelope.sender.empty()) envelope.sender = envelope.from;
    if (envelope.reply_to.empty()) envelope.reply_to = envelope.from;
    return envelope;
}

PartKind part_kind(std::uint64_t number) {
    return number <= static_cast<std::uint64_t>(PartKind::message) ? static_cast<PartKind>(number) : PartKind::single;
}

PartView read_part(std::string_view octets, std::size_t depth) {
    SummaryReader in(octets);
    PartView part;
    part.kind = part_kind(in.number());
    part.type = in.text();
    part.subtype = in.text();
    part.parameters = ParameterCursor(in.text());
    part.id = in.optional_text();
    part.description = in.optional_text();
    part.encoding = in.text();
    part.md5 = in.optional_text();
    part.disposition = in.optional_text();
    part.disposition_parameters = ParameterCursor(in.text());
    part.languages = TextCursor(in.text());
    part.location = in.optional_text();
    part.cut = in.number() != 0;
    part.header_offset = in.number();
    part.body_offset = part.header_offset + in.number();
    part.body_end = part.body_offset + in.number();
    part.lines = in.number();
    part.envelope_octets = in.text();
    part.children = PartCursor(in.rest(), depth + 1);
    return part;
}

}  // namespace

std::optional<AddressView> AddressCursor::next() {
    if (octets_.empty()) return std::nullopt;
    SummaryReader in(octets_);
    const std::uint64_t kind = in.number();
    AddressView address;
    if (kind <= static_cast<std::uint64_t>(Address::Kind::group_end)) address.kind = static_cast<Address::Kind>(kind);
    address.name = in.text();
    address.route = in.text();
    address.local = in.text();
    address.domain = in.text();
    octets_ = in.rest();
    if (in.damaged()) return std::nullopt;
    return address;
}

std::optional<ParameterView> ParameterCursor::next() {
    if (octets_.empty()) return std::nullopt;
    SummaryReader in(octets_);
    ParameterView parameter;
    parameter.name = in.text();
    parameter.value = in.text();
    octets_ = in.rest();
    if (in.damaged()) return std::nullopt;
    return parameter;
}

std::optional<std::string_view> TextCursor::next() {
    if (octets_.empty()) return std::nullopt;
    SummaryReader in(octets_);
    const std::string_view text = in.text();
    octets_ = in.rest();
    if (in.damaged()) return std::nullopt;
    return text;
}

std::optional<PartView> PartCursor::next() {
    if (octets_.empty() || depth_ >= max_depth) return std::nullopt;
    SummaryReader in(octets_);
    const std::string_view block = in.text();
    octets_ = in.rest();
    if (in.damaged()) return std::nullopt;
    return read_part(block, depth_);
}

EnvelopeView PartView::envelope() const { return read_envelope(envelope_octets); }

SummaryView::SummaryView(std::string_view encoded) {
    if (encoded.empty() || encoded.front() != summary_version) {
        damaged_ = true;
        return;
    }
    SummaryReader in(encoded.substr(1));
    size_octets_ = in.number();
    header_octets_ = in.number();
    text_octets_ = in.number();
    if (const std::uint64_t ascii = in.number(); ascii > 0) ascii_text_octets_ = ascii - 1;
    const std::uint64_t flags = in.number();
    has_attachment_ = (flags & summary_has_attachment) != 0;
    if ((flags & summary_has_date) != 0) {
        DateTime date;
        date.unix_seconds = in.signed_number();
        date.zone_minutes = static_cast<int>(in.signed_number());
        sent_at_ = date;
    }
    defects_.bits = static_cast<std::uint32_t>(in.number());
    envelope_ = in.text();
    references_ = in.text();
    preview_ = in.text();
    if ((flags & summary_has_list_fields) != 0) list_fields_ = in.text();
    root_ = in.rest();
    damaged_ = in.damaged() || root_.empty();
}

EnvelopeView SummaryView::envelope() const { return read_envelope(envelope_); }

PartView SummaryView::root() const { return PartCursor(root_).next().value_or(PartView()); }

std::optional<PartView> find_part(const SummaryView& summary, std::span<const std::uint32_t> part_number) {
    PartView part = summary.root();
    bool is_message = true;  // part is a message; the next number counts its parts
    for (const std::uint32_t number : part_number) {
        if (part.kind == PartKind::message && !is_message) {
            PartCursor nested = part.children;
            part = nested.next().value_or(PartView());
            is_message = true;
        }
        if (part.kind != PartKind::multipart) {
            // A message that is not a multipart has one part, number 1: its body.
            if (number != 1 || !is_message) return std::nullopt;
            is_message = false;
            continue;
        }
        PartCursor children = part.children;
        std::optional<PartView> child;
        for (std::uint32_t i = 0; i < number; ++i) {
            child = children.next();
            if (!child) break;
        }
        if (!child) return std::nullopt;
        part = *child;
        is_message = false;
    }
    return part;
}

std::optional<OctetRange> find_section(const SummaryView& summary, std::span<const std::uint32_t> part_number,
                                       SectionText text) {
    if (summary.damaged()) return std::nullopt;
    const std::optional<PartView> part = find_part(summary, part_number);
    if (!part) return std::nullopt;
    const bool whole = part_number.empty();
    if (text == SectionText::content) return whole ? OctetRange{0, summary.size_octets()} : part->body();
    if (text == SectionText::mime) return whole ? std::nullopt : std::optional(part->header());
    if (whole) return text == SectionText::header ? part->header() : part->body();
    PartCursor nested = part->children;
    const std::optional<PartView> message = part->kind == PartKind::message ? nested.next() : std::nullopt;
    if (!message) return std::nullopt;
    return text == SectionText::header ? message->header() : message->body();
}

}  // namespace mime
