// Field by field. Fields that nobody knows are taken as unstructured text.
#include "protocols/mime/header_encoding.h"

#include <algorithm>
#include <array>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/mime/address.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"
#include "protocols/mime/parameter.h"

namespace mime {
namespace {

constexpr std::array<std::string_view, 14> fields_of_addresses = {"From",
                                                                  "Sender",
                                                                  "Reply-To",
                                                                  "To",
                                                                  "Cc",
                                                                  "Bcc",
                                                                  "Resent-From",
                                                                  "Resent-To",
                                                                  "Resent-Cc",
                                                                  "Resent-Bcc",
                                                                  "Resent-Sender",
                                                                  "Delivered-To",
                                                                  "Errors-To",
                                                                  "Mail-Followup-To"};
constexpr std::array<std::string_view, 2> fields_with_parameters = {"Content-Type", "Content-Disposition"};
// Neither text nor addresses: no encoded word may stand there (RFC 2047 §5).
constexpr std::array<std::string_view, 13> fields_of_tokens = {
    "Message-ID",   "In-Reply-To", "References", "Received",    "Return-Path",       "DKIM-Signature",
    "MIME-Version", "Content-ID",  "Date",       "Resent-Date", "Resent-Message-ID", "Content-Transfer-Encoding",
    "List-ID"};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& names, std::string_view name) {
    return std::ranges::any_of(names, [&](std::string_view one) { return base::iequals(one, name); });
}

std::optional<std::string> encode_addresses(const std::string& value, AsciiDomain ascii_domain) {
    std::vector<Address> list = parse_addresses(value);
    for (Address& address : list) {
        if (!base::is_ascii(address.local) || !base::is_ascii(address.route)) return std::nullopt;
        if (base::is_ascii(address.domain)) continue;
        const std::optional<std::string> domain = ascii_domain(address.domain);
        if (!domain) return std::nullopt;
        address.domain = *domain;
    }
    return render_addresses(list);
}

std::string encode_parameters(const std::string& value) {
    const ParameterizedValue parsed = parse_parameterized(value);
    std::string out = parsed.value;
    for (const Parameter& parameter : parsed.parameters) {
        const std::string_view name = parameter.name;
        const bool coded = name.ends_with('*');
        out += render_parameter(coded ? name.substr(0, name.size() - 1) : name,
                                coded ? decode_parameter(name, parameter.value) : parameter.value);
    }
    return out;
}

// The field's lines; nullopt if there is no way.
std::optional<std::string> encode_field(const HeaderField& field, AsciiDomain ascii_domain) {
    if (is_one_of(fields_of_tokens, field.name)) return std::nullopt;
    const std::string value = unfold(field.value);
    std::optional<std::string> encoded;
    if (is_one_of(fields_of_addresses, field.name)) {
        encoded = encode_addresses(value, ascii_domain);
    } else if (is_one_of(fields_with_parameters, field.name)) {
        encoded = encode_parameters(value);
    } else {
        encoded = encode_unstructured(value);
    }
    if (!encoded) return std::nullopt;
    std::string lines = fold_field(field.name, *encoded);
    return base::is_ascii(lines) ? std::optional(std::move(lines)) : std::nullopt;
}

}  // namespace

std::optional<std::string> encode_header(std::string_view section, AsciiDomain ascii_domain) {
    if (!base::is_utf8(section)) return std::nullopt;
    std::string made;
    std::size_t copied = 0;
    HeaderReader reader(section);
    while (const auto field = reader.next()) {
        if (base::is_ascii(section.substr(field->offset, field->size))) continue;
        const std::optional<std::string> lines = encode_field(*field, ascii_domain);
        if (!lines) return std::nullopt;
        made += section.substr(copied, field->offset - copied);
        made += *lines;
        copied = field->offset + field->size;
    }
    made += section.substr(copied);
    return base::is_ascii(made) ? std::optional(std::move(made)) : std::nullopt;
}

}  // namespace mime
