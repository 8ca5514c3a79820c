// A message's summary from its structure and its header section. RFC 9051 §7.5.2; preview: RFC 8970 §3.1;
// references: RFC 5322 §3.6.4, RFC 5256 §3 (which field they are taken from).
#include "protocols/mime/summary.h"

#include <algorithm>
#include <array>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/ascii_header.h"
#include "protocols/mime/header.h"
#include "protocols/mime/html_text.h"
#include "protocols/mime/transfer_encoding.h"

namespace mime {
namespace {

// The fields that Thunderbird, Apple Mail, K-9, mutt, Roundcube and mbsync ask for in every message list.
const std::array<std::string, 27> list_field_names = {
    "Bcc",
    "Cc",
    "Content-Description",
    "Content-Transfer-Encoding",
    "Content-Type",
    "Date",
    "From",
    "Disposition-Notification-To",
    "Importance",
    "In-Reply-To",
    "Lines",
    "List-Id",
    "List-Post",
    "List-Subscribe",
    "List-Unsubscribe",
    "Message-ID",
    "Newsgroups",
    "Priority",
    "References",
    "Reply-To",
    "Sender",
    "Subject",
    "To",
    "X-Label",
    "X-Original-To",
    "X-Priority",
    "X-TUID",
};

// If they are longer, they are read from the header section itself: a summary stays small.
constexpr std::size_t most_list_octets = 2048;

bool has_attachment(const Part& part, bool in_related) {
    if (is_attachment(part, in_related)) return true;
    if (part.kind == PartKind::message) return false;  // shown inline, whatever it has
    const bool related = part.kind == PartKind::multipart && part.content.subtype == "related";
    return std::ranges::any_of(part.children, [&](const Part& child) { return has_attachment(child, related); });
}

std::vector<std::string> references_of(const Structure& structure, std::size_t most) {
    for (const std::string_view name : {"references", "in-reply-to"}) {
        const std::optional<HeaderField> field = find_field(structure.header, name);
        if (!field) continue;
        std::vector<std::string> ids = parse_message_ids(field->value, most);
        if (!ids.empty()) return ids;
    }
    return {};
}

std::optional<std::string> list_fields_of(const Structure& structure) {
    if (structure.defects.has(Defect::header_too_long)) return std::nullopt;
    std::string fields = filter_header(structure.header, list_field_names, HeaderFilter::only);
    if (fields.size() > most_list_octets) return std::nullopt;
    return fields;
}

std::uint64_t text_octets_of(std::string_view text) {
    TextSize size;
    size.feed(text);
    return size.octets();
}

std::optional<std::uint64_t> ascii_text_octets_of(const Structure& structure, std::uint64_t text_octets) {
    if (structure.defects.has(Defect::header_too_long)) return std::nullopt;
    const std::optional<std::string> ascii = ascii_header(structure.header);
    if (!ascii) return std::nullopt;
    return text_octets - text_octets_of(structure.header) + text_octets_of(*ascii);
}

// Characters with which senders pad the beginning, so that message lists show nothing more.
bool is_invisible(std::string_view character) {
    if (character.size() == 1) return false;
    return character == "\xC2\xAD" || character == "\xCD\x8F" || character == "\xEF\xBB\xBF" ||
           (character >= "\xE2\x80\x8B" && character <= "\xE2\x80\x8F") ||
           (character >= "\xE2\x81\xA0" && character <= "\xE2\x81\xA4");
}

bool is_white(std::string_view character) {
    const char c = character.front();
    if (character.size() == 1) return (c >= 0 && c <= ' ') || c == 127;
    return character == "\xC2\xA0" || character == "\xE3\x80\x80" || character == "\xE2\x80\xA8" ||
           character == "\xE2\x80\xA9";
}

// The first characters of well-formed UTF-8, on one line.
std::string shorten(std::string_view text, std::size_t most) {
    std::string out;
    std::size_t characters = 0;
    bool space = false;
    for (std::size_t at = 0; at < text.size() && characters < most;) {
        std::size_t size = 1;
        while (at + size < text.size() && (text[at + size] & 0xC0) == 0x80) ++size;
        const std::string_view character = text.substr(at, size);
        at += size;
        if (is_white(character)) {
            space = !out.empty();
        } else if (!is_invisible(character)) {
            if (space && characters + 2 > most) break;
            if (std::exchange(space, false)) {
                out += ' ';
                ++characters;
            }
            out += character;
            ++characters;
        }
    }
    return out;
}

// Decodes only as much of the source as the preview may need: markup before the first words is often long.
std::string make_preview(const Structure& structure, const ParseLimits& limits) {
    constexpr std::size_t piece = 512;
    const std::size_t enough = limits.preview_characters * 5;  // octets: UTF-8 and white space are generously counted
    TextDecoder decoder(parse_transfer_encoding(structure.preview_encoding), structure.preview_charset);
    HtmlText markup;
    std::string decoded;
    std::string text;
    std::string_view source = structure.preview_source;
    const bool whole = source.size() < limits.preview_source_octets;
    const bool html = structure.preview_subtype == "html";
    while (!source.empty() && text.size() < enough) {
        decoded.clear();
        decoder.feed(source.substr(0, piece), decoded);
        source.remove_prefix(std::min(piece, source.size()));
        if (source.empty() && whole) decoder.finish(decoded);  // else a character may be cut at the end: left out
        if (html) {
            markup.feed(decoded, text);
        } else {
            text += decoded;
        }
    }
    return shorten(text, limits.preview_characters);
}

}  // namespace

bool is_list_field(std::string_view name) {
    return std::ranges::any_of(list_field_names, [&](const std::string& one) { return base::iequals(one, name); });
}

Summarizer::Summarizer(const ParseLimits& limits) : limits_(limits), parser_(limits) {}

Summary Summarizer::finish() {
    Structure structure = parser_.finish();
    headers_are_ascii_ = structure.headers_are_ascii;
    Summary summary;
    summary.size_octets = structure.root.body_end;
    summary.header_octets = structure.root.body_offset;
    summary.text_octets = text_size_.octets();
    summary.ascii_text_octets = ascii_text_octets_of(structure, summary.text_octets);
    summary.defects = structure.defects;
    summary.envelope = parse_envelope(structure.header, structure.charset, limits_.addresses);
    if (summary.envelope.cut) summary.defects.add(Defect::too_many_addresses);
    if (summary.envelope.date) summary.sent_at = parse_date_time(*summary.envelope.date);
    if (!summary.sent_at) summary.defects.add(Defect::invalid_date);
    if (summary.envelope.from.empty()) summary.defects.add(Defect::missing_from);
    summary.references = references_of(structure, limits_.references);
    summary.preview = make_preview(structure, limits_);
    summary.list_fields = list_fields_of(structure);
    summary.root = std::move(structure.root);
    summary.has_attachment = has_attachment(summary.root, false);
    return summary;
}

Summary summarize(std::string_view message, const ParseLimits& limits) {
    Summarizer summarizer(limits);
    summarizer.feed(message);
    return summarizer.finish();
}

}  // namespace mime
