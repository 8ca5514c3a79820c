#include "protocols/http/wire/http_date.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "protocols/base/expects.h"
#include "protocols/base/text.h"

namespace http::wire {

namespace {

using Days = std::array<std::string_view, 7>;
constexpr Days days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr Days long_days = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes the parts of a date off its front; once one is missing, ok() is false for good.
class DateReader {
  public:
    explicit DateReader(std::string_view text) : left_(text) {}
    bool ok() const { return ok_; }
    bool at_end() const { return ok_ && left_.empty(); }

    DateReader& text(std::string_view wanted) {
        ok_ = ok_ && left_.starts_with(wanted);
        if (ok_) left_.remove_prefix(wanted.size());
        return *this;
    }
    template <std::size_t n>
    DateReader& name(const std::array<std::string_view, n>& names, unsigned& index) {
        const auto* const found =
            std::ranges::find_if(names, [&](std::string_view one) { return left_.starts_with(one); });
        ok_ = ok_ && found != names.end();
        if (!ok_) return *this;
        index = static_cast<unsigned>(found - names.begin());
        return text(*found);
    }
    DateReader& day_name(const Days& names) {
        unsigned ignored = 0;
        return name(names, ignored);
    }
    DateReader& number(std::size_t digits, unsigned& number) {
        const auto read = base::parse_number<unsigned>(left_.substr(0, digits));
        ok_ = ok_ && left_.size() >= digits && read;
        if (!ok_) return *this;
        number = *read;
        left_.remove_prefix(digits);
        return *this;
    }
    // ( 2DIGIT / ( SP 1DIGIT ))
    DateReader& padded_day(unsigned& day) { return left_.starts_with(' ') ? text(" ").number(1, day) : number(2, day); }

  private:
    std::string_view left_;
    bool ok_ = true;
};

struct Moment {
    unsigned year = 0;
    unsigned month = 0;  // from zero
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
};

void read_time(DateReader& reader, Moment& moment) {
    reader.number(2, moment.hour).text(":").number(2, moment.minute).text(":").number(2, moment.second);
}

// IMF-fixdate = day-name "," SP date1 SP time-of-day SP GMT
std::optional<Moment> read_fixdate(std::string_view text) {
    Moment moment;
    DateReader reader(text);
    reader.day_name(days).text(", ").number(2, moment.day).text(" ").name(months, moment.month).text(" ");
    reader.number(4, moment.year).text(" ");
    read_time(reader, moment);
    return reader.text(" GMT").at_end() ? std::optional(moment) : std::nullopt;
}

// rfc850-date = day-name-l "," SP date2 SP time-of-day SP GMT
std::optional<Moment> read_rfc850(std::string_view text) {
    Moment moment;
    DateReader reader(text);
    reader.day_name(long_days).text(", ").number(2, moment.day).text("-").name(months, moment.month).text("-");
    reader.number(2, moment.year).text(" ");
    read_time(reader, moment);
    return reader.text(" GMT").at_end() ? std::optional(moment) : std::nullopt;
}

// asctime-date = day-name SP date3 SP time-of-day SP year
std::optional<Moment> read_asctime(std::string_view text) {
    Moment moment;
    DateReader reader(text);
    reader.day_name(days).text(" ").name(months, moment.month).text(" ").padded_day(moment.day).text(" ");
    read_time(reader, moment);
    return reader.text(" ").number(4, moment.year).at_end() ? std::optional(moment) : std::nullopt;
}

std::optional<std::int64_t> to_unix(const Moment& moment) {
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(moment.year)),
                                           std::chrono::month(moment.month + 1), std::chrono::day(moment.day)};
    if (!date.ok() || moment.hour > 23 || moment.minute > 59 || moment.second > 60) return std::nullopt;
    const std::int64_t day = std::chrono::sys_days(date).time_since_epoch().count();
    return day * 86'400 + std::int64_t{moment.hour} * 3'600 + std::int64_t{moment.minute} * 60 + moment.second;
}

std::chrono::sys_days day_of(std::int64_t at) {
    return std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(at)));
}

// "a timestamp that appears to be more than 50 years in the future" is in "the most recent year in the past that had
// the same last two digits".
std::optional<std::int64_t> with_century(Moment moment, std::int64_t now) {
    const std::chrono::year_month_day today(day_of(now));
    const auto this_year = static_cast<unsigned>(static_cast<int>(today.year()));
    moment.year += this_year / 100 * 100;
    if (moment.year > this_year + 50) moment.year -= 100;
    if (moment.year + 50 < this_year)
        moment.year += 100;  // 01 is the next century's where it is nearer than this one's
    return to_unix(moment);
}

void append_padded(std::string& out, unsigned number, std::size_t digits) {
    const std::string text = std::to_string(number);
    out.append(digits - std::min(digits, text.size()), '0').append(text);
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now) {
    if (const auto moment = read_fixdate(text)) return to_unix(*moment);
    if (const auto moment = read_rfc850(text)) return with_century(*moment, now);
    if (const auto moment = read_asctime(text)) return to_unix(*moment);
    return std::nullopt;
}

std::string format_http_date(std::int64_t at) {
    const std::chrono::sys_days day = day_of(at);
    const std::chrono::year_month_day date(day);
    const auto year = static_cast<int>(date.year());
    base::expects(year >= 0 && year <= 9999, "the year of an HTTP-date has four digits");
    const auto seconds = static_cast<unsigned>(at - std::int64_t{day.time_since_epoch().count()} * 86'400);
    std::string text(days[std::chrono::weekday(day).c_encoding()]);
    text += ", ";
    append_padded(text, static_cast<unsigned>(date.day()), 2);
    text.append(" ").append(months[static_cast<unsigned>(date.month()) - 1]).append(" ");
    append_padded(text, static_cast<unsigned>(year), 4);
    for (const auto& [separator, number] :
         {std::pair(' ', seconds / 3'600), {':', seconds / 60 % 60}, {':', seconds % 60}}) {
        text += separator;
        append_padded(text, number, 2);
    }
    return text + " GMT";
}

}  // namespace http::wire
