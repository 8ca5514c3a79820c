// Quoted strings, comments and atoms. RFC 5322 §3.2.
// Scanning only; the caller decides what an unclosed one means.
#include "protocols/mime/lexical.h"

namespace mime {

// encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?=" (RFC 2047 §2, RFC 2231 §5)
std::size_t encoded_word_end(std::string_view text, std::size_t at) {
    constexpr std::size_t none = std::string_view::npos;
    constexpr std::size_t longest_charset = 80;
    text.remove_prefix(at);
    if (!text.starts_with("=?")) return none;
    const std::size_t charset_end = text.substr(0, longest_charset + 2).find_first_of("? \t\r\n()<>@,;\"", 2);
    if (charset_end == none || charset_end == 2 || text[charset_end] != '?') return none;
    const std::string_view rest = text.substr(charset_end);
    constexpr std::string_view encodings = "bBqQ";
    if (rest.size() < 5 || rest[2] != '?' || encodings.find(rest[1]) == none) return none;
    const std::size_t end = rest.find('?', 3);
    if (end == none || end + 1 >= rest.size() || rest[end + 1] != '=') return none;
    return at + charset_end + end + 2;
}

std::size_t comment_end(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
        if (const std::size_t word = encoded_word_end(text, i); word != std::string_view::npos) {
            i = word - 1;
        } else if (text[i] == '\\') {
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
