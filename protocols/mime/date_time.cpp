// The origination date. RFC 5322 §3.3, obsolete forms §4.3; calendar arithmetic.
// IMAP's own date forms are written in imap/wire.
#include "protocols/mime/date_time.h"

#include <array>
#include <cstddef>

#include "protocols/base/text.h"

namespace mime {
namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct NamedZone {
    std::string_view name;
    int minutes;
};
// RFC 5322 §4.3; the European names are not in it, but occur in mail. Military letters count as -0000.
constexpr NamedZone zones[] = {{"UT", 0},     {"GMT", 0},    {"UTC", 0},    {"EDT", -240}, {"EST", -300},
                               {"CDT", -300}, {"CST", -360}, {"MDT", -360}, {"MST", -420}, {"PDT", -420},
                               {"PST", -480}, {"CET", 60},   {"CEST", 120}, {"MET", 60},   {"MEST", 120},
                               {"BST", 60},   {"EET", 120},  {"EEST", 180}, {"MSK", 180},  {"JST", 540}};

// Days from 1970-01-01 to the civil date, by eras of 400 years that start in March.
std::int64_t days_from_civil(int year, int month, int day) {
    const std::int64_t y = month <= 2 ? year - 1 : year;
    const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
    const std::int64_t year_of_era = y - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

// Words and numbers of a Date value; comments, folds and commas are separators.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool at_digit() {
        skip();
        return at_ < text_.size() && base::is_digit(text_[at_]);
    }

    // Up to nine digits; nothing if there are none or more.
    std::optional<int> number() {
        if (!at_digit()) return std::nullopt;
        const std::size_t start = at_;
        while (at_ < text_.size() && base::is_digit(text_[at_])) ++at_;
        digits_ = at_ - start;
        if (digits_ > 9) return std::nullopt;
        return static_cast<int>(*base::parse_number<unsigned>(text_.substr(start, digits_)));
    }

    std::string_view word() {
        skip();
        const std::size_t start = at_;
        while (at_ < text_.size() && base::is_alpha(text_[at_])) ++at_;
        return text_.substr(start, at_ - start);
    }

    bool take(char c) {
        skip();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    [[nodiscard]] std::size_t digits() const { return digits_; }  // of the last number

  private:
    void skip() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '(') {
                skip_comment();
            } else if (base::is_space(c) || c == '\r' || c == '\n' || c == ',') {
                ++at_;
            } else {
                return;
            }
        }
    }

    void skip_comment() {
        std::size_t depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '\\' && at_ < text_.size()) ++at_;
            if (c == '(') ++depth;
            if (c == ')' && --depth == 0) return;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t digits_ = 0;
};

std::optional<int> month_by_name(std::string_view word) {
    if (word.size() < 3) return std::nullopt;
    for (std::size_t i = 0; i < months.size(); ++i) {
        if (base::iequals(word.substr(0, 3), months[i])) return static_cast<int>(i) + 1;
    }
    return std::nullopt;
}

// obs-year, RFC 5322 §4.3: 00–49 are of this century, other two- and three-digit years count from 1900.
int full_year(int year, std::size_t digits) {
    if (digits <= 2) return year < 50 ? year + 2000 : year + 1900;
    return digits == 3 ? year + 1900 : year;
}

// day month year, also with "-" between them ("21-Nov-97", RFC 850 style); or month day, with the year after the time
// (asctime style: year stays 0 until then).
bool read_date(Scanner& in, CivilTime& civil) {
    std::optional<int> day;
    if (!in.at_digit()) {
        const std::string_view first = in.word();
        std::optional<int> month = in.at_digit() ? month_by_name(first) : std::nullopt;
        if (!month) {
            in.take('.');
            if (!in.at_digit()) month = month_by_name(in.word());
        }
        if (month) {
            day = in.number();
            civil.month = *month;
            civil.day = day.value_or(0);
            civil.year = 0;
            return day.has_value();
        }
    }
    day = in.number();
    in.take('-');
    const std::optional<int> month = month_by_name(in.word());
    in.take('.');
    in.take('-');
    const std::optional<int> year = in.number();
    if (!day || !month || !year) return false;
    civil.day = *day;
    civil.month = *month;
    civil.year = full_year(*year, in.digits());
    return true;
}

bool read_time(Scanner& in, CivilTime& civil) {
    const std::optional<int> hour = in.number();
    if (!hour || (!in.take(':') && !in.take('.'))) return false;
    const std::optional<int> minute = in.number();
    if (!minute) return false;
    civil.hour = *hour;
    civil.minute = *minute;
    civil.second = 0;
    if (in.take(':') || in.take('.')) civil.second = in.number().value_or(99);
    if (in.take('.')) in.number();  // fractions, seen from some mailers
    return true;
}

