// Fields with UTF-8, rewritten as RFC 2047 has it.
#include "protocols/mime/ascii_header.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/mime/address.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"

namespace mime {
namespace {

constexpr std::array<std::string_view, 11> address_fields = {"From",      "Sender",        "Reply-To",    "To",
                                                             "Cc",        "Bcc",           "Resent-From", "Resent-To",
                                                             "Resent-Cc", "Resent-Sender", "Resent-Bcc"};

// For places where no encoded word is allowed, such as the address itself.
void replace_non_ascii(std::string& text) {
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
}

std::string ascii_field(const HeaderField& field) {
    std::string value = unfold(field.value);
    const bool addresses =
        std::ranges::any_of(address_fields, [&](std::string_view name) { return base::iequals(name, field.name); });
    if (addresses) {
        std::vector<Address> list = parse_addresses(value);
        for (Address& address : list) {
            replace_non_ascii(address.local);
            replace_non_ascii(address.domain);
        }
        value = render_addresses(list);
    } else {
        value = encode_unstructured(value);
    }
    std::string line = fold_field(field.name, value);
    replace_non_ascii(line);
    return line;
}

}  // namespace

std::optional<std::string> ascii_header(std::string_view section) {
    if (section.size() > most_ascii_header_octets || base::is_ascii(section) || !base::is_utf8(section)) {
        return std::nullopt;
    }
    std::string made;
    std::size_t copied = 0;
    HeaderReader reader(section);
    while (const auto field = reader.next()) {
        const std::string_view lines = section.substr(field->offset, field->size);
        if (base::is_ascii(lines)) continue;
        made += section.substr(copied, field->offset - copied);
        made += ascii_field(*field);
        copied = field->offset + field->size;
    }
    made += section.substr(copied);
    replace_non_ascii(made);
    return made;
}

}  // namespace mime
