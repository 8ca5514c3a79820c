// i;unicode-casemap. RFC 5051 §2: the titlecase property, then the decomposition property, applied recursively.
// ASCII, the usual case, takes a shortcut with the same result. The tables come from utf8proc.
#include "protocols/mime/casemap.h"

#include <utf8proc.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "protocols/base/text.h"

namespace mime {
namespace {

void append_code_point(std::string& out, utf8proc_int32_t code_point) {
    std::array<utf8proc_uint8_t, 4> octets{};
    const auto size = utf8proc_encode_char(code_point, octets.data());
    for (utf8proc_ssize_t i = 0; i < size; ++i) out += static_cast<char>(octets[static_cast<std::size_t>(i)]);
}

void append_prepared(std::string& out, utf8proc_int32_t code_point) {
    std::array<utf8proc_int32_t, 32> parts{};
    int boundary = 0;
    const auto count =
        utf8proc_decompose_char(utf8proc_totitle(code_point), parts.data(), static_cast<utf8proc_ssize_t>(parts.size()),
                                static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT), &boundary);
    if (count <= 0 || count > static_cast<utf8proc_ssize_t>(parts.size())) {
        append_code_point(out, code_point);
    } else {
        for (utf8proc_ssize_t i = 0; i < count; ++i) append_code_point(out, parts[static_cast<std::size_t>(i)]);
    }
}

// A cache: a text uses few different characters. Holds the last ones and their prepared forms, if short.
struct Remembered {
    utf8proc_int32_t code_point = 0;
    std::uint8_t size = 0;
    std::array<char, 11> octets{};
};

// Appends one character that is not ASCII; returns how many octets it takes.
std::size_t fold_character(std::string& out, std::string_view utf8) {
    thread_local std::array<Remembered, 512> memory{};
    utf8proc_int32_t code_point = 0;
    const auto taken = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(utf8.data()),
                                        static_cast<utf8proc_ssize_t>(utf8.size()), &code_point);
    if (taken <= 0) {
        out += base::replacement_character;
        return 1;
    }
    Remembered& place = memory[static_cast<std::size_t>(code_point) % memory.size()];
    if (place.code_point != code_point) {
        std::string prepared;
        append_prepared(prepared, code_point);
        if (prepared.size() > place.octets.size()) {
            out += prepared;
            return static_cast<std::size_t>(taken);
        }
        place.code_point = code_point;
        place.size = static_cast<std::uint8_t>(prepared.copy(place.octets.data(), place.octets.size()));
    }
    out.append(place.octets.data(), place.size);
    return static_cast<std::size_t>(taken);
}

// In upper case; the loop has no branches, so that the compiler can vectorize it.
void append_ascii(std::string& out, std::string_view ascii) {
    const std::size_t start = out.size();
    const std::size_t size = start + ascii.size();
    out.resize_and_overwrite(size, [&](char* octets, std::size_t) {
        char* const to = octets + start;
        for (std::size_t i = 0; i < ascii.size(); ++i) {
            const char c = ascii[i];
            const bool is_lower = static_cast<unsigned char>(c - 'a') < 26;
            to[i] = static_cast<char>(c ^ (is_lower ? 0x20 : 0));
        }
        return size;
    });
}

}  // namespace

void append_folded(std::string& out, std::string_view utf8) {
    while (!utf8.empty()) {
        const std::size_t ascii = base::ascii_prefix(utf8);
        append_ascii(out, utf8.substr(0, ascii));
        utf8.remove_prefix(ascii);
        while (!utf8.empty() && static_cast<signed char>(utf8.front()) < 0)
            utf8.remove_prefix(fold_character(out, utf8));
    }
}

std::string folded(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    append_folded(out, utf8);
    return out;
}

bool holds(std::string_view folded_text, std::string_view folded_needle) {
    if (folded_needle.empty()) return true;
    return memmem(folded_text.data(), folded_text.size(), folded_needle.data(), folded_needle.size()) != nullptr;
}

}  // namespace mime
