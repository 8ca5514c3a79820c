// Fields with UTF-8, rewritten as RFC 2047 has it (ascii_header.h).
#include "protocols/pop3/ascii_header.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/mime/address.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/header.h"

namespace pop3 {
namespace {

constexpr std::array<std::string_view, 11> address_fields = {"From",      "Sender",        "Reply-To",    "To",
                                                             "Cc",        "Bcc",           "Resent-From", "Resent-To",
                                                             "Resent-Cc", "Resent-Sender", "Resent-Bcc"};

// What no encoded word can stand for, such as the octets of a mailbox name.
void replace_non_ascii(std::string& text) {
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
}

std::string ascii_field(const mime::HeaderField& field) {
    std::string value = mime::unfold(field.value);
    const bool addresses =
        std::ranges::any_of(address_fields, [&](std::string_view name) { return base::iequals(name, field.name); });
    if (addresses) {
        std::vector<mime::Address> list = mime::parse_addresses(value);
        for (mime::Address& address : list) {
            replace_non_ascii(address.local);
            replace_non_ascii(address.domain);
        }
        value = mime::render_addresses(list);
    } else {
        value = mime::encode_unstructured(value);
    }
    std::string line = mime::fold_field(field.name, value);
    replace_non_ascii(line);
    return line;
}

}  // namespace

std::string with_ascii_header(std::string first, std::size_t max_octets) {
    const std::string_view all(first);
    const std::size_t end = all.starts_with("\r\n") ? 0 : all.find("\r\n\r\n");
    const std::string_view section = all.substr(0, end == std::string_view::npos ? all.size() : end + 2);
    if (section.size() > max_octets || base::is_ascii(section) || !base::is_utf8(section)) return first;
    std::string made;
    std::size_t copied = 0;
    mime::HeaderReader reader(section);
    while (const auto field = reader.next()) {
        const std::string_view lines = section.substr(field->offset, field->size);
        if (base::is_ascii(lines)) continue;
        made += section.substr(copied, field->offset - copied);
        made += ascii_field(*field);
        copied = field->offset + field->size;
    }
    made += section.substr(copied);
    replace_non_ascii(made);
    made += all.substr(section.size());
    return made;
}

}  // namespace pop3
