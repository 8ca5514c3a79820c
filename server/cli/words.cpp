// Sizes rounded to one decimal.
#include "server/cli/words.h"

#include <iterator>

#include "protocols/base/text.h"

namespace server::cli {

std::string rounded_size(std::uint64_t octets) {
    constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB"};
    if (octets < 1024) return fmt::format("{} B", octets);
    double value = static_cast<double>(octets) / 1024;
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
    return fmt::format("{:.1f} {}", value, units[unit]);
}

// Also the control characters U+0080 to U+009F, which are two octets each; what is no UTF-8 may have them as one.
std::string on_terminal(std::string text) {
    const bool is_utf8 = base::is_utf8(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        const bool begins_control =
            octet == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (octet < 0x20 || octet == 0x7f || (octet >= 0x80 && !is_utf8)) text[i] = '?';
        if (begins_control && is_utf8) text.replace(i, 2, "?");
    }
    return text;
}

std::string_view word_of_state(storage::RecipientState state) {
    switch (state) {
        case storage::RecipientState::pending:
            return "pending";
        case storage::RecipientState::delivered:
            return "delivered";
        case storage::RecipientState::failed:
            return "failed";
        case storage::RecipientState::relayed:
            return "relayed";
        case storage::RecipientState::held:
            return "held";
    }
    return "";
}

std::string_view word_of_attempt(storage::RecipientState outcome) {
    return outcome == storage::RecipientState::pending ? "deferred" : word_of_state(outcome);
}

}  // namespace server::cli
