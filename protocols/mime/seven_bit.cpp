// Two passes over one message: find what to encode, then encode it. Holds a header section or a line, never a body.
#include "protocols/mime/seven_bit.h"

#include <algorithm>
#include <array>

#include "protocols/base/text.h"
#include "protocols/mime/header.h"

namespace mime {
namespace {

constexpr std::size_t most_header_octets = 256u << 10;  // of a section to rewrite; a longer one is left unchanged
constexpr std::size_t most_line_octets = 998;           // RFC 5321 §4.5.3.1.6
constexpr std::size_t most_held_octets = 8u << 10;      // of a line, before a soft line break cuts it

bool any_eight_bit(std::string_view octets) {
    return std::ranges::any_of(octets, [](char c) { return static_cast<unsigned char>(c) > 127; });
}

// Whether a line gets longer than may be sent; counts on from `line_octets`, of the line that came before.
bool has_long_line(std::string_view octets, std::size_t& line_octets) {
    while (!octets.empty()) {
        const std::size_t end = std::min(octets.find('\n'), octets.size());
        line_octets += octets.substr(0, end).ends_with('\r') ? end - 1 : end;
        if (line_octets > most_line_octets) return true;
        if (end == octets.size()) return false;
        line_octets = 0;
        octets.remove_prefix(end + 1);
    }
    return false;
}

std::string_view word_for(TransferEncoding encoding) {
    switch (encoding) {
        case TransferEncoding::quoted_printable:
            return "quoted-printable";
        case TransferEncoding::base64:
            return "base64";
        default:
            return "7bit";
    }
}

// The part of [at, at + octets.size()) inside [begin, end).
std::string_view within(std::string_view octets, std::uint64_t at, std::uint64_t begin, std::uint64_t end) {
    const std::uint64_t from = std::max(at, begin);
    const std::uint64_t to = std::min(at + octets.size(), end);
    return from >= to ? std::string_view() : octets.substr(from - at, to - from);
}

// The section with another encoding. RFC 2045 §4: a message's section needs MIME-Version. A message without
// Content-Type gets an unknown charset: MIME would take it as US-ASCII.
std::string with_encoding(std::string_view section, const SevenBitScanner::Change& change) {
    static const std::array<std::string, 1> names = {"Content-Transfer-Encoding"};
    std::string out = filter_header(section, names, HeaderFilter::except);
    if (out.ends_with("\r\n")) out.resize(out.size() - 2);
    if (change.is_root && !find_field(section, "MIME-Version")) out += "MIME-Version: 1.0\r\n";
    if (change.is_root && !find_field(section, "Content-Type"))
        out += "Content-Type: text/plain; charset=unknown-8bit\r\n";
    out.append("Content-Transfer-Encoding: ")
        .append(change.eight_bit ? "8bit" : word_for(change.to))
        .append("\r\n\r\n");
    return out;
}

}  // namespace

SevenBitScanner::SevenBitScanner(const Part& root, AsciiDomain ascii_domain) : ascii_domain_(ascii_domain) {
    add(root, true);
}

void SevenBitScanner::add(const Part& part, bool is_message) {
    if (part.kind == PartKind::multipart && part.content.subtype == "signed") is_signed_ = true;
    Place place;
    place.change = {.header_offset = part.header_offset,
                    .body_offset = part.body_offset,
                    .body_end = part.body_end,
                    .is_root = is_message};
    place.declared = part.content.encoding == "8bit" || part.content.encoding == "binary";
    place.is_encoded = parse_transfer_encoding(part.content.encoding) != TransferEncoding::identity;
    place.is_text = part.content.type == "text" && part.content.encoding != "binary";
    place.is_leaf = part.kind == PartKind::single;
    place.is_message = is_message;
    places_.push_back(place);
    for (const Part& child : part.children) add(child, part.kind == PartKind::message);
}

void SevenBitScanner::feed(std::string_view octets) {
    for (std::size_t i = first_; i < places_.size() && places_[i].change.header_offset < offset_ + octets.size(); ++i)
        scan(places_[i], octets, offset_);
    offset_ += octets.size();
    // Leaves are finished in order; a part around them is passed once its body begins.
    while (first_ < places_.size() && (!places_[first_].is_leaf || places_[first_].change.body_end <= offset_) &&
           places_[first_].change.body_offset <= offset_)
        ++first_;
}

void SevenBitScanner::scan(Place& place, std::string_view octets, std::uint64_t at) {
    const auto [header_offset, body_offset] = std::pair(place.change.header_offset, place.change.body_offset);
    if (at < body_offset) {
        if (at <= header_offset) header_.clear();
        const std::string_view section = within(octets, at, header_offset, body_offset);
        header_.append(section.substr(0, most_header_octets - std::min(most_header_octets, header_.size())));
        if (at + octets.size() >= body_offset) header_ends(place);
    }
    if (!place.is_leaf) return;
    const std::string_view body = within(octets, at, place.change.body_offset, place.change.body_end);
    place.has_eight_bit = place.has_eight_bit || any_eight_bit(body);
    place.has_long_line = place.has_long_line || has_long_line(body, place.line_octets);
}

void SevenBitScanner::header_ends(Place& place) {
    if (place.is_message && find_field(header_, "DKIM-Signature")) is_signed_ = true;
    if (!any_eight_bit(header_)) return;
    const bool whole = header_.size() == place.change.body_offset - place.change.header_offset;
    place.change.encodes_header =
        whole && ascii_domain_ != nullptr && encode_header(header_, ascii_domain_).has_value();
    if (!place.change.encodes_header) headers_become_ascii_ = false;
}

bool SevenBitScanner::has_eight_bit() const { return std::ranges::any_of(places_, &Place::has_eight_bit); }

std::vector<SevenBitScanner::Change> SevenBitScanner::changes() const {
    std::vector<Change> changes;
    const auto must_encode = [](const Place& place) {
        return (place.has_eight_bit || place.has_long_line) && !place.is_encoded;
    };
    const auto must_change = [&](const Place& place) { return must_encode(place) || place.change.encodes_header; };
    if (is_signed_ || std::ranges::none_of(places_, must_change)) return changes;
    for (const Place& place : places_) {
        Change change = place.change;
        const std::uint64_t header_octets = change.body_offset - change.header_offset;
        if (header_octets == 0 || header_octets > most_header_octets) continue;
        if (must_encode(place)) {
            change.to = place.is_text ? TransferEncoding::quoted_printable : TransferEncoding::base64;
        } else if (!place.declared) {
            if (!change.encodes_header) continue;
            change.keeps_encoding = true;
        }
        changes.push_back(change);
    }
    return changes;
}

void SevenBitEncoder::feed(std::string_view octets, std::string& out) {
    while (!octets.empty()) {
        if (next_ == changes_.size()) {
            out += octets;
            offset_ += octets.size();
            return;
        }
        const SevenBitScanner::Change& change = changes_[next_];
        const bool in_body = offset_ >= change.body_offset;
        const bool in_header = !in_body && offset_ >= change.header_offset;
        const std::uint64_t until = in_body ? change.body_end : in_header ? change.body_offset : change.header_offset;
        const std::string_view some = octets.substr(0, until - std::min(until, offset_));
        octets.remove_prefix(some.size());
        offset_ += some.size();
        if (in_body) {
            body(some, out);
            if (offset_ == until) body_ends(out);
        } else if (in_header) {
            held_ += some;
            if (offset_ == until) header_ends(out);
        } else {
            out += some;
        }
    }
}

void SevenBitEncoder::header_ends(std::string& out) {
    const SevenBitScanner::Change& change = changes_[next_];
    if (change.encodes_header) held_ = encode_header(held_, ascii_domain_).value_or(held_);
    out += change.keeps_encoding ? held_ : with_encoding(held_, change);
    held_.clear();
    // No body to encode follows: a part around others has only its header changed, and an empty body never ends.
    if (change.to == TransferEncoding::identity || change.body_end <= change.body_offset) ++next_;
}

void SevenBitEncoder::body(std::string_view octets, std::string& out) {
    if (changes_[next_].to == TransferEncoding::base64) {
        base64_.feed(octets, out);
        return;
    }
    held_ += octets;
    const std::size_t lines = held_.rfind('\n') + 1;  // 0: no complete line
    if (lines > 0) {
        out += encode_quoted_printable(std::string_view(held_).substr(0, lines));
        held_.erase(0, lines);
    }
    if (held_.size() <= most_held_octets) return;
    const bool half_line_end = held_.ends_with('\r');
    if (half_line_end) held_.pop_back();
    // Encoded with one more octet after it, to leave room for the "=" of the soft line break.
    out += encode_quoted_printable(held_ + 'x');
    out.pop_back();
    if (!out.ends_with("=\r\n")) out += "=\r\n";
    held_ = half_line_end ? "\r" : "";
}

void SevenBitEncoder::body_ends(std::string& out) {
    if (changes_[next_].to == TransferEncoding::base64) {
        base64_.finish(out);
        base64_ = {};
    } else if (!held_.empty()) {
        out += encode_quoted_printable(held_);
        held_.clear();
    }
    ++next_;
}

void SevenBitEncoder::finish(std::string& out) {
    if (next_ < changes_.size() && offset_ > changes_[next_].body_offset) body_ends(out);
    out += held_;
}

}  // namespace mime
