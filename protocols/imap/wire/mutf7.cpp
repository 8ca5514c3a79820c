// Modified UTF-7 in both directions. RFC 3501 §5.1.3. The store decides which names are valid.
#include "protocols/imap/wire/mutf7.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "protocols/base/text.h"

namespace imap::wire {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

constexpr std::uint8_t no_value = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_value);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    }
    return values;
}
constexpr std::array<std::uint8_t, 256> base64_values = make_values();

bool is_printable_ascii(std::uint32_t c) { return c >= 0x20 && c <= 0x7e; }

// UTF-16 code units in, UTF-8 out; refuses what modified UTF-7 does not allow in base64.
class Utf16Decoder {
  public:
    explicit Utf16Decoder(std::string& out) : out_(out) {}

    bool unit(std::uint32_t unit) {
        const bool low = unit >= 0xdc00 && unit <= 0xdfff;
        if (high_ != 0) {
            if (!low) return false;
            base::append_utf8(out_, 0x10000 + ((high_ - 0xd800) << 10) + (unit - 0xdc00));
            high_ = 0;
            return true;
        }
        if (low || unit == 0 || is_printable_ascii(unit)) return false;
        if (unit >= 0xd800 && unit <= 0xdbff) {
            high_ = unit;
        } else {
            base::append_utf8(out_, unit);
        }
        return true;
    }
    bool complete() const { return high_ == 0; }

  private:
    std::string& out_;
    std::uint32_t high_ = 0;
};

// The base64 of one shift, without "&" and "-".
bool decode_shift(std::string_view base64, std::string& out) {
    Utf16Decoder decoder(out);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : base64) {
        const std::uint8_t value = base64_values[static_cast<unsigned char>(c)];
        if (value == no_value) return false;
        bits = ((bits << 6) | value) & 0x3fffff;
        count += 6;
        if (count >= 16) {
            count -= 16;
            if (!decoder.unit((bits >> count) & 0xffff)) return false;
        }
    }
    const std::uint32_t left_over = bits & ((1U << count) - 1);
    return decoder.complete() && count < 6 && left_over == 0;
}

// Removes the next character from the front of UTF-8 text; an invalid octet becomes U+FFFD.
std::uint32_t next_character(std::string_view& text) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = octet(0);
    const std::size_t size = lead < 0x80                   ? 1
                             : lead >= 0xf0 && lead < 0xf5 ? 4
                             : lead >= 0xe0                ? 3
                             : lead >= 0xc2                ? 2
                                                           : 0;
    constexpr std::array<std::uint32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    std::uint32_t c = size == 1 ? lead : size == 0 ? 0 : lead & (0xffU >> (size + 1));
    bool good = size != 0 && lead < 0xf5 && size <= text.size();
    for (std::size_t i = 1; good && i < size; ++i) {
        good = (octet(i) & 0xc0) == 0x80;
        c = (c << 6) | (octet(i) & 0x3fU);
    }
    good = good && c >= least[size] && c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
    text.remove_prefix(good ? size : 1);
    return good ? c : 0xfffd;
}

// Base64 of UTF-16, big endian, opened by "&" and closed by "-".
class ShiftEncoder {
  public:
    explicit ShiftEncoder(std::string& out) : out_(out) {}

    void character(std::uint32_t c) {
        if (!open_) out_ += '&';
        open_ = true;
        if (c >= 0x10000) {
            unit(0xd800 + ((c - 0x10000) >> 10));
            unit(0xdc00 + ((c - 0x10000) & 0x3ff));
        } else {
            unit(c);
        }
    }
    void close() {
        if (!open_) return;
        if (count_ > 0) out_ += alphabet[(bits_ << (6 - count_)) & 0x3f];
        out_ += '-';
        bits_ = 0;
        count_ = 0;
        open_ = false;
    }

  private:
    void unit(std::uint32_t unit) {
        bits_ = (bits_ << 16) | unit;
        for (count_ += 16; count_ >= 6; count_ -= 6) out_ += alphabet[(bits_ >> (count_ - 6)) & 0x3f];
    }

    std::string& out_;
    std::uint32_t bits_ = 0;
    int count_ = 0;  // of bits not yet written
    bool open_ = false;
};

}  // namespace

std::optional<std::string> decode_mutf7(std::string_view name) {
    std::string out;
    out.reserve(name.size());
    bool just_shifted = false;
    for (std::size_t at = 0; at < name.size();) {
        const char c = name[at];
        if (!is_printable_ascii(static_cast<unsigned char>(c))) return std::nullopt;
        if (c != '&') {
            out += c;
            ++at;
            just_shifted = false;
            continue;
        }
        const std::size_t end = name.find('-', at);
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view base64 = name.substr(at + 1, end - at - 1);
        if (base64.empty()) {
            out += '&';
        } else if (just_shifted || !decode_shift(base64, out)) {
            return std::nullopt;
        }
        just_shifted = !base64.empty();
        at = end + 1;
    }
    return out;
}

void append_mutf7(std::string& out, std::string_view utf8) {
    ShiftEncoder shift(out);
    while (!utf8.empty()) {
        const std::uint32_t c = next_character(utf8);
        if (!is_printable_ascii(c)) {
            shift.character(c);
            continue;
        }
        shift.close();
        out += static_cast<char>(c);
        if (c == '&') out += '-';
    }
    shift.close();
}

}  // namespace imap::wire
