#include "protocols/base/timestamp.h"

#include <chrono>
#include <ctime>

#include "protocols/base/text.h"

namespace base {
namespace {

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
    if (at + count > text.size()) return std::nullopt;
    const auto number = parse_number<unsigned>(text.substr(at, count));
    return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

// "Z", "+01:00"; what is to be taken off, in seconds.
std::optional<std::int64_t> read_offset(std::string_view text) {
    if (text == "Z" || text == "z") return 0;
    if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
    const auto hours = digits(text, 1, 2);
    const auto minutes = digits(text, 4, 2);
    if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::int64_t seconds = *hours * 3'600 + *minutes * 60;
    return text[0] == '+' ? seconds : -seconds;
}

}  // namespace

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
    const auto year = digits(text, 0, 4);
    const auto month = digits(text, 5, 2);
    const auto day = digits(text, 8, 2);
    const auto hour = digits(text, 11, 2);
    const auto minute = digits(text, 14, 2);
    const auto second = digits(text, 17, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    if (text[4] != '-' || text[7] != '-' || to_lower(text[10]) != 't' || text[13] != ':' || text[16] != ':') {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    std::size_t at = 19;
    if (at < text.size() && text[at] == '.') {
        const std::size_t first = ++at;
        while (at < text.size() && is_digit(text[at])) ++at;
        if (at == first) return std::nullopt;
    }
    const auto offset = read_offset(text.substr(at));
    if (!offset) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return days * 86'400 + std::int64_t{*hour} * 3'600 + std::int64_t{*minute} * 60 + *second - *offset;
}

std::string format_timestamp(std::int64_t at) {
    const std::time_t seconds = at;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[64];
    const std::size_t octets = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, octets};
}

}  // namespace base
