// Internal dates and the days in SEARCH. RFC 9051 §9 (date-time, date). std::chrono does the calendar arithmetic.
#include "protocols/imap/wire/date_time.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "protocols/base/text.h"

namespace imap::wire {
namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Exactly `digits` digits at `at`.
std::optional<int> fixed_number(std::string_view text, std::size_t at, std::size_t digits) {
    if (at + digits > text.size()) return std::nullopt;
    const std::optional<unsigned> number = base::parse_number<unsigned>(text.substr(at, digits));
    if (!number) return std::nullopt;
    return static_cast<int>(*number);
}

std::optional<unsigned> month_number(std::string_view name) {
    for (unsigned i = 0; i < months.size(); ++i) {
        if (base::iequals(name, months[i])) return i + 1;
    }
    return std::nullopt;
}

// time SP zone, "02:44:25 -0700": seconds since midnight UTC of the given day in that zone, and the zone in minutes.
struct TimeOfDay {
    int seconds = 0;
    int zone_minutes = 0;
};
std::optional<TimeOfDay> parse_time(std::string_view text) {
    if (text.size() != 14 || text[2] != ':' || text[5] != ':' || text[8] != ' ') return std::nullopt;
    const std::optional<int> hour = fixed_number(text, 0, 2);
    const std::optional<int> minute = fixed_number(text, 3, 2);
    const std::optional<int> second = fixed_number(text, 6, 2);
    const std::optional<int> zone_hour = fixed_number(text, 10, 2);
    const std::optional<int> zone_minute = fixed_number(text, 12, 2);
    if (!hour || !minute || !second || !zone_hour || !zone_minute) return std::nullopt;
    if (*hour > 23 || *minute > 59 || *second > 60 || *zone_hour > 23 || *zone_minute > 59) return std::nullopt;
    if (text[9] != '+' && text[9] != '-') return std::nullopt;
    const int zone = (*zone_hour * 60 + *zone_minute) * (text[9] == '-' ? -1 : 1);
    return TimeOfDay{*hour * 3600 + *minute * 60 + *second, zone};
}

void append_padded(std::string& out, int number, int width) {
    std::array<char, 4> digits{};
    for (int i = width - 1; i >= 0; --i, number /= 10)
        digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + number % 10);
    out.append(digits.data(), static_cast<std::size_t>(width));
}

}  // namespace

// date-text = date-day "-" date-month "-" date-year
std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash != 1 && dash != 2) return std::nullopt;
    if (text.size() != dash + 9 || text[dash + 4] != '-') return std::nullopt;
    const std::optional<int> day = fixed_number(text, 0, dash);
    const std::optional<unsigned> month = month_number(text.substr(dash + 1, 3));
    const std::optional<int> year = fixed_number(text, dash + 5, 4);
    if (!day || !month || !year) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return date;
}

// date-time = DQUOTE date-day-fixed "-" date-month "-" date-year SP time SP zone DQUOTE
std::optional<DateTime> parse_date_time(std::string_view text) {
    if (text.starts_with(' ')) text.remove_prefix(1);
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const std::optional<std::chrono::year_month_day> date = parse_date(text.substr(0, space));
    const std::optional<TimeOfDay> time = parse_time(text.substr(space + 1));
    if (!date || !time) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(*date).time_since_epoch().count();
    return DateTime{days * 86400 + time->seconds - std::int64_t{time->zone_minutes} * 60, time->zone_minutes};
}

void append_date_time(std::string& out, const DateTime& when) {
    constexpr std::int64_t year_zero = -62167219200;
    constexpr std::int64_t year_9999_end = 253402300799;
    const std::int64_t local =
        std::clamp(when.unix_seconds, year_zero, year_9999_end - 86400) + std::int64_t{when.zone_minutes} * 60;
    const std::int64_t clamped = std::clamp(local, year_zero, year_9999_end);
    const std::chrono::sys_seconds moment{std::chrono::seconds(clamped)};
    const auto day = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date(day);
    const int second = static_cast<int>((moment - day).count());
    const int zone = std::abs(when.zone_minutes);
    out += '"';
    const int day_number = static_cast<int>(static_cast<unsigned>(date.day()));
    if (day_number < 10) out += ' ';
    append_padded(out, day_number, day_number < 10 ? 1 : 2);
    out += '-';
    out += months[static_cast<unsigned>(date.month()) - 1];
    out += '-';
    append_padded(out, static_cast<int>(date.year()), 4);
    out += ' ';
    append_padded(out, second / 3600, 2);
    out += ':';
    append_padded(out, second / 60 % 60, 2);
    out += ':';
    append_padded(out, second % 60, 2);
    out += when.zone_minutes < 0 ? " -" : " +";
    append_padded(out, zone / 60, 2);
    append_padded(out, zone % 60, 2);
    out += '"';
}

}  // namespace imap::wire
