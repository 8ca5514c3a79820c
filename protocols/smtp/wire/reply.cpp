// Writing and reading replies. RFC 5321 §4.2, RFC 2034 §4, RFC 3463 §2.
// Limits the number and total size of a peer's reply lines; the caller limits the length of one line.
#include "protocols/smtp/wire/reply.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"

namespace smtp::wire {

namespace {

constexpr std::size_t max_line_octets = 510;  // RFC 5321 §4.5.3.1.5, without CRLF

void append_line(std::string& out, const Reply& reply, std::string_view text, bool last) {
    const std::size_t start = out.size();
    out += std::to_string(reply.code);
    out += last ? ' ' : '-';
    if (!reply.status.empty()) {
        out += reply.status;
        out += ' ';
    }
    const std::size_t room = max_line_octets - std::min(max_line_octets, out.size() - start);
    for (const char c : text.substr(0, room)) out += c >= ' ' && c <= '~' ? c : '?';
    out += "\r\n";
}

// status-code = class "." subject "." detail, each 1*3digit but class: RFC 3463 §2. Its length; 0 if there is none.
std::size_t status_length(std::string_view text, char code_class) {
    if (text.size() < 5 || text[0] != code_class || text[1] != '.') return 0;
    std::size_t at = 2;
    for (const char end : {'.', ' '}) {
        const std::size_t first = at;
        while (at < text.size() && base::is_digit(text[at])) ++at;
        if (at == first || at - first > 3) return 0;
        if (end == '.' && (at == text.size() || text[at] != '.')) return 0;
        if (end == '.') ++at;
    }
    return at == text.size() || text[at] == ' ' ? at : 0;
}

bool is_reply_code(std::string_view line) {
    return line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && base::is_digit(line[1]) && base::is_digit(line[2]);
}

}  // namespace

void append(std::string& out, const Reply& reply) {
    std::string_view rest = reply.text;
    for (;;) {
        const std::size_t end = rest.find('\n');
        append_line(out, reply, rest.substr(0, end), end == std::string_view::npos);
        if (end == std::string_view::npos) return;
        rest.remove_prefix(end + 1);
    }
}

std::string to_text(const Reply& reply) {
    std::string out;
    append(out, reply);
    return out;
}

base::Parsed<Reply> ReplyReader::take(std::string_view line) {
    if (!is_reply_code(line)) return base::SyntaxError{0, "a reply code was expected"};
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (lines_ > 0 && code != reply_.code) return base::SyntaxError{0, "the lines of a reply differ in their code"};
    const bool last = line.size() == 3 || line[3] != '-';
    if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return base::SyntaxError{3, "SP or - was expected"};
    octets_ += line.size();
    if (++lines_ > limits_.lines || octets_ > limits_.octets) return base::SyntaxError{0, "the reply is too long"};

    std::string_view text = line.substr(std::min<std::size_t>(4, line.size()));
    if (const std::size_t length = status_length(text, line[0]); length > 0) {
        if (lines_ == 1) reply_.status = text.substr(0, length);
        if (reply_.status == text.substr(0, length)) text.remove_prefix(std::min(length + 1, text.size()));
    }
    if (lines_ > 1) reply_.text += '\n';
    for (const char c : base::trim(text)) reply_.text += static_cast<unsigned char>(c) < ' ' ? '?' : c;
    reply_.code = code;
    if (!last) return base::NeedMore{};
    lines_ = 0;
    octets_ = 0;
    return std::exchange(reply_, {});
}

}  // namespace smtp::wire
