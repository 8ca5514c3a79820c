// Byte-stuffing (RFC 1939 §3). Stored content has CRLF line ends; a lone LF is sent as CRLF, so that no client takes
// "LF . LF" for the end. NUL is dropped and a missing blank line after the header is added: old Outlook and Outlook
// Express fail otherwise (CLIENTS.md 21).
#include "protocols/pop3/wire/message_text.h"

#include <algorithm>
#include <cstring>

namespace pop3::wire {
namespace {

constexpr char for_nul = '\x80';

}  // namespace

void MessageText::append(std::string_view content, std::string& out) {
    while (!content.empty() && !complete()) {
        const void* found = std::memchr(content.data(), '\n', content.size());
        if (found == nullptr) return append_piece(content, out);
        const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - content.data());
        append_piece(content.substr(0, length), out);
        content.remove_prefix(length + 1);
        line_ended(out);
    }
}

void MessageText::append_piece(std::string_view piece, std::string& out) {
    if (piece.empty()) return;
    if (line_octets_ == 0 && piece.front() == '.') out += '.';
    const std::size_t start = out.size();
    out += piece;
    if (std::memchr(piece.data(), '\0', piece.size()) != nullptr) {
        std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\0', for_nul);
    }
    line_octets_ += piece.size();
    after_cr_ = piece.back() == '\r';
}

void MessageText::line_ended(std::string& out) {
    out += after_cr_ ? "\n" : "\r\n";
    const bool blank = line_octets_ == (after_cr_ ? 1U : 0U);
    if (in_body_ && body_lines_) --*body_lines_;
    if (blank) in_body_ = true;
    line_octets_ = 0;
    after_cr_ = false;
}

void MessageText::finish(std::string& out) {
    if (line_octets_ > 0) line_ended(out);
    if (!in_body_) out += "\r\n";
    out += ".\r\n";
}

}  // namespace pop3::wire
