// Walks over the texts of a message. RFC 9051 §6.4.4; RFC 2045 §6, RFC 2047, RFC 2231 for decoding. Memory: one header
// section, and one chunk of a part with its decoded form.
#include "protocols/mime/message_text.h"

#include <algorithm>
#include <optional>

#include "protocols/mime/casemap.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/html_text.h"
#include "protocols/mime/parameter.h"
#include "protocols/mime/transfer_encoding.h"

namespace mime {
namespace {

// A header section with its values decoded, one line per field.
std::string header_lines(std::string_view section, std::string_view charset) {
    std::string text;
    text.reserve(section.size());
    HeaderReader reader(section);
    while (const std::optional<HeaderField> field = reader.next()) {
        text += field->name;
        text += ": ";
        text += decode_encoded_words(field->value, charset);
        text += "\r\n";
    }
    return text;
}

std::string charset_of(ParameterCursor parameters) {
    while (const std::optional<ParameterView> parameter = parameters.next()) {
        if (parameter->name.starts_with("charset")) return decode_parameter(parameter->name, parameter->value);
    }
    return {};
}

// Decoded parameters of the MIME fields, such as file names, if the field lines do not show them: parameters that are
// continued or coded have a "*" in their names (RFC 2231 §3, §4).
std::string parameter_lines(const PartView& part, std::string_view lines) {
    std::string text;
    if (lines.find('*') == std::string_view::npos) return text;
    for (ParameterCursor parameters : {part.parameters, part.disposition_parameters}) {
        while (const std::optional<ParameterView> parameter = parameters.next()) {
            std::string_view name = parameter->name;
            if (name.ends_with('*')) name.remove_suffix(1);
            text += name;
            text += "=";
            text += decode_parameter(parameter->name, parameter->value);
            text += "\r\n";
        }
    }
    return text;
}

class BodyWalk {
  public:
    // any_leaf: also search application/octet-stream, since the parser's limits leave deeper parts inside such leaves.
    BodyWalk(const MessageTextLimits& limits, const ReadOctets& read, const TextSink& sink, bool any_leaf)
        : limits_(limits), read_(read), sink_(sink), any_leaf_(any_leaf) {}

    // True when the sink wants no more. PartCursor bounds the depth. charset: of raw octets in header fields.
    bool walk(const PartView& part, std::string_view charset) {
        if (part.kind == PartKind::single) return is_text(part) && walk_text(part);
        const bool message = part.kind == PartKind::message;
        if (message) charset = part.envelope().charset;
        PartCursor children = part.children;
        while (const std::optional<PartView> child = children.next()) {
            if (walk_header(*child, charset, message ? TextKind::body : TextKind::part_header)) return true;
            if (walk(*child, charset)) return true;
        }
        return false;
    }

  private:
    // Delivery status, receipts and partial messages are text for people, too.
    [[nodiscard]] bool is_text(const PartView& part) const {
        return part.type == "text" || part.type == "message" ||
               (any_leaf_ && part.type == "application" && part.subtype == "octet-stream");
    }

    bool walk_header(const PartView& part, std::string_view charset, TextKind kind) {
        OctetRange section = part.header();
        section.size = std::min<std::uint64_t>(section.size, limits_.header_octets);
        const std::string lines = header_lines(read_range(read_, section), charset);
        if (sink_(kind, lines) || end()) return true;
        const std::string parameters = parameter_lines(part, lines);
        return !parameters.empty() && (sink_(TextKind::part_header, parameters) || end());
    }