// "+hhmm", also "hh:mm", or a name. Unknown and missing zones are UTC (RFC 5322 §4.3).
int read_zone(Scanner& in) {
    const bool minus = in.take('-');
    if (minus || in.take('+')) {
        const std::optional<int> number = in.number();
        if (!number) return 0;
        int hours = *number / 100;
        int minutes = *number % 100;
        if (in.digits() <= 2) {
            hours = *number;
            minutes = in.take(':') ? in.number().value_or(0) : 0;
        }
        if (hours > 23 || minutes > 59) return 0;
        return minus ? -(hours * 60 + minutes) : hours * 60 + minutes;
    }
    const std::string_view word = in.word();
    for (const NamedZone& zone : zones) {
        if (base::iequals(word, zone.name)) return zone.minutes;
    }
    return 0;
}

bool is_valid(const CivilTime& civil) {
    return civil.year >= 1900 && civil.year <= 9999 && civil.day >= 1 &&
           civil.day <= days_in_month(civil.year, civil.month) && civil.hour <= 23 && civil.minute <= 59 &&
           civil.second <= 60;
}

void append_padded(std::string& out, int value, std::size_t width) {
    const std::string digits = std::to_string(value);
    if (digits.size() < width) out.append(width - digits.size(), '0');
    out += digits;
}

}  // namespace

std::string_view month_name(int month_from_zero) { return months.at(static_cast<std::size_t>(month_from_zero)); }

std::string_view weekday_name(int weekday) { return weekdays.at(static_cast<std::size_t>(weekday)); }

int days_in_month(int year, int month) {
    constexpr std::array<int, 12> days = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) return 29;
    return days.at(static_cast<std::size_t>(month - 1));
}

CivilTime to_civil(DateTime moment) {
    const std::int64_t local = moment.unix_seconds + std::int64_t{moment.zone_minutes} * 60;
    std::int64_t days = local / 86400;
    std::int64_t seconds = local % 86400;
    if (seconds < 0) {
        seconds += 86400;
        --days;
    }
    const std::int64_t shifted = days + 719468;  // days since 0000-03-01
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const std::int64_t day_of_era = shifted - era * 146097;
    const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
    CivilTime civil;
    civil.day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    civil.month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    civil.year = static_cast<int>(year_of_era + era * 400 + (civil.month <= 2 ? 1 : 0));
    civil.hour = static_cast<int>(seconds / 3600);
    civil.minute = static_cast<int>(seconds / 60 % 60);
    civil.second = static_cast<int>(seconds % 60);
    civil.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);
    return civil;
}

DateTime from_civil(const CivilTime& civil, int zone_minutes) {
    const std::int64_t local = days_from_civil(civil.year, civil.month, civil.day) * 86400 +
                               std::int64_t{civil.hour} * 3600 + std::int64_t{civil.minute} * 60 + civil.second;
    return {.unix_seconds = local - std::int64_t{zone_minutes} * 60, .zone_minutes = zone_minutes};
}

std::optional<DateTime> parse_date_time(std::string_view value) {
    Scanner in(value);
    CivilTime civil;
    if (!read_date(in, civil) || !read_time(in, civil)) return std::nullopt;
    int zone = 0;
    if (civil.year == 0) {  // asctime: zone and year after the time, in either order
        if (!in.at_digit()) zone = read_zone(in);
        const std::optional<int> year = in.number();
        if (!year) return std::nullopt;
        civil.year = full_year(*year, in.digits());
    }
    if (zone == 0) zone = read_zone(in);
    if (!is_valid(civil)) return std::nullopt;
    return from_civil(civil, zone);
}

std::optional<DateTime> parse_day(std::string_view value) {
    Scanner in(value);
    CivilTime civil;
    if (!read_date(in, civil) || !is_valid(civil)) return std::nullopt;
    return from_civil(civil, 0);
}

std::string render_date_time(DateTime moment) {
    const CivilTime civil = to_civil(moment);
    std::string out(weekday_name(civil.weekday));
    out += ", ";
    out += std::to_string(civil.day);
    out += ' ';
    out += month_name(civil.month - 1);
    out += ' ';
    append_padded(out, civil.year, 4);
    out += ' ';
    append_padded(out, civil.hour, 2);
    out += ':';
    append_padded(out, civil.minute, 2);
    out += ':';
    append_padded(out, civil.second, 2);
    const int zone = moment.zone_minutes < 0 ? -moment.zone_minutes : moment.zone_minutes;
    out += moment.zone_minutes < 0 ? " -" : " +";
    append_padded(out, zone / 60, 2);
    append_padded(out, zone % 60, 2);
    return out;
}

}  // namespace mime
