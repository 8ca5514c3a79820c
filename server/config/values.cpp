// Values of the config as text, both ways.
#include "server/config/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "server/config/route_keys.h"

namespace server {

namespace {

using Assigned = std::expected<void, std::string>;

Assigned expected_was(std::string_view what) { return std::unexpected(fmt::format("{} was expected", what)); }

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr Unit size_units[] = {
    {"TiB", 1ull << 40},   {"GiB", 1u << 30}, {"MiB", 1u << 20}, {"KiB", 1u << 10}, {"TB", 1'000'000'000'000},
    {"GB", 1'000'000'000}, {"MB", 1'000'000}, {"kB", 1'000},     {"B", 1}};
constexpr Unit time_units[] = {{"w", 604'800}, {"d", 86'400}, {"h", 3'600}, {"m", 60}, {"s", 1}};

template <class Enum>
struct Word {
    std::string_view word;
    Enum value;
};
constexpr Word<services::Level> level_words[] = {{"debug", services::Level::debug},
                                                 {"info", services::Level::info},
                                                 {"warn", services::Level::warn},
                                                 {"error", services::Level::error}};
constexpr Word<LogFormat> format_words[] = {{"text", LogFormat::text}, {"json", LogFormat::json}};
constexpr Word<RouteTls> tls_words[] = {{"automatic", RouteTls::automatic},
                                        {"opportunistic", RouteTls::opportunistic},
                                        {"none", RouteTls::none},
                                        {"required", RouteTls::required},
                                        {"implicit", RouteTls::implicit}};

template <class Enum, std::size_t n>
Assigned assign_word(const Word<Enum> (&words)[n], std::string_view text, Enum& target) {
    std::string all;
    for (const auto& [word, value] : words) {
        if (text == word) {
            target = value;
            return {};
        }
        all += fmt::format("{}\"{}\"", all.empty() ? "" : ", ", word);
    }
    return expected_was("one of " + all);
}

template <class Enum, std::size_t n>
std::string word_of(const Word<Enum> (&words)[n], Enum wanted) {
    for (const auto& [word, value] : words) {
        if (value == wanted) return fmt::format("\"{}\"", word);
    }
    return "\"\"";
}

// The text of a value that is a string in TOML, or any text in the environment.
const std::string* text_of(const Raw& raw) {
    if (const auto* text = std::get_if<std::string>(&raw)) return text;
    if (const auto* untyped = std::get_if<Untyped>(&raw)) return &untyped->text;
    return nullptr;
}

// A list: TOML's array, or the environment's text split at commas; nullopt for anything else.
std::optional<std::vector<std::string>> list_of(const Raw& raw) {
    if (const auto* list = std::get_if<std::vector<std::string>>(&raw)) return *list;
    const auto* untyped = std::get_if<Untyped>(&raw);
    if (!untyped) return std::nullopt;
    std::vector<std::string> list;
    for (std::string_view rest = untyped->text; !base::trim(rest).empty();) {
        const std::size_t comma = rest.find(',');
        list.emplace_back(base::trim(rest.substr(0, comma)));
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    return list;
}

std::optional<std::uint64_t> number_of(const Raw& raw) {
    if (const auto* number = std::get_if<std::int64_t>(&raw)) {
        return *number < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(*number));
    }
    if (const auto* untyped = std::get_if<Untyped>(&raw)) return base::parse_number<std::uint64_t>(untyped->text);
    return std::nullopt;
}

bool is_within(std::uint64_t value, const Range& range) { return range.least <= value && value <= range.most; }

bool is_within(std::chrono::seconds value, const Range& range) {
    return is_within(static_cast<std::uint64_t>(value.count()), range);
}

// "from 1KiB to 2GiB", "of at least 30m"; empty if any value is within the range.
template <class Format>
std::string bounds(const Range& range, Format format) {
    if (range.most != Range{}.most) return fmt::format("from {} to {}", format(range.least), format(range.most));
    return range.least == 0 ? "" : fmt::format("of at least {}", format(range.least));
}

std::string bounds_of_sizes(const Range& range) {
    return bounds(range, [](std::uint64_t octets) { return format_size({octets}); });
}

std::string bounds_of_durations(const Range& range) {
    return bounds(range, [](std::uint64_t seconds) { return format_duration(std::chrono::seconds(seconds)); });
}

// "a size such as "50MiB", from 1KiB to 2GiB, was expected".
Assigned expected_within(std::string_view what, const std::string& bounds) {
    return bounds.empty() ? expected_was(what) : expected_was(fmt::format("{}, {},", what, bounds));
}

template <class T>
Assigned assign_number(const Raw& raw, const Range& range, T& target) {
    const Range possible{range.least, std::min<std::uint64_t>(range.most, std::numeric_limits<T>::max())};
    const auto number = number_of(raw);
    if (!number || !is_within(*number, possible)) {
        return expected_was(fmt::format("a number from {} to {}", possible.least, possible.most));
    }
    target = static_cast<T>(*number);
    return {};
}

// Parses every element by `parse`, which returns an optional or similar.
template <class T, class Parse>
Assigned assign_list(const Raw& raw, std::vector<T>& target, std::string_view what, Parse parse) {
    const auto list = list_of(raw);
    if (!list) return expected_was(fmt::format("a list of {}", what));
    std::vector<T> values;
    for (const std::string& text : *list) {
        auto value = parse(text);
        if (!value) return std::unexpected(fmt::format("\"{}\" is not one of {}", text, what));
        values.push_back(std::move(*value));
    }
    target = std::move(values);
    return {};
}

struct Assign {
    const Raw& raw;
    const Range& range;

    Assigned operator()(std::string* target) const {
        const std::string* text = text_of(raw);
        if (!text) return expected_was("a text");
        *target = *text;
        return {};
    }
    Assigned operator()(std::filesystem::path* target) const {
        const std::string* text = text_of(raw);
        if (!text) return expected_was("a path");
        *target = *text;
        return {};
    }
    Assigned operator()(bool* target) const {
        if (const auto* value = std::get_if<bool>(&raw)) {
            *target = *value;
            return {};
        }
        const auto* untyped = std::get_if<Untyped>(&raw);
        if (!untyped || (untyped->text != "true" && untyped->text != "false")) return expected_was("true or false");
        *target = untyped->text == "true";
        return {};
    }
    Assigned operator()(std::uint16_t* target) const { return assign_number(raw, range, *target); }
    Assigned operator()(std::uint32_t* target) const { return assign_number(raw, range, *target); }
    Assigned operator()(Octets* target) const {
        std::optional<Octets> size;
        if (const std::string* text = text_of(raw)) {
            size = parse_size(*text);
        } else if (const auto number = number_of(raw)) {
            size = Octets{*number};
        }
        if (!size || !is_within(size->value, range)) {
            return expected_within("a size such as \"50MiB\"", bounds_of_sizes(range));
        }
        *target = *size;
        return {};
    }
    Assigned operator()(std::chrono::seconds* target) const {
        const std::string* text = text_of(raw);
        const auto duration = text ? parse_duration(*text) : std::nullopt;
        if (!duration || !is_within(*duration, range)) {
            return expected_within("a duration such as \"5m\"", bounds_of_durations(range));
        }
        *target = *duration;
        return {};
    }
    Assigned operator()(std::vector<std::string>* target) const {
        return assign_list(raw, *target, "texts", [](const std::string& text) { return std::optional(text); });
    }
    Assigned operator()(Endpoints* target) const {
        return assign_list(raw, *target, "addresses with port (\"127.0.0.1:25\", \"[::1]:25\")", parse_endpoint);
    }
    Assigned operator()(std::vector<auth::Network>* target) const {
        return assign_list(raw, *target, "networks (\"127.0.0.1\", \"10.0.0.0/8\")", auth::Network::parse);
    }
    Assigned operator()(std::vector<std::chrono::seconds>* target) const {
        const std::string limits = bounds_of_durations(range);
        const std::string what = fmt::format("durations (\"5m\"){}{}", limits.empty() ? "" : " ", limits);
        return assign_list(raw, *target, what, [&](const std::string& text) {
            const auto duration = parse_duration(text);
            return duration && is_within(*duration, range) ? duration : std::nullopt;
        });
    }
    Assigned operator()(std::vector<Route>* target) const {
        const auto list = list_of(raw);
        if (!list) return expected_was("[[queue.route]] tables");
        std::vector<Route> routes;
        for (const std::string& text : *list) {
            auto route = parse_route(text);
            if (!route) return std::unexpected(std::move(route.error()));
            routes.push_back(std::move(*route));
        }
        *target = std::move(routes);
        return {};
    }
    Assigned operator()(RouteTls* target) const { return assign_text(tls_words, *target); }
    Assigned operator()(services::Level* target) const { return assign_text(level_words, *target); }
    Assigned operator()(LogFormat* target) const { return assign_text(format_words, *target); }

    template <class Enum, std::size_t n>
    Assigned assign_text(const Word<Enum> (&words)[n], Enum& target) const {
        const std::string* text = text_of(raw);
        return assign_word(words, text ? *text : std::string(), target);
    }
};

std::string toml_text(std::string_view text) {
    std::string toml = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') toml += '\\';
        if (static_cast<unsigned char>(c) < 0x20) {
            toml += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            toml += c;
        }
    }
    return toml + "\"";
}

template <class T, class Format>
std::string list_to_toml(const std::vector<T>& list, Format format) {
    std::string toml;
    for (const T& value : list) toml += fmt::format("{}{}", toml.empty() ? "" : ", ", toml_text(format(value)));
    return "[" + toml + "]";
}

struct ToToml {
    std::string operator()(const std::string* value) const { return toml_text(*value); }
    std::string operator()(const std::filesystem::path* value) const { return toml_text(value->native()); }
    std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
    std::string operator()(const std::uint16_t* value) const { return fmt::format("{}", *value); }
    std::string operator()(const std::uint32_t* value) const { return fmt::format("{}", *value); }
    std::string operator()(const Octets* value) const { return toml_text(format_size(*value)); }
    std::string operator()(const std::chrono::seconds* value) const { return toml_text(format_duration(*value)); }
    std::string operator()(const std::vector<std::string>* value) const {
        return list_to_toml(*value, [](const std::string& text) { return text; });
    }
    std::string operator()(const Endpoints* value) const { return list_to_toml(*value, format_endpoint); }
    std::string operator()(const std::vector<auth::Network>* value) const {
        return list_to_toml(*value, [](const auth::Network& network) { return network.text(); });
    }
    std::string operator()(const std::vector<std::chrono::seconds>* value) const {
        return list_to_toml(*value, format_duration);
    }
    std::string operator()(const std::vector<Route>* value) const {
        std::string toml;
        for (Route route : *value) {
            toml += toml.empty() ? "[[queue.route]]\n" : "\n[[queue.route]]\n";
            for (const RouteKey& key : route_keys()) {
                const std::string shown = to_toml(key.field(route));
                if (key.name == "password") {
                    if (!route.username.empty()) toml += "#password = \"\"  # not shown here\n";
                } else if (shown != "\"\"" && shown != "0") {
                    toml += fmt::format("{} = {}\n", key.name, shown);
                }
            }
        }
        return toml.empty() ? "[]" : toml;
    }
    std::string operator()(const RouteTls* value) const { return word_of(tls_words, *value); }
    std::string operator()(const services::Level* value) const { return word_of(level_words, *value); }
    std::string operator()(const LogFormat* value) const { return word_of(format_words, *value); }
};

// Removes the digits at the front; nullopt if there are none or they overflow.
std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::size_t digits = 0;
    while (digits < text.size() && base::is_digit(text[digits])) ++digits;
    const auto number = base::parse_number<std::uint64_t>(text.substr(0, digits));
    text.remove_prefix(digits);
    return number;
}

}  // namespace

std::expected<void, std::string> assign(const Field& field, const Raw& raw, const Range& range) {
    return std::visit(Assign{raw, range}, field);
}

std::string describe_range(const Field& field, const Range& range) {
    if (range.least <= 1 && range.most == Range{}.most) return {};
    std::string text;
    if (std::holds_alternative<Octets*>(field)) {
        text = bounds_of_sizes(range);
    } else if (std::holds_alternative<std::chrono::seconds*>(field)) {
        text = bounds_of_durations(range);
    } else {
        text = bounds(range, [](std::uint64_t number) { return number; });
    }
    return range.most == Range{}.most ? "At" + text.substr(text.find(" least")) : "F" + text.substr(1);
}

std::string to_toml(const Field& field) { return std::visit(ToToml{}, field); }

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    constexpr std::uint64_t most = 100ull * 365 * 86'400;
    if (text.empty()) return std::nullopt;
    if (text == "0") return std::chrono::seconds(0);
    std::uint64_t seconds = 0;
    while (!text.empty()) {
        const auto number = take_number(text);
        if (!number || *number > most || text.empty()) return std::nullopt;
        const char letter = text.front();
        text.remove_prefix(1);
        const Unit* found = nullptr;
        for (const Unit& unit : time_units) {
            if (unit.name.front() == letter) found = &unit;
        }
        if (!found) return std::nullopt;
        seconds += *number * found->factor;
        if (seconds > most) return std::nullopt;
    }
    return std::chrono::seconds(seconds);
}

