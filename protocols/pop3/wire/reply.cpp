// Status lines as text (reply.h).
#include "protocols/pop3/wire/reply.h"

#include <algorithm>
#include <charconv>

namespace pop3::wire {
namespace {

constexpr std::size_t longest_text = 480;  // RFC 2449 §4: 512 octets with status, code and CRLF

void append_text(std::string& out, std::string_view text) {
    for (const char c : text.substr(0, longest_text)) {
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
    out += "\r\n";
}

}  // namespace

void append_ok(std::string& out, std::string_view text) {
    out += "+OK ";
    append_text(out, text);
}

void append_error(std::string& out, std::string_view text, std::string_view response_code) {
    out += "-ERR ";
    if (!response_code.empty()) {
        out += '[';
        out += response_code;
        out += "] ";
    }
    append_text(out, text);
}

void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    out.append(digits, end);
}

}  // namespace pop3::wire
