// The walk over a message's texts. RFC 3501 §6.4.4; RFC 2045 §6, RFC 2047, RFC 2231 for what is decoded.
// Memory: one header section, and one chunk of a part with what it decodes to.
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

// A header section as a reader sees it: one line a field.
std::string header_lines(std::string_view section) {
    std::string text;
    text.reserve(section.size());
    HeaderReader reader(section);
    while (const std::optional<HeaderField> field = reader.next()) {
        text += field->name;
        text += ": ";
        text += decode_encoded_words(field->value);
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

class BodyWalk {
  public:
    BodyWalk(const MessageTextLimits& limits, const ReadOctets& read, const TextSink& sink)
        : limits_(limits), read_(read), sink_(sink) {}

    // True when the sink wants no more. PartCursor bounds the depth.
    bool walk(const PartView& part) {
        if (part.kind == PartKind::single) return part.type == "text" && walk_text(part);
        PartCursor children = part.children;
        while (const std::optional<PartView> child = children.next()) {
            if (part.kind == PartKind::message && walk_header(child->header())) return true;
            if (walk(*child)) return true;
        }
        return false;
    }

  private:
    bool walk_header(OctetRange section) {
        section.size = std::min<std::uint64_t>(section.size, limits_.header_octets);
        return give(header_lines(read_range(read_, section))) || end();
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

    bool give(std::string_view utf8) { return sink_(TextPlace::body, utf8); }
    bool end() { return sink_(TextPlace::end, {}); }

    const MessageTextLimits& limits_;
    const ReadOctets& read_;
    const TextSink& sink_;
    std::string decoded_;
    std::string words_;
};

}  // namespace

void read_header_text(const SummaryView& summary, const MessageTextLimits& limits, const ReadOctets& read,
                      const TextSink& sink) {
    const std::uint64_t size = std::min<std::uint64_t>(summary.header_octets(), limits.header_octets);
    if (sink(TextPlace::header, header_lines(read_range(read, {0, size})))) return;
    sink(TextPlace::end, {});
}

void read_body_text(const SummaryView& summary, const MessageTextLimits& limits, const ReadOctets& read,
                    const TextSink& sink) {
    BodyWalk(limits, read, sink).walk(summary.root());
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
        if (sink(TextPlace::header, text) || sink(TextPlace::end, {})) return;
    }
}

void read_folded_texts(std::string_view summary, const MessageTextLimits& limits, const ReadOctets& read,
                       const TakeFolded& take) {
    const SummaryView view(summary);
    std::string folded_text;
    bool enough = false;
    const TextSink sink = [&](TextPlace place, std::string_view utf8) {
        folded_text.clear();
        append_folded(folded_text, utf8);
        if (place == TextPlace::end || !folded_text.empty()) enough = enough || take(folded_text);
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
