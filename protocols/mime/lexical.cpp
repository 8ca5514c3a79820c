// Quoted strings, comments and atoms. RFC 5322 §3.2.
// Scanning only; who calls decides what an unclosed one means.
#include "protocols/mime/lexical.h"

namespace mime {

std::size_t comment_end(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '(') {
            ++depth;
        } else if (text[i] == ')' && --depth == 0) {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

std::size_t quoted_end(std::string_view text, std::size_t at) {
    for (std::size_t i = at + 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return std::string_view::npos;
}

std::string unescape(std::string_view content) {
    std::string out;
    out.reserve(content.size());
    for (std::size_t i = 0; i < content.size(); ++i) {
        char c = content[i];
        if (c == '\\' && i + 1 < content.size()) {
            c = content[++i];
        } else if (c == '\n' || (c == '\r' && i + 1 < content.size() && content[i + 1] == '\n')) {
            continue;
        }
        out += c;
    }
    return out;
}

std::string quote(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
    return out;
}

bool is_dot_atom(std::string_view text) {
    char before = '.';
    for (const char c : text) {
        if (c == '.' ? before == '.' : !is_atext(c)) return false;
        before = c;
    }
    return before != '.';
}

void append_hex(std::string& out, char octet) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += digits[static_cast<unsigned char>(octet) >> 4];
    out += digits[static_cast<unsigned char>(octet) & 15];
}

}  // namespace mime
