// Tokens that structured fields share. RFC 5322 §3.2: quoted strings, comments, atoms; RFC 2047 §2: encoded words,
// found wherever clients decode them. address.h and parameter.h give the tokens their meaning.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mime {

// Position after the encoded word that opens at text[at] ("=?"); npos if there is none. Its text may contain specials
// and white space, though RFC 2047 §5 (3) forbids them.
std::size_t encoded_word_end(std::string_view text, std::size_t at);

// Position after the comment that opens at text[at] (a parenthesis), nested ones included; npos if it never closes.
std::size_t comment_end(std::string_view text, std::size_t at);

// Position after the quoted string that opens at text[at]; npos if it never closes.
std::size_t quoted_end(std::string_view text, std::size_t at);

// The content between the delimiters of a quoted string or comment: backslashes resolved, folds removed.
std::string unescape(std::string_view content);

// The text in double quotes, with quotes and backslashes escaped.
std::string quote(std::string_view text);

// Folding white space (RFC 5322 §3.2.2): any of its octets.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// atext, RFC 5322 §3.2.3 and RFC 6532 §3.2 (all octets above 127).
constexpr bool is_atext(char c) {
    constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) != 0 ||
           others.find(c) != std::string_view::npos;
}

// token, RFC 2045 §5.1.
constexpr bool is_token_octet(char c) {
    constexpr std::string_view tspecials = "()<>@,;:\\\"/[]?=";
    return c > 32 && c < 127 && tspecials.find(c) == std::string_view::npos;
}

// dot-atom-text, RFC 5322 §3.2.3.
bool is_dot_atom(std::string_view text);

// 0 to 15, or -1.
constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

// The octet as two upper-case hexadecimal digits.
void append_hex(std::string& out, char octet);

}  // namespace mime
