// Sizes rounded to one decimal.
#include "server/cli/words.h"

#include <algorithm>
#include <ctime>

#include <iterator>

namespace server::cli {

std::string rounded_size(std::uint64_t octets) {
    constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB"};
    if (octets < 1024) return fmt::format("{} B", octets);
    double value = static_cast<double>(octets) / 1024;
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
    return fmt::format("{:.1f} {}", value, units[unit]);
}

std::string on_terminal(std::string text) {
    std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return text;
}

std::string time_of(std::int64_t at) {
    const std::time_t seconds = at;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    const std::size_t octets = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, octets};
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
