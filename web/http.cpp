// Forms, cookies and escaping. RFC 9110, RFC 6265 §5.4, WHATWG URL §5 (form encoding).
#include "web/http.h"

#include "protocols/base/text.h"

namespace web {
namespace {

int hex_value(char c) {
    if (base::is_digit(c)) return c - '0';
    c = base::to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string decode_form(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+') {
            out += ' ';
        } else if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                   hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

// Splits text at the first `mark`: returns what comes before it, text becomes what follows.
std::string_view cut(std::string_view& text, char mark) {
    const auto at = text.find(mark);
    const std::string_view head = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
    return head;
}

}  // namespace

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

Fields parse_fields(std::string_view encoded, std::size_t max_fields) {
    Fields fields;
    while (!encoded.empty() && fields.size() < max_fields) {
        std::string_view value = cut(encoded, '&');
        std::string name = decode_form(cut(value, '='));
        fields.try_emplace(std::move(name), decode_form(value));
    }
    return fields;
}

std::string percent_encode(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (base::is_alpha(c) || base::is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += '%';
            out += digits[static_cast<unsigned char>(c) >> 4];
            out += digits[static_cast<unsigned char>(c) & 15];
        }
    }
    return out;
}

std::string cookie_value(std::string_view cookies, std::string_view name) {
    while (!cookies.empty()) {
        std::string_view value = cut(cookies, ';');
        if (base::trim(cut(value, '=')) == name) return std::string(base::trim(value));
    }
    return {};
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
