#include "protocols/http/wire/authorization.h"

#include <algorithm>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"

namespace http::wire {

// credentials = auth-scheme [ 1*SP token68 ]
std::optional<BasicCredentials> parse_basic(std::string_view authorization) {
    constexpr std::string_view scheme = "Basic ";
    if (!base::istarts_with(authorization, scheme)) return std::nullopt;
    const std::size_t begin = std::min(authorization.find_first_not_of(' ', scheme.size()), authorization.size());
    const std::optional<std::string> user_pass = base::decode_base64(authorization.substr(begin));
    if (!user_pass || !base::is_utf8(*user_pass)) return std::nullopt;
    const auto is_control = [](char c) { return (c >= '\0' && c < ' ') || c == '\x7F'; };
    const std::size_t colon = user_pass->find(':');
    if (colon == std::string::npos || std::ranges::any_of(*user_pass, is_control)) return std::nullopt;
    return BasicCredentials{.user = user_pass->substr(0, colon), .password = user_pass->substr(colon + 1)};
}

}  // namespace http::wire
