// Answers that many pages give, and escaping.
#include "web/http.h"

namespace web {

Response redirect(std::string location) {
    // 303: the browser fetches the new page with GET, whatever the method was (RFC 9110 §15.4.4).
    return {.status = 303, .headers = {{"Location", std::move(location)}}};
}

Response plain_error(int status, std::string text) {
    return {.status = status,
            .content_type = "text/plain; charset=utf-8",
            .body = std::move(text),
            .headers = {},
            .stream = {}};
}

const std::string& field(const Fields& fields, std::string_view name) {
    static const std::string none;
    const auto found = fields.find(name);
    return found == fields.end() ? none : found->second;
}

std::string escape_html(std::string_view text) {
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            case '\0':
                break;
            default:
                out += c;
        }
    }
    return out;
}

}  // namespace web