    bool walk_text(const PartView& part) {
        TextDecoder decoder(parse_transfer_encoding(part.encoding), charset_of(part.parameters));
        std::optional<HtmlText> html;
        if (part.subtype == "html") html.emplace();
        for (OctetRange rest = part.body(); rest.size > 0;) {
            const std::string_view octets =
                read_(rest.offset, std::min<std::uint64_t>(rest.size, limits_.chunk_octets));
            if (octets.empty()) break;
            rest.offset += octets.size();
            rest.size -= octets.size();
            decoded_.clear();
            decoder.feed(octets, decoded_);
            if (rest.size == 0) decoder.finish(decoded_);
            if (html ? give_words(*html, rest.size == 0) : give(decoded_)) return true;
        }
        return end();
    }

    bool give_words(HtmlText& html, bool last) {
        words_.clear();
        html.feed(decoded_, words_);
        if (last) html.finish(words_);
        return give(words_);
    }

    bool give(std::string_view utf8) { return sink_(TextKind::body, utf8); }
    bool end() { return sink_(TextKind::end, {}); }

    const MessageTextLimits& limits_;
    const ReadOctets& read_;
    const TextSink& sink_;
    bool any_leaf_;
    std::string decoded_;
    std::string words_;
};

}  // namespace

void read_header_text(const SummaryView& summary, const MessageTextLimits& limits, const ReadOctets& read,
                      const TextSink& sink) {
    const std::uint64_t size = std::min<std::uint64_t>(summary.header_octets(), limits.header_octets);
    const std::string lines = header_lines(read_range(read, {0, size}), summary.envelope().charset);
    if (sink(TextKind::header, lines) || sink(TextKind::end, {})) return;
    const std::string parameters = parameter_lines(summary.root(), lines);
    if (parameters.empty() || sink(TextKind::header, parameters)) return;
    sink(TextKind::end, {});
}

void read_body_text(const SummaryView& summary, const MessageTextLimits& limits, const ReadOctets& read,
                    const TextSink& sink) {
    BodyWalk(limits, read, sink, summary.defects().cut()).walk(summary.root(), summary.envelope().charset);
}

void read_envelope_text(const SummaryView& summary, const TextSink& sink) {
    const EnvelopeView envelope = summary.envelope();
    std::string texts[] = {envelope.subject ? decode_encoded_words(*envelope.subject) : std::string(),
                           std::string(envelope.message_id.value_or("")),
                           address_text(envelope.from),
                           address_text(envelope.to),
                           address_text(envelope.cc),
                           address_text(envelope.bcc)};
    for (const std::string& text : texts) {
        if (text.empty()) continue;
        if (sink(TextKind::header, text) || sink(TextKind::end, {})) return;
    }
}

void read_folded_texts(std::string_view summary, const MessageTextLimits& limits, const ReadOctets& read,
                       const TakeFolded& take) {
    std::string anew;
    const SummaryView view(readable_summary(summary, read, anew));
    std::string folded_text;
    bool enough = false;
    const TextSink sink = [&](TextKind kind, std::string_view utf8) {
        folded_text.clear();
        append_folded(folded_text, utf8);
        if (kind == TextKind::end || !folded_text.empty()) enough = enough || take(folded_text);
        return enough;
    };
    read_envelope_text(view, sink);
    if (!enough) read_header_text(view, limits, read, sink);
    if (!enough) read_body_text(view, limits, read, sink);
}

std::string read_range(const ReadOctets& read, OctetRange range) {
    std::string octets;
    while (octets.size() < range.size) {
        const std::string_view piece = read(range.offset + octets.size(), range.size - octets.size());
        if (piece.empty()) break;
        octets += piece;
    }
    return octets;
}

std::string address_text(AddressCursor addresses) {
    std::string text;
    while (const std::optional<AddressView> address = addresses.next()) {
        if (address->kind == Address::Kind::group_end) continue;
        if (!text.empty()) text += ", ";
        if (!address->name.empty()) text += decode_encoded_words(address->name) + " ";
        if (address->kind == Address::Kind::group_start) continue;
        text += "<";
        text += address->local;
        if (!address->domain.empty()) {
            text += "@";
            text += address->domain;
        }
        text += ">";
    }
    return text;
}

}  // namespace mime
