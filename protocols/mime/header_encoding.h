// Header sections with UTF-8, written in ASCII without any loss, for servers without SMTPUTF8: RFC 2047 encoded words,
// RFC 2231 for parameters, A-labels for domains. What clients are shown instead of UTF-8, with losses: ascii_header.h.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mime {

// A domain's A-labels (RFC 5890), or nothing if it has none.
using AsciiDomain = std::optional<std::string> (*)(std::string_view);

// nullopt: it cannot be written so: a local part or an identifier is not ASCII, or octets are not UTF-8. Fields that
// are ASCII stay as they are.
std::optional<std::string> encode_header(std::string_view section, AsciiDomain ascii_domain);

}  // namespace mime
