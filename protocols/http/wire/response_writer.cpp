#include "protocols/http/wire/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "protocols/base/expects.h"
#include "protocols/http/wire/characters.h"

namespace http::wire {

namespace {

constexpr std::array<std::pair<int, std::string_view>, 47> reasons = {{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {103, "Early Hints"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {205, "Reset Content"},
    {206, "Partial Content"},
    {300, "Multiple Choices"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

bool is_lower_name(std::string_view name) {
    return is_token(name) && std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

void append_number(std::string& out, std::uint64_t number, int base) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
    out.append(digits.data(), end);
}

}  // namespace

std::string_view reason_phrase(int status) {
    const auto* const found = std::ranges::find(reasons, status, &std::pair<int, std::string_view>::first);
    return found == reasons.end() ? std::string_view() : found->second;
}

bool may_have_content(std::string_view method, int status) {
    return method != "HEAD" && status >= 200 && status != 204 && status != 304;
}

void append_response_head(std::string& out, const ResponseHead& head) {
    // Before anything is written: half a head could not be taken back.
    base::expects(head.status >= 100 && head.status <= 599, "a status has three digits");
    for (const auto& [name, value] : head.fields) {
        base::expects(is_lower_name(name), "a field's name is a token in lower case");
        base::expects(is_value(value), "a field's value has no controls");
    }
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(head.status), 10);
    out.append(" ").append(reason_phrase(head.status)).append("\r\n");
    for (const auto& [name, value] : head.fields) out.append(name).append(": ").append(value).append("\r\n");
    out += "\r\n";
}

void append_chunk(std::string& out, std::string_view content) {
    base::expects(!content.empty(), "an empty chunk would be the last");
    append_number(out, content.size(), 16);
    out.append("\r\n").append(content).append("\r\n");
}

}  // namespace http::wire
