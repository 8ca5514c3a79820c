// Content-Transfer-Encoding. RFC 2045 §6.7 (quoted-printable), §6.8 (base64).
// Decoders never fail: undecodable octets are dropped or copied.
#include "protocols/mime/transfer_encoding.h"

#include <algorithm>

#include "protocols/base/text.h"
#include "protocols/mime/lexical.h"
#include "protocols/mime/parameter.h"

namespace mime {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::int8_t no_value = -1;
constexpr std::int8_t padding = -2;

constexpr std::array<std::int8_t, 256> values = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(no_value);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    table['='] = padding;
    return table;
}();

constexpr std::size_t line_length = 76;
constexpr std::size_t longest_blank = 1024;  // of white space held until we know whether it ends a line

bool is_plain_quoted_printable(char c) { return c != '=' && !base::is_space(c); }

constexpr bool ends_run(char c) { return c == '=' || c == '\r' || c == '\n'; }

// The position of the next "=" or line end; all before it is literal, except white space right before a line end.
std::size_t run_end(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size() && !ends_run(text[at])) ++at;
    return at;
}

std::string_view without_last_blanks(std::string_view text) {
    while (!text.empty() && base::is_space(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace

TransferEncoding parse_transfer_encoding(std::string_view value) {
    const std::string name = base::lower(parse_parameterized(value, 0).value);
    if (name.empty() || name == "7bit" || name == "8bit" || name == "binary" || name == "7-bit" || name == "8-bit") {
        return TransferEncoding::identity;
    }
    if (name == "base64") return TransferEncoding::base64;
    if (name == "quoted-printable") return TransferEncoding::quoted_printable;
    return TransferEncoding::unknown;
}

void Base64Decoder::feed(std::string_view octets, std::string& out) {
    const std::size_t start = out.size();
    out.resize_and_overwrite(start + (octets.size() + 4) / 4 * 3 + 3, [&](char* to, std::size_t) {
        return static_cast<std::size_t>(decode(octets, to + start) - to);
    });
}

// The caller provides room for three octets per started quantum.
char* Base64Decoder::decode(std::string_view octets, char* to) {
    for (std::size_t at = 0; at < octets.size();) {
        while (count_ == 0 && octets.size() - at >= 4) {  // whole quanta, the usual case
            const auto value = [&](std::size_t i) {
                return static_cast<std::int32_t>(values[static_cast<unsigned char>(octets[at + i])]);
            };
            const std::int32_t group = value(0) << 18 | value(1) << 12 | value(2) << 6 | value(3);
            if (group < 0) break;
            *to++ = static_cast<char>(group >> 16);
            *to++ = static_cast<char>(group >> 8);
            *to++ = static_cast<char>(group);
            at += 4;
        }
        if (at == octets.size()) break;
        const std::int8_t value = values[static_cast<unsigned char>(octets[at++])];
        if (value >= 0) {
            group_ = group_ << 6 | static_cast<std::uint32_t>(value);
            if (++count_ < 4) continue;
            *to++ = static_cast<char>(group_ >> 16);
            *to++ = static_cast<char>(group_ >> 8);
            *to++ = static_cast<char>(group_);
            group_ = 0;
            count_ = 0;
        } else if (value == padding) {
            to = end_quantum(to);
        }
    }
    return to;
}

void Base64Decoder::finish(std::string& out) {
    std::array<char, 2> last{};
    out.append(last.data(), end_quantum(last.data()));
}

char* Base64Decoder::end_quantum(char* to) {
    if (count_ == 2) *to++ = static_cast<char>(group_ >> 4);
    if (count_ == 3) {
        *to++ = static_cast<char>(group_ >> 10);
        *to++ = static_cast<char>(group_ >> 2);
    }
    group_ = 0;
    count_ = 0;
    return to;
}

void QuotedPrintableDecoder::feed(std::string_view octets, std::string& out) {
    while (!octets.empty()) {
        if (held_.empty()) {
            const std::size_t run = run_end(octets);
            const std::string_view text = without_last_blanks(octets.substr(0, run));
            // White space before "=" stays; before a line end it is dropped; at the end of the piece it waits.
            const bool ends_line = run < octets.size() && octets[run] != '=';
            const std::size_t taken = run == octets.size() ? text.size() : run;
            out += ends_line ? text : octets.substr(0, taken);
            octets.remove_prefix(taken);
            octets.remove_prefix(escapes(octets, out));
            if (octets.empty()) return;
        }
        octet(octets.front(), out);
        octets.remove_prefix(1);
    }
}

// Decodes as many whole "=XX" and soft line breaks as there are; returns their length.
std::size_t QuotedPrintableDecoder::escapes(std::string_view octets, std::string& out) {
    std::size_t at = 0;
    for (; octets.size() - at >= 3 && octets[at] == '='; at += 3) {
        const int high = hex_value(octets[at + 1]);
        const int low = hex_value(octets[at + 2]);
        if (high >= 0 && low >= 0) {
            out += static_cast<char>(high * 16 + low);
        } else if (octets[at + 1] != '\r' || octets[at + 2] != '\n') {
            break;
        }
    }
    return at;
}

void QuotedPrintableDecoder::octet(char c, std::string& out) {
    if (held_.empty()) {
        if (is_plain_quoted_printable(c)) {
            out += c;
        } else {
            held_ = c;
        }
    } else if (held_.front() == '=') {
        after_equals(c, out);
    } else if (base::is_space(c) && held_.size() < longest_blank) {
        held_ += c;
    } else {
        if (c != '\r' && c != '\n') out += held_;  // else it was added in transport: dropped
        held_.clear();
        octet(c, out);
    }
}

void QuotedPrintableDecoder::after_equals(char c, std::string& out) {
    const char last = held_.back();
    const bool after_blank = base::is_space(last);
    if (held_.size() == 2 && hex_value(last) >= 0 && hex_value(c) >= 0) {
        out += static_cast<char>(hex_value(last) * 16 + hex_value(c));
        held_.clear();
    } else if (c == '\n' && (last == '=' || last == '\r' || after_blank)) {
        held_.clear();  // a soft line break
    } else if (c == '\r' && (last == '=' || after_blank)) {
        held_ = "=\r";
    } else if ((last == '=' && (base::is_space(c) || hex_value(c) >= 0)) ||
               (after_blank && base::is_space(c) && held_.size() < longest_blank)) {
        held_ += c;
    } else {
        if (last != '\r') out += held_;  // malformed: kept as it is
        held_.clear();
        octet(c, out);
    }
}

void QuotedPrintableDecoder::finish(std::string& out) {
    if (held_.size() == 2 && hex_value(held_.back()) >= 0) out += held_;
    held_.clear();
}

void TransferDecoder::feed(std::string_view octets, std::string& out) {
    switch (encoding_) {
        case TransferEncoding::base64:
            return base64_.feed(octets, out);
        case TransferEncoding::quoted_printable:
            return quoted_printable_.feed(octets, out);
        case TransferEncoding::identity:
        case TransferEncoding::unknown:
            out += octets;
    }
}

void TransferDecoder::finish(std::string& out) {
    base64_.finish(out);
    quoted_printable_.finish(out);
}

void TextDecoder::feed(std::string_view octets, std::string& out) {
    octets_.clear();
    transfer_.feed(octets, octets_);
    charset_.feed(octets_, out);
}

void TextDecoder::finish(std::string& out) {
    octets_.clear();
    transfer_.finish(octets_);
    charset_.feed(octets_, out);
    charset_.finish(out);
}

void Base64Encoder::feed(std::string_view octets, std::string& out) {
    for (const char c : octets) {
        held_[held_size_++] = static_cast<unsigned char>(c);
        if (held_size_ == held_.size()) group(held_.size(), out);
    }
}

void Base64Encoder::group(std::size_t size, std::string& out) {
    const auto bits = static_cast<std::uint32_t>(held_[0] << 16 | held_[1] << 8 | held_[2]);
    out += alphabet[bits >> 18];
    out += alphabet[bits >> 12 & 63];
    out += size > 1 ? alphabet[bits >> 6 & 63] : '=';
    out += size > 2 ? alphabet[bits & 63] : '=';
    held_ = {};
    held_size_ = 0;
    column_ += 4;
    if (column_ < line_length) return;
    out += "\r\n";
    column_ = 0;
}

void Base64Encoder::finish(std::string& out) {
    if (held_size_ > 0) group(held_size_, out);
    if (column_ > 0) out += "\r\n";
    column_ = 0;
}

std::string encode_quoted_printable(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::string_view rest = text.substr(i);
        if (c == '\n' || rest.starts_with("\r\n")) {
            if (c == '\r') ++i;
            out += "\r\n";
            column = 0;
            continue;
        }
        const bool last = rest.size() == 1 || rest[1] == '\n' || rest.substr(1).starts_with("\r\n");
        const bool plain = (c > ' ' && c < 127 && c != '=') || (base::is_space(c) && !last);
        if (column + (plain ? 1 : 3) > line_length - (last ? 0 : 1)) {
            out += "=\r\n";
            column = 0;
        }
        const bool mangled = column == 0 && (c == '.' || rest.starts_with("From "));  // also after a soft line break
        if (plain && !mangled) {
            out += c;
            ++column;
        } else {
            out += '=';
            append_hex(out, c);
            column += 3;
        }
    }
    return out;
}

std::string encode_base64_lines(std::string_view octets) {
    std::string out;
    out.reserve(octets.size() / 57 * 78 + 82);
    Base64Encoder encoder;
    encoder.feed(octets, out);
    encoder.finish(out);
    return out;
}

std::string decode_transfer(std::string_view octets, TransferEncoding encoding) {
    std::string out;
    out.reserve(octets.size());
    TransferDecoder decoder(encoding);
    decoder.feed(octets, out);
    decoder.finish(out);
    return out;
}

}  // namespace mime
