// SASLprep (RFC 4013), a profile of stringprep (RFC 3454): map, normalise (NFKC), prohibit, check bidi.
// utf8proc supplies NFKC and the character classes.
#include "protocols/sasl/saslprep.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "protocols/base/handle.h"
#include "protocols/base/text.h"

namespace sasl {

namespace {

using Utf8procString = base::Handle<utf8proc_uint8_t, std::free>;

// RFC 3454 table C.1.2: mapped to a space.
bool is_foreign_space(std::int32_t c) {
    return c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F || c == 0x205F || c == 0x3000;
}

// RFC 3454 table B.1: mapped to nothing.
bool is_mapped_to_nothing(std::int32_t c) {
    return c == 0xAD || c == 0x34F || c == 0x1806 || (c >= 0x180B && c <= 0x180D) || c == 0x200C || c == 0x200D ||
           c == 0x2060 || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF;
}

// RFC 4013 §2.3: tables C.1.2 to C.9.
bool is_prohibited(std::int32_t c) {
    const bool not_a_character = (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
    const bool unfit_for_text = (c >= 0xFFF9 && c <= 0xFFFD) || (c >= 0x2FF0 && c <= 0x2FFB);
    const bool changes_display = c == 0x340 || c == 0x341 || c == 0x200E || c == 0x200F ||
                                 (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F);
    const bool tag = c == 0xE0001 || (c >= 0xE0020 && c <= 0xE007F);
    const bool control = c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x6DD || c == 0x70F || c == 0x180E ||
                         (c >= 0x1D173 && c <= 0x1D17A);
    const bool private_use = utf8proc_category(c) == UTF8PROC_CATEGORY_CO;
    return not_a_character || unfit_for_text || changes_display || tag || control || private_use || is_foreign_space(c);
}

bool is_right_to_left(std::int32_t c) {
    const auto bidi = static_cast<utf8proc_bidi_class_t>(utf8proc_get_property(c)->bidi_class);
    return bidi == UTF8PROC_BIDI_CLASS_R || bidi == UTF8PROC_BIDI_CLASS_AL;
}

bool is_left_to_right(std::int32_t c) {
    return static_cast<utf8proc_bidi_class_t>(utf8proc_get_property(c)->bidi_class) == UTF8PROC_BIDI_CLASS_L;
}

std::vector<std::int32_t> code_points(std::string_view text) {
    std::vector<std::int32_t> result;
    const auto* octets = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0) {
        utf8proc_int32_t c = 0;
        const utf8proc_ssize_t length = utf8proc_iterate(octets, left, &c);
        if (length <= 0) return {};
        result.push_back(c);
        octets += length;
        left -= length;
    }
    return result;
}

std::string mapped(std::string_view text) {
    std::string result;
    for (const std::int32_t c : code_points(text)) {
        if (is_mapped_to_nothing(c)) continue;
        utf8proc_uint8_t encoded[4];
        const utf8proc_ssize_t length = utf8proc_encode_char(is_foreign_space(c) ? ' ' : c, encoded);
        result.append(reinterpret_cast<const char*>(encoded), static_cast<std::size_t>(length));
    }
    return result;
}

std::optional<std::string> nfkc(const std::string& text) {
    utf8proc_uint8_t* octets = nullptr;
    const auto flags = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
    const utf8proc_ssize_t length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                 static_cast<utf8proc_ssize_t>(text.size()), &octets, flags);
    const Utf8procString owner(octets);
    if (length < 0) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(octets), static_cast<std::size_t>(length));
}

// RFC 3454 §6: right-to-left text has no left-to-right letter in it, and begins and ends right-to-left.
bool bidi_holds(const std::vector<std::int32_t>& text) {
    if (std::ranges::none_of(text, is_right_to_left)) return true;
    return std::ranges::none_of(text, is_left_to_right) && is_right_to_left(text.front()) &&
           is_right_to_left(text.back());
}

}  // namespace

std::optional<std::string> saslprep(std::string_view text) {
    if (!base::is_utf8(text)) return std::nullopt;
    std::optional<std::string> normal = base::is_ascii(text) ? std::string(text) : nfkc(mapped(text));
    if (!normal) return std::nullopt;
    const std::vector<std::int32_t> points = code_points(*normal);
    if (std::ranges::any_of(points, is_prohibited) || !bidi_holds(points)) return std::nullopt;
    return normal;
}

std::string normalise_password(std::string_view password) { return saslprep(password).value_or(std::string(password)); }

}  // namespace sasl
