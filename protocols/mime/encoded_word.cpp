// Encoded words. RFC 2047; language tags: RFC 2231 §5. Folding: RFC 5322 §2.2.3.
// Decoding accepts words in forbidden places; encoding follows the rules.
#include "protocols/mime/encoded_word.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "protocols/base/base64.h"
#include "protocols/base/text.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/header.h"
#include "protocols/mime/lexical.h"
#include "protocols/mime/transfer_encoding.h"

namespace mime {
namespace {

struct EncodedWord {
    std::string_view charset;
    char encoding = 0;  // 'q' or 'b'
    std::string_view text;
    std::size_t size = 0;  // octets of the whole word
};

// The encoded word that opens at text[at], or nothing.
std::optional<EncodedWord> parse_word(std::string_view text, std::size_t at) {
    const std::size_t end = encoded_word_end(text, at);
    if (end == std::string_view::npos) return std::nullopt;
    EncodedWord word;
    word.size = end - at;
    text = text.substr(at, word.size);
    const std::size_t charset_end = text.find('?', 2);
    word.charset = text.substr(2, charset_end - 2);
    word.charset = word.charset.substr(0, word.charset.find('*'));
    word.encoding = base::to_lower(text[charset_end + 1]);
    word.text = text.substr(charset_end + 3, text.size() - charset_end - 5);
    return word;
}

// A piece of a value: an encoded word, or the text between two.
struct Piece {
    std::string_view text;
    std::optional<EncodedWord> word;
};

std::vector<Piece> split_pieces(std::string_view value) {
    std::vector<Piece> pieces;
    std::size_t raw = 0;  // where text that is no encoded word starts
    std::size_t at = 0;
    while ((at = value.find("=?", at)) != std::string_view::npos) {
        const std::optional<EncodedWord> word = parse_word(value, at);
        if (!word) {
            at += 2;
            continue;
        }
        if (at > raw) pieces.push_back({.text = value.substr(raw, at - raw), .word = {}});
        pieces.push_back({.text = value.substr(at, word->size), .word = word});
        raw = at += word->size;
    }
    if (raw < value.size()) pieces.push_back({.text = value.substr(raw), .word = {}});
    return pieces;
}

// Raw 8-bit octets in an encoded word (some senders do that) are in the word's charset: encodes them properly.
std::string in_ascii(const Piece& word) {
    std::string out;
    for (const char c : word.text) {
        if ((c & 0x80) == 0) {
            out += c;
        } else if (word.word->encoding == 'q') {
            out += '=';
            append_hex(out, c);
        }
    }
    return out;
}

// RFC 2047 §4.2.
void decode_q(std::string_view text, std::string& out) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '_') {
            out += ' ';
        } else if (text[i] == '=' && text.size() - i > 2 && hex_value(text[i + 1]) >= 0 &&
                   hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
}

// Octets of adjacent words of one charset: a character may be split between them.
struct Pending {
    std::string charset;
    std::string octets;

    void add(const EncodedWord& word, std::string& out) {
        if (!base::iequals(charset, word.charset)) {
            flush(out);
            charset = word.charset;
        }
        if (word.encoding == 'q') {
            decode_q(word.text, octets);
        } else {
            octets += decode_transfer(word.text, TransferEncoding::base64);
        }
    }

    [[nodiscard]] bool is_open() const { return !charset.empty(); }

    void flush(std::string& out) {
        if (charset.empty()) return;
        // A decoded line end could pose as a further field when the text is written out again.
        for (const char c : to_utf8(octets, charset)) out += c >= 0 && c < ' ' ? ' ' : c;
        charset.clear();
        octets.clear();
    }
};

bool is_all_blank(std::string_view text) { return text.find_first_not_of(" \t") == std::string_view::npos; }

bool is_control(char c) { return (c >= 0 && c < ' ') || c == 127; }

bool needs_encoding(std::string_view word) {
    constexpr std::size_t longest_line = 900;
    return word.size() > longest_line || word.find("=?") != std::string_view::npos || !base::is_ascii(word) ||
           std::ranges::any_of(word, is_control);
}

// Octets that need no encoding in a Q-encoded word, wherever it is used (RFC 2047 §5 rule 3).
constexpr bool is_q_safe(char c) {
    constexpr std::string_view others = "!*+-/";
    return base::is_alpha(c) || base::is_digit(c) || others.find(c) != std::string_view::npos;
}

std::size_t q_size(std::string_view text) {
    std::size_t size = 0;
    for (const char c : text) size += is_q_safe(c) || c == ' ' ? 1 : 3;
    return size;
}

void append_q(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (c == ' ') {
            out += '_';
        } else if (is_q_safe(c)) {
            out += c;
        } else {
            out += '=';
            append_hex(out, c);
        }
    }
}

std::size_t character_size(std::string_view text, std::size_t at) {
    std::size_t size = 1;
    while (at + size < text.size() && (text[at + size] & 0xC0) == 0x80) ++size;
    return size;
}

