#include "protocols/mailauth/dkim_canonicalization.h"

#include <algorithm>
#include <array>
#include <utility>

#include "protocols/base/text.h"

namespace mailauth {

namespace {

constexpr std::size_t canonical_buffer_octets = 4096;

// What a relaxed body cannot take over as it is: white space, and what may be a line end.
constexpr std::array<bool, 256> relaxed_stops = [] {
    std::array<bool, 256> stops{};
    for (const char c : {' ', '\t', '\r'}) stops[static_cast<unsigned char>(c)] = true;
    return stops;
}();

// Octets at the beginning that a relaxed body takes over as they are: a single space or line end amid content, too.
std::size_t plain_octets(std::string_view text) {
    const auto stops_at = [text](std::size_t i) { return relaxed_stops[static_cast<unsigned char>(text[i])]; };
    std::size_t i = 0;
    for (;;) {
        while (i < text.size() && !stops_at(i)) ++i;
        if (i == 0 || i + 2 >= text.size()) return i;
        if (text[i] == ' ' && !stops_at(i + 1)) {
            i += 2;
        } else if (text[i] == '\r' && text[i + 1] == '\n' && !stops_at(i + 2)) {
            i += 3;
        } else {
            return i;
        }
    }
}

std::string_view without_last_line_end(std::string_view field) {
    if (field.ends_with('\n')) field.remove_suffix(1);
    if (field.ends_with('\r')) field.remove_suffix(1);
    return field;
}

// Unfolded, runs of white space one space, none at either end. Written in place: fields are as long as a peer likes,
// and each signature may name them.
void append_relaxed_value(std::string& out, std::string_view value) {
    const std::size_t start = out.size();
    out.resize(start + value.size());
    char* const first = out.data() + start;
    char* last = first;
    bool space_due = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (base::is_space(c)) {
            space_due = true;
            continue;
        }
        if (c == '\n' || (c == '\r' && i + 1 < value.size() && value[i + 1] == '\n')) continue;
        if (space_due && last != first) *last++ = ' ';
        space_due = false;
        *last++ = c;
    }
    out.resize(start + static_cast<std::size_t>(last - first));
}

}  // namespace

void append_canonical_field(std::string& out, std::string_view field, Canonicalization form) {
    field = without_last_line_end(field);
    if (form == Canonicalization::simple) {
        out += field;
    } else {
        const std::size_t colon = std::min(field.find(':'), field.size());
        for (const char c : base::trim(field.substr(0, colon))) out += base::to_lower(c);
        out += ':';
        append_relaxed_value(out, field.substr(std::min(colon + 1, field.size())));
    }
    out += "\r\n";
}

BodyCanonicalizer::BodyCanonicalizer(Canonicalization form, Sink sink) : form_(form), sink_(std::move(sink)) {
    buffer_.reserve(canonical_buffer_octets);
}

void BodyCanonicalizer::feed(std::string_view piece) {
    if (after_cr_ && !piece.empty()) {
        after_cr_ = false;
        if (piece.front() == '\n') {
            end_line();
            piece.remove_prefix(1);
        } else {
            put_content("\r");
        }
    }
    form_ == Canonicalization::simple ? feed_simple(piece) : feed_relaxed(piece);
}

void BodyCanonicalizer::feed_simple(std::string_view piece) {
    while (!piece.empty()) {
        // All up to the next two line ends, or to what may be the beginning of a line end.
        std::size_t content = 0;
        while (content < piece.size() && piece[content] != '\r') {
            content = std::min(piece.find('\r', content), piece.size());
            // A single line end amid content is taken over with it.
            if (content + 2 < piece.size() && piece[content + 1] == '\n' && piece[content + 2] != '\r') content += 2;
        }
        if (content > 0) put_content(piece.substr(0, content));
        piece.remove_prefix(content);
        if (piece.empty()) return;
        if (piece.size() == 1) {
            after_cr_ = true;
            return;
        }
        const bool is_line_end = piece[1] == '\n';
        if (is_line_end) {
            end_line();
        } else {
            put_content("\r");
        }
        piece.remove_prefix(is_line_end ? 2 : 1);
    }
}

void BodyCanonicalizer::feed_relaxed(std::string_view piece) {
    while (!piece.empty()) {
        const std::size_t plain = plain_octets(piece);
        if (plain > 0) put_content(piece.substr(0, plain));
        piece.remove_prefix(plain);
        if (piece.empty()) return;
        std::size_t taken = 1;
        if (piece.front() != '\r') {
            space_due_ = true;
        } else if (piece.size() == 1) {
            after_cr_ = true;
        } else if (piece[1] == '\n') {
            end_line();
            taken = 2;
        } else {
            put_content("\r");
        }
        piece.remove_prefix(taken);
    }
}

void BodyCanonicalizer::end_line() {
    space_due_ = false;
    ++line_ends_due_;
}

// Content of a line, after the line ends and the space that are due before it.
void BodyCanonicalizer::put_content(std::string_view content) {
    for (; line_ends_due_ > 0; --line_ends_due_) put("\r\n");
    if (std::exchange(space_due_, false)) put(" ");
    has_content_ = true;
    put(content);
}

void BodyCanonicalizer::put(std::string_view octets) {
    if (buffer_.size() + octets.size() > canonical_buffer_octets) flush();
    if (octets.size() >= canonical_buffer_octets) {
        sink_(octets);
    } else {
        buffer_ += octets;
    }
}

void BodyCanonicalizer::flush() {
    if (!buffer_.empty()) sink_(buffer_);
    buffer_.clear();
}

void BodyCanonicalizer::finish() {
    if (std::exchange(after_cr_, false)) put_content("\r");
    // The last line has one line end, whatever it had. An empty body is one line end in the simple form, nothing in the
    // relaxed one.
    if (has_content_ || form_ == Canonicalization::simple) put("\r\n");
    flush();
    line_ends_due_ = 0;
    has_content_ = false;
}

}  // namespace mailauth
