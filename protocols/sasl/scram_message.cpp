// SCRAM's attributes and names (RFC 5802 §5.1, §7).
#include "protocols/sasl/scram_message.h"

#include <algorithm>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"
#include "protocols/sasl/scram_keys.h"

namespace sasl {

std::optional<std::string_view> take_attribute(std::string_view& message, char key) {
    if (message.size() < 2 || message[0] != key || message[1] != '=') return std::nullopt;
    const std::size_t comma = message.find(',');
    const std::string_view value = message.substr(2, comma == std::string_view::npos ? comma : comma - 2);
    // A trailing comma must not look like the proper end of the message.
    message = comma == std::string_view::npos ? std::string_view()
              : comma + 1 == message.size()   ? message.substr(comma)
                                              : message.substr(comma + 1);
    return value;
}

std::optional<std::string> decode_saslname(std::string_view text) {
    std::string name;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\0' || text[i] == ',') return std::nullopt;
        if (text[i] != '=') {
            name += text[i];
            continue;
        }
        const std::string_view code = text.substr(i + 1, 2);
        if (!base::iequals(code, "2C") && code != "3D" && code != "3d") return std::nullopt;
        name += code[0] == '2' ? ',' : '=';
        i += 2;
    }
    if (name.empty() || !base::is_utf8(name)) return std::nullopt;
    return name;
}

std::string encode_saslname(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (c == ',') {
            text += "=2C";
        } else if (c == '=') {
            text += "=3D";
        } else {
            text += c;
        }
    }
    return text;
}

bool is_nonce(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7E && c != ','; });
}

std::string make_nonce() { return base::encode_base64(random_octets(18)); }

}  // namespace sasl