std::string format_duration(std::chrono::seconds duration) {
    auto rest = static_cast<std::uint64_t>(duration.count());
    if (rest == 0) return "0s";
    std::string text;
    for (const Unit& unit : time_units) {
        if (unit.name == "w") continue;  // "14d" is easier to read than "2w"
        if (rest >= unit.factor) text += fmt::format("{}{}", rest / unit.factor, unit.name);
        rest %= unit.factor;
    }
    return text;
}

std::optional<Octets> parse_size(std::string_view text) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const std::string_view name = base::trim(text);
    if (name.empty()) return Octets{*number};
    for (const Unit& unit : size_units) {
        if (!base::iequals(unit.name, name)) continue;
        if (*number > std::numeric_limits<std::int64_t>::max() / unit.factor) return std::nullopt;
        return Octets{*number * unit.factor};
    }
    return std::nullopt;
}

std::string format_size(Octets size) {
    for (const Unit& unit : size_units) {
        if (unit.name.size() == 3 && size.value >= unit.factor && size.value % unit.factor == 0) {
            return fmt::format("{}{}", size.value / unit.factor, unit.name);
        }
    }
    return fmt::format("{}B", size.value);
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = base::parse_number<std::uint16_t>(text.substr(colon + 1));
    std::string_view host = text.substr(0, colon);
    if (!port || host.empty()) return std::nullopt;
    const bool bracketed = host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host == "*") host = "0.0.0.0";
    if (!auth::parse_address(host) || bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
    return Endpoint{std::string(host), *port};
}

