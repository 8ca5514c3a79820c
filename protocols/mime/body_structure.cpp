// Content-* fields. RFC 2045 §5, §6.1, §7, §8; RFC 2183; RFC 1864; RFC 3282; RFC 2557 §4.
// One header section at a time; part.cpp builds the tree.
#include "protocols/mime/body_structure.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/lexical.h"
#include "protocols/mime/transfer_encoding.h"

namespace mime {
namespace {

bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_octet); }

// "type/subtype"; text/plain with no parameters if it is anything else (RFC 2045 §5.2).
void read_type(std::string_view value, ContentFields& fields, std::size_t max_parameters) {
    ParameterizedValue parsed = parse_parameterized(value, max_parameters, &fields.cut);
    const std::size_t slash = parsed.value.find('/');
    const std::string_view type = std::string_view(parsed.value).substr(0, slash);
    const std::string_view subtype =
        slash == std::string::npos ? std::string_view() : std::string_view(parsed.value).substr(slash + 1);
    if (!is_token(type) || !is_token(subtype)) {
        fields.type = "text";
        fields.subtype = "plain";
        if (base::iequals(parsed.value, "text")) fields.parameters = std::move(parsed.parameters);
        return;
    }
    fields.type = base::lower(type);
    fields.subtype = base::lower(subtype);
    fields.parameters = std::move(parsed.parameters);
}

// A disposition without a type but with parameters counts as one of unknown type, an attachment (RFC 2183 §2.8), so
// that its file name is kept.
void read_disposition(std::string_view value, ContentFields& fields, std::size_t max_parameters) {
    ParameterizedValue parsed = parse_parameterized(value, max_parameters, &fields.cut);
    if (parsed.value.empty() && parsed.parameters.empty()) return;
    parsed.value = parsed.value.empty() ? "attachment" : base::lower(parsed.value);
    fields.disposition = std::move(parsed);
}

// Language tags with commas between, RFC 3282 §2; comments are dropped.
void read_languages(std::string_view value, ContentFields& fields, std::size_t most) {
    while (!value.empty() && fields.languages.size() < most) {
        const std::size_t comma = std::min(value.find(','), value.size());
        std::string tag = parse_parameterized(value.substr(0, comma), 0).value;
        if (!tag.empty()) fields.languages.push_back(std::move(tag));
        value.remove_prefix(std::min(comma + 1, value.size()));
    }
    if (!value.empty()) fields.cut = true;
}

// mechanism := token, in lower case; empty if it is not a token. "8 bit" is not, and counts as a missing field, 7bit
// (RFC 2045 §6.1). A known mechanism counts whatever follows it.
std::string read_encoding(std::string_view value) {
    const std::string encoding = base::lower(parse_parameterized(value, 0).value);
    std::string_view behind = base::trim(value);
    behind = base::trim(behind.substr(std::min(encoding.size(), behind.size())));
    const bool more = !behind.empty() && is_token_octet(behind.front());
    return more && parse_transfer_encoding(encoding) == TransferEncoding::unknown ? "" : encoding;
}

void keep(std::optional<std::string>& kept, std::string_view value) {
    if (!kept) kept = unfold(value);
}

// Fields that were read already: of repeated ones the first counts.
struct Seen {
    bool type = false;
    bool encoding = false;
};

void read_field(std::string_view name, std::string_view value, ContentFields& fields, Seen& seen, std::size_t most) {
    if (base::iequals(name, "type")) {
        if (!std::exchange(seen.type, true)) read_type(value, fields, most);
    } else if (base::iequals(name, "transfer-encoding")) {
        const std::string encoding = read_encoding(value);
        if (!encoding.empty() && !std::exchange(seen.encoding, true)) fields.encoding = encoding;
    } else if (base::iequals(name, "disposition")) {
        if (!fields.disposition) read_disposition(value, fields, most);
    } else if (base::iequals(name, "language")) {
        if (fields.languages.empty()) read_languages(value, fields, most);
    } else if (base::iequals(name, "id")) {
        keep(fields.id, value);
    } else if (base::iequals(name, "description")) {
        keep(fields.description, value);
    } else if (base::iequals(name, "md5")) {
        keep(fields.md5, value);
    } else if (base::iequals(name, "location")) {
        keep(fields.location, value);
    }
}

// The charset named by the section's Content-Type, if its raw header octets may be in it; else empty.
std::string charset_of(std::string_view header_section) {
    const std::optional<HeaderField> field = find_field(header_section, "content-type");
    if (!field) return {};
    std::string charset = parameter(parse_parameterized(field->value).parameters, "charset").value_or("");
    return is_legacy_charset(charset) ? charset : std::string();
}

bool has_name(const ContentFields& content) {
    return parameter(content.parameters, "name").has_value() ||
           (content.disposition && parameter(content.disposition->parameters, "filename").has_value());
}

bool is_signature(const ContentFields& content) {
    return content.type == "application" &&
           (content.subtype == "pgp-signature" || content.subtype == "pkcs7-signature" ||
            content.subtype == "x-pkcs7-signature");
}

}  // namespace

ContentFields parse_content_fields(std::string_view header_section, bool in_digest, std::string_view charset,
                                   std::size_t max_parameters) {
    constexpr std::string_view prefix = "content-";
    ContentFields fields;
    if (in_digest) {
        fields.type = "message";
        fields.subtype = "rfc822";
    }
    Seen seen;
    const bool utf8 = base::is_utf8(header_section);
    const std::string own_charset = utf8 ? std::string() : charset_of(header_section);
    HeaderReader reader(header_section);
    while (const std::optional<HeaderField> field = reader.next()) {
        if (!base::istarts_with(field->name, prefix)) continue;
        const std::string_view name = field->name.substr(prefix.size());
        if (utf8) {
            read_field(name, field->value, fields, seen, max_parameters);
        } else {
            const std::string value = field_to_utf8(field->value, own_charset.empty() ? charset : own_charset);
            read_field(name, value, fields, seen, max_parameters);
        }
    }
    return fields;
}

bool is_attachment(const Part& part, bool in_related) {
    const ContentFields& content = part.content;
    if (part.kind == PartKind::multipart) return false;
    if (content.disposition && content.disposition->value == "attachment") return true;
    if (part.kind == PartKind::message) return !content.disposition || content.disposition->value != "inline";
    if (content.disposition && content.disposition->value == "inline") return false;
    if (is_signature(content)) return false;
    if (content.type == "text") return has_name(content);
    if (in_related && content.id) return false;
    return true;
}

}  // namespace mime
