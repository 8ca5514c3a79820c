// Default ignorable characters and categories come from utf8proc.
#include "protocols/mime/shown_text.h"

#include <utf8proc.h>

namespace mime {
namespace {

// Those that are to be default ignorable when they are assigned (DerivedCoreProperties.txt); utf8proc knows none of
// them.
bool is_reserved_ignorable(utf8proc_int32_t point) {
    return point == 0x2065 || (point >= 0xFFF0 && point <= 0xFFF8) || (point >= 0xE0000 && point <= 0xE0FFF);
}

bool is_ignorable(utf8proc_int32_t point) {
    return utf8proc_get_property(point)->ignorable != 0 || is_reserved_ignorable(point);
}

bool is_unseen(utf8proc_int32_t point) {
    if (point == '\t') return false;
    if (is_ignorable(point)) return true;
    switch (utf8proc_category(point)) {
        case UTF8PROC_CATEGORY_CC:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP:
            return true;
        default:
            return false;
    }
}

// Letters, marks and numbers, what is assigned to nobody, and what has no width belong to their word.
bool is_gap(utf8proc_int32_t point) {
    if (point < 0x80) return utf8proc_category(point) == UTF8PROC_CATEGORY_CC;
    switch (utf8proc_category(point)) {
        case UTF8PROC_CATEGORY_LO:  // the Hangul fillers, which are wide where a font has them
            return is_ignorable(point);
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ME:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_NO:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_CN:
        case UTF8PROC_CATEGORY_CO:
        case UTF8PROC_CATEGORY_CS:
            return false;
        default:
            return true;
    }
}

// Copies the text, with what `instead_of` returns for a character in its place; nullptr: the character stays.
template <typename InsteadOf>
std::string replaced(std::string_view utf8, InsteadOf instead_of) {
    std::string out;
    out.reserve(utf8.size());
    while (!utf8.empty()) {
        utf8proc_int32_t point = 0;
        const auto taken = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                            static_cast<utf8proc_ssize_t>(utf8.size()), &point);
        const std::size_t octets = taken > 0 ? static_cast<std::size_t>(taken) : 1;
        const char* const instead = taken > 0 ? instead_of(point) : nullptr;
        out += instead != nullptr ? std::string_view(instead) : utf8.substr(0, octets);
        utf8.remove_prefix(octets);
    }
    return out;
}

}  // namespace

std::string without_unseen(std::string_view utf8) {
    return replaced(utf8, [](utf8proc_int32_t point) { return is_unseen(point) ? "" : nullptr; });
}

std::string with_gaps(std::string_view utf8) {
    constexpr utf8proc_int32_t ideographic_full_stop = 0x3002;
    return replaced(utf8, [](utf8proc_int32_t point) {
        if (point == ideographic_full_stop) return ".";
        return is_gap(point) ? " " : nullptr;
    });
}

}  // namespace mime