std::string format_endpoint(const Endpoint& endpoint) {
    const bool v6 = endpoint.address.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", endpoint.address, v6 ? "]" : "", endpoint.port);
}

bool is_dns_server(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at != std::string_view::npos) {
        const auto port = base::parse_number<std::uint16_t>(text.substr(at + 1));
        if (!port || *port == 0) return false;
    }
    return auth::parse_address(text.substr(0, at)).has_value();
}

std::string_view word_of(RouteTls tls) {
    const auto* row = std::ranges::find(tls_words, tls, &Word<RouteTls>::value);
    return row == std::end(tls_words) ? "" : row->word;
}

std::expected<Route, std::string> parse_route(std::string_view text) {
    Route route;
    bool first = true;
    while (!(text = base::trim(text)).empty()) {
        const std::size_t space = text.find(' ');
        const std::string_view word = text.substr(0, space);
        text = space == std::string_view::npos ? std::string_view() : text.substr(space);
        const std::size_t equals = word.find('=');
        const std::string_view name = word.substr(0, equals);
        std::string_view value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
        if (first) {
            const std::size_t colon = value.rfind(':');
            if (const auto port = colon == std::string_view::npos
                                      ? std::nullopt
                                      : base::parse_number<std::uint16_t>(value.substr(colon + 1))) {
                route.port = *port;
                value = value.substr(0, colon);
            }
            if (value.size() > 2 && value.front() == '[') value = value.substr(1, value.size() - 2);
            route.domain = name;
            route.host = value;
            first = false;
        } else {
            const auto key = std::ranges::find(route_keys(), name, &RouteKey::name);
            if (key == route_keys().end()) return std::unexpected(fmt::format("\"{}\" is no key of a route", name));
            if (const auto done = assign(key->field(route), Untyped{std::string(value)}); !done) {
                return std::unexpected(fmt::format("{}: {}", name, done.error()));
            }
        }
    }
    if (route.domain.empty() || route.host.empty()) return std::unexpected("a route is \"domain=host:port\"");
    return route;
}

}  // namespace server
