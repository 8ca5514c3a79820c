// The stored form of a summary, written and read as a whole. summary_view.cpp reads it in place, in the same order. A
// change of the form needs a new version octet: old rows are then parsed again from their messages.
#include "protocols/mime/summary.h"
#include "protocols/mime/summary_octets.h"
#include "protocols/mime/summary_view.h"

namespace mime {
namespace {

void write_addresses(SummaryWriter& out, const std::vector<Address>& list) {
    const std::size_t block = out.open_block();
    for (const Address& address : list) {
        out.number(static_cast<std::uint64_t>(address.kind));
        out.text(address.name);
        out.text(address.route);
        out.text(address.local);
        out.text(address.domain);
    }
    out.close_block(block);
}

// Lists equal to From are written empty: the reader replaces them by From.
void write_addresses_unless_from(SummaryWriter& out, const std::vector<Address>& list, const Envelope& envelope) {
    if (list == envelope.from) {
        out.text({});
    } else {
        write_addresses(out, list);
    }
}

void write_envelope(SummaryWriter& out, const Envelope& envelope) {
    const std::size_t block = out.open_block();
    out.optional_text(envelope.date);
    out.optional_text(envelope.subject);
    write_addresses(out, envelope.from);
    write_addresses_unless_from(out, envelope.sender, envelope);
    write_addresses_unless_from(out, envelope.reply_to, envelope);
    write_addresses(out, envelope.to);
    write_addresses(out, envelope.cc);
    write_addresses(out, envelope.bcc);
    out.optional_text(envelope.in_reply_to);
    out.optional_text(envelope.message_id);
    out.text(envelope.charset);
    out.number(envelope.cut ? 1 : 0);
    out.close_block(block);
}

void write_parameters(SummaryWriter& out, const std::vector<Parameter>& parameters) {
    const std::size_t block = out.open_block();
    for (const Parameter& parameter : parameters) {
        out.text(parameter.name);
        out.text(parameter.value);
    }
    out.close_block(block);
}

void write_texts(SummaryWriter& out, const std::vector<std::string>& texts) {
    const std::size_t block = out.open_block();
    for (const std::string& text : texts) out.text(text);
    out.close_block(block);
}

void write_content(SummaryWriter& out, const ContentFields& content) {
    out.text(content.type);
    out.text(content.subtype);
    write_parameters(out, content.parameters);
    out.optional_text(content.id);
    out.optional_text(content.description);
    out.text(content.encoding);
    out.optional_text(content.md5);
    out.optional_text(content.disposition ? std::optional(content.disposition->value) : std::nullopt);
    write_parameters(out, content.disposition ? content.disposition->parameters : std::vector<Parameter>());
    write_texts(out, content.languages);
    out.optional_text(content.location);
    out.number(content.cut ? 1 : 0);
}

void write_part(SummaryWriter& out, const Part& part) {
    const std::size_t block = out.open_block();
    out.number(static_cast<std::uint64_t>(part.kind));
    write_content(out, part.content);
    out.number(part.header_offset);
    out.number(part.body_offset - part.header_offset);
    out.number(part.body_end - part.body_offset);
    out.number(part.lines);
    if (part.envelope) {
        write_envelope(out, *part.envelope);
    } else {
        out.text({});
    }
    for (const Part& child : part.children) write_part(out, child);
    out.close_block(block);
}

std::optional<std::string> owned(std::optional<std::string_view> text) {
    return text ? std::optional<std::string>(*text) : std::nullopt;
}

std::vector<Address> read_addresses(AddressCursor cursor) {
    std::vector<Address> list;
    while (const std::optional<AddressView> address = cursor.next()) {
        list.push_back({.kind = address->kind,
                        .name = std::string(address->name),
                        .route = std::string(address->route),
                        .local = std::string(address->local),
                        .domain = std::string(address->domain)});
    }
    return list;
}

Envelope read_envelope(const EnvelopeView& view) {
    return {.date = owned(view.date),
            .subject = owned(view.subject),
            .from = read_addresses(view.from),
            .sender = read_addresses(view.sender),
            .reply_to = read_addresses(view.reply_to),
            .to = read_addresses(view.to),
            .cc = read_addresses(view.cc),
            .bcc = read_addresses(view.bcc),
            .in_reply_to = owned(view.in_reply_to),
            .message_id = owned(view.message_id),
            .charset = std::string(view.charset),
            .cut = view.cut};
}

std::vector<Parameter> read_parameters(ParameterCursor cursor) {
    std::vector<Parameter> parameters;
    while (const std::optional<ParameterView> parameter = cursor.next()) {
        parameters.push_back({.name = std::string(parameter->name), .value = std::string(parameter->value)});
    }
    return parameters;
}

std::vector<std::string> read_texts(TextCursor cursor) {
    std::vector<std::string> texts;
    while (const std::optional<std::string_view> text = cursor.next()) texts.emplace_back(*text);
    return texts;
}

ContentFields read_content(const PartView& view) {
    ContentFields content{.type = std::string(view.type),
                          .subtype = std::string(view.subtype),
                          .parameters = read_parameters(view.parameters),
                          .id = owned(view.id),
                          .description = owned(view.description),
                          .encoding = std::string(view.encoding),
                          .md5 = owned(view.md5),
                          .disposition = std::nullopt,
                          .languages = read_texts(view.languages),
                          .location = owned(view.location),
                          .cut = view.cut};
    if (view.disposition) {
        content.disposition = ParameterizedValue{.value = std::string(*view.disposition),
                                                 .parameters = read_parameters(view.disposition_parameters)};
    }
    return content;
}

Part read_part(const PartView& view) {
    Part part;
    part.kind = view.kind;
    part.content = read_content(view);
    part.header_offset = view.header_offset;
    part.body_offset = view.body_offset;
    part.body_end = view.body_end;
    part.lines = view.lines;
    if (!view.envelope_octets.empty()) part.envelope = read_envelope(view.envelope());
    PartCursor children = view.children;
    while (const std::optional<PartView> child = children.next()) part.children.push_back(read_part(*child));
    return part;
}

}  // namespace

std::string encode_summary(const Summary& summary) {
    std::string encoded(1, summary_version);
    SummaryWriter out(encoded);
    out.number(summary.size_octets);
    out.number(summary.header_octets);
    out.number(summary.text_octets);
    out.number(summary.ascii_text_octets ? *summary.ascii_text_octets + 1 : 0);
    out.number((summary.sent_at ? summary_has_date : 0) | (summary.has_attachment ? summary_has_attachment : 0) |
               (summary.list_fields ? summary_has_list_fields : 0));
    if (summary.sent_at) {
        out.signed_number(summary.sent_at->unix_seconds);
        out.signed_number(summary.sent_at->zone_minutes);
    }
    out.number(summary.defects.bits);
    write_envelope(out, summary.envelope);
    write_texts(out, summary.references);
    out.text(summary.preview);
    if (summary.list_fields) out.text(*summary.list_fields);
    write_part(out, summary.root);
    return encoded;
}

std::optional<Summary> decode_summary(std::string_view encoded) {
    const SummaryView view(encoded);
    if (view.damaged()) return std::nullopt;
    Summary summary{.size_octets = view.size_octets(),
                    .header_octets = view.header_octets(),
                    .text_octets = view.text_octets(),
                    .ascii_text_octets = view.ascii_text_octets(),
                    .sent_at = view.sent_at(),
                    .envelope = read_envelope(view.envelope()),
                    .references = read_texts(view.references()),
                    .root = read_part(view.root()),
                    .has_attachment = view.has_attachment(),
                    .preview = std::string(view.preview()),
                    .list_fields = owned(view.list_fields()),
                    .defects = view.defects()};
    // Views skip damage silently. If encoding the value again gives other octets, some were damaged.
    if (encode_summary(summary) != encoded) return std::nullopt;
    return summary;
}

}  // namespace mime
