// The request line, word by word (http_request.h).
#include "protocols/base/http_request.h"

#include <algorithm>
#include <array>
#include <utility>

#include "protocols/base/text.h"

namespace base {

namespace {

constexpr std::array<std::string_view, 10> methods = {"GET",     "HEAD",    "POST",  "PUT",   "DELETE",
                                                      "CONNECT", "OPTIONS", "TRACE", "PATCH", "PRI"};

// The text up to the next space; `line` becomes what follows that space.
std::string_view take_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    return word;
}

// RFC 9112 §3.2: origin-form, absolute-form, authority-form, asterisk-form.
bool is_target(std::string_view method, std::string_view word) {
    if (word == "*" || word.starts_with('/') || word.contains("://")) return true;
    return iequals(method, "CONNECT") && word.contains(':');
}

}  // namespace

bool is_http_method(std::string_view word) {
    return std::ranges::any_of(methods, [&](std::string_view method) { return iequals(method, word); });
}

bool is_http_request(std::string_view line) {
    const std::string_view method = take_word(line);
    const std::string_view target = take_word(line);
    if (method.empty() || !is_target(method, target)) return false;
    return istarts_with(line, "HTTP/") || (line.empty() && is_http_method(method));
}

bool HttpWatch::sees_request(std::string_view line) {
    const bool first = std::exchange(first_line_, false);
    return is_http_method(line.substr(0, line.find(' '))) || (first && is_http_request(line));
}

}  // namespace base