// Well-formed UTF-8 as encoded words of at most 75 octets, no character split (RFC 2047 §2, §5).
std::string encode_run(std::string_view text) {
    constexpr std::size_t payload = 75 - std::string_view("=?utf-8?q?").size() - std::string_view("?=").size();
    const bool base64 = (text.size() + 2) / 3 * 4 < q_size(text);
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        std::size_t size = 0;
        while (at + size < text.size()) {
            const std::size_t longer = size + character_size(text, at + size);
            const std::size_t cost = base64 ? (longer + 2) / 3 * 4 : q_size(text.substr(at, longer));
            if (cost > payload && size > 0) break;
            size = longer;
        }
        if (!out.empty()) out += ' ';
        out += base64 ? "=?utf-8?b?" : "=?utf-8?q?";
        if (base64) {
            out += base::encode_base64(text.substr(at, size));
        } else {
            append_q(out, text.substr(at, size));
        }
        out += "?=";
        at += size;
    }
    return out;
}

// Well-formed UTF-8 without line ends.
std::string clean(std::string_view text) {
    std::string out = to_utf8(text, "utf-8");
    for (char& c : out) {
        if (c == '\r' || c == '\n' || c == '\0') c = ' ';
    }
    return out;
}

struct Run {
    std::string_view text;
    bool encode = false;
};

// Splits text at single spaces into words, and joins neighbours that all need encoding, or all do not.
std::vector<Run> split_runs(std::string_view text) {
    std::vector<Run> runs;
    std::size_t at = 0;
    while (at <= text.size()) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string_view word = text.substr(at, end - at);
        const bool encode = needs_encoding(word) || (word.empty() && !runs.empty() && runs.back().encode);
        if (!runs.empty() && runs.back().encode == encode) {
            const auto start = static_cast<std::size_t>(runs.back().text.data() - text.data());
            runs.back().text = text.substr(start, end - start);
        } else {
            runs.push_back({.text = word, .encode = encode});
        }
        at = end + 1;
    }
    return runs;
}

}  // namespace

std::string field_to_utf8(std::string_view value, std::string_view charset) {
    if (base::is_utf8(value)) return std::string(value);
    const std::vector<Piece> pieces = split_pieces(value);
    std::string raw;
    for (const Piece& piece : pieces) {
        if (!piece.word) raw += piece.text;
    }
    const std::string_view meant = undeclared_charset(raw, charset);
    std::string out;
    for (const Piece& piece : pieces) out += piece.word ? in_ascii(piece) : to_utf8(piece.text, meant);
    return out;
}

std::string decode_encoded_words(std::string_view value, std::string_view charset) {
    const std::string text = field_to_utf8(unfold(value), charset);
    if (text.find("=?") == std::string::npos) return text;  // the usual case
    std::string out;
    Pending pending;
    for (const Piece& piece : split_pieces(text)) {
        if (piece.word) {
            pending.add(*piece.word, out);
        } else if (!pending.is_open() || !is_all_blank(piece.text)) {
            pending.flush(out);
            out += piece.text;
        }
    }
    pending.flush(out);
    return out;
}

std::string encode_unstructured(std::string_view utf8) {
    const std::string text = clean(utf8);
    if (!needs_encoding(text)) return text;
    std::string out;
    for (const Run& run : split_runs(text)) {
        if (!out.empty()) out += ' ';
        out += run.encode ? encode_run(run.text) : std::string(run.text);
    }
    return out;
}

std::string encode_phrase(std::string_view utf8) {
    const std::string text = clean(utf8);
    if (needs_encoding(text)) return encode_run(text);
    const bool atoms = !text.empty() && text.front() != ' ' && text.back() != ' ' &&
                       text.find("  ") == std::string::npos &&
                       std::ranges::all_of(text, [](char c) { return c == ' ' || is_atext(c); });
    return atoms ? text : quote(text);
}

std::string fold_field(std::string_view name, std::string_view value) {
    constexpr std::size_t wanted = 78;
    constexpr std::size_t longest = 990;
    std::string out(name);
    out += ':';
    const std::size_t head_size = out.size();
    std::size_t column = head_size;
    std::size_t at = 0;
    std::string text(value);
    std::ranges::replace_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    text.insert(0, 1, ' ');
    while (at < text.size()) {
        // A piece is white space and the word after it; the line may break before it.
        const std::size_t word = std::min(text.find_first_not_of(" \t", at), text.size());
        const std::size_t end = std::min(text.find_first_of(" \t", word), text.size());
        std::string_view piece = std::string_view(text).substr(at, end - at);
        at = end;
        if (word == text.size()) {  // nothing but white space is left: it must not be a line of its own
            out += piece.substr(0, longest);
            break;
        }
        // Do not leave "Name:" alone on a line unless needed: RFC 2047 §2 limits lines with encoded words to 76 octets.
        const bool may_break = column > head_size || piece.starts_with(" =?") || piece.size() > longest;
        if (may_break && column + piece.size() > wanted) {
            out += "\r\n";
            column = 0;
        }
        while (piece.size() > longest) {
            out += piece.substr(0, longest);
            out += "\r\n ";
            piece.remove_prefix(longest);
        }
        out += piece;
        column += piece.size();
    }
    out += "\r\n";
    return out;
}

}  // namespace mime
