#include "protocols/sts/policy.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocols/base/text.h"

namespace sts {
namespace {

constexpr std::string_view version = "STSv1";
constexpr std::uint32_t own_max_age = 7 * 24 * 60 * 60;  // a mistake is forgotten after a week
constexpr std::uint32_t withdrawn_max_age = 24 * 60 * 60;

bool is_alphanumeric(char c) { return base::is_digit(c) || base::is_alpha(c); }

std::string_view trim(std::string_view text) {
    while (!text.empty() && base::is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && base::is_space(text.back())) text.remove_suffix(1);
    return text;
}

// sts-ext-name = (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".")
bool is_field_name(std::string_view name) {
    const auto fits = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; };
    return !name.empty() && name.size() <= 32 && is_alphanumeric(name.front()) && std::ranges::all_of(name, fits);
}

// sts-id = %s"id" *WSP "=" *WSP 1*32(ALPHA / DIGIT)
bool is_id(std::string_view value) {
    return !value.empty() && value.size() <= 32 && std::ranges::all_of(value, is_alphanumeric);
}

// The id of a record: its fields are separated by ";", the version comes first, one id is needed.
std::optional<std::string> parse_record(std::string_view text) {
    std::optional<std::string> id;
    bool first = true;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(';'), text.size());
        const std::string_view field = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t equals = std::min(field.find('='), field.size());
        const std::string_view name = trim(field.substr(0, equals));
        const std::string_view value = trim(field.substr(std::min(equals + 1, field.size())));
        if (first && (name != "v" || value != version)) return std::nullopt;
        first = false;
        if (name.empty() && text.empty()) break;  // behind the last semicolon
        if (!is_field_name(name)) return std::nullopt;
        if (name != "id" || id) continue;
        if (!is_id(value)) return std::nullopt;
        id = value;
    }
    return id;
}

bool is_label(std::string_view label) {
    const auto fits = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
    return !label.empty() && label.size() <= 63 && std::ranges::all_of(label, fits);
}

// sts-policy-mx-value = ["*."] Domain
bool is_pattern(std::string_view pattern) {
    if (pattern.starts_with("*.")) pattern.remove_prefix(2);
    if (pattern.empty() || pattern.size() > 253) return false;
    while (!pattern.empty()) {
        const std::size_t end = std::min(pattern.find('.'), pattern.size());
        if (!is_label(pattern.substr(0, end))) return false;
        if (end + 1 == pattern.size()) return false;  // a final dot
        pattern.remove_prefix(std::min(end + 1, pattern.size()));
    }
    return true;
}

// 1*10(DIGIT); more than the longest is the longest.
std::optional<std::uint32_t> max_age_of(std::string_view digits) {
    std::uint64_t seconds = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (digits.size() > 10 || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(seconds, longest_max_age));
}

// What has been read of a policy. Of repeated fields the first counts, but for mx.
struct Reading {
    bool take(std::string_view name, std::string_view value) {
        if (name == "version") {
            if (!version_seen && value != version) return false;
            version_seen = true;
        } else if (name == "mode") {
            if (!mode) mode = parse_mode(value);
            return mode.has_value();
        } else if (name == "max_age") {
            if (!max_age) max_age = max_age_of(value);
            return max_age.has_value();
        } else if (name == "mx") {
            if (!is_pattern(value) || mx.size() >= most_mx) return false;
            mx.push_back(base::lower(value));
        }
        return true;
    }
    bool is_whole() const { return version_seen && mode && max_age && (*mode == Mode::none || !mx.empty()); }

    bool version_seen = false;
    std::optional<Mode> mode;
    std::optional<std::uint32_t> max_age;
    std::vector<std::string> mx;
};

}  // namespace

std::optional<std::string> find_record(const std::vector<std::string>& texts) {
    std::optional<std::string> id;
    std::size_t records = 0;
    for (const std::string& text : texts) {
        // Others do not count, whatever they are.
        if (!text.starts_with("v=STSv1;") && !text.starts_with("v=STSv1 ") && text != "v=STSv1") continue;
        ++records;
        id = parse_record(text);
    }
    return records == 1 ? id : std::nullopt;
}

std::optional<Policy> parse_policy(std::string_view text) {
    if (text.size() > most_policy_octets) return std::nullopt;
    Reading reading;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        line = trim(line);
        if (line.empty() && text.empty()) break;
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !is_field_name(line.substr(0, colon))) return std::nullopt;
        if (!reading.take(line.substr(0, colon), trim(line.substr(colon + 1)))) return std::nullopt;
    }
    if (!reading.is_whole()) return std::nullopt;
    return Policy{.mode = *reading.mode, .mx = std::move(reading.mx), .max_age = *reading.max_age};
}

bool names_host(const Policy& policy, std::string_view host) {
    return std::ranges::any_of(policy.mx, [&](std::string_view pattern) {
        if (!pattern.starts_with("*.")) return pattern == host;
        const std::size_t dot = host.find('.');
        return dot != std::string_view::npos && dot > 0 && host.substr(dot) == pattern.substr(1);
    });
}

std::string_view word_of(Mode mode) {
    return mode == Mode::none ? "none" : mode == Mode::testing ? "testing" : "enforce";
}

std::optional<Mode> parse_mode(std::string_view word) {
    for (const Mode mode : {Mode::none, Mode::testing, Mode::enforce}) {
        if (word == word_of(mode)) return mode;
    }
    return std::nullopt;
}

Policy own_policy(std::string_view host, Mode mode) {
    if (mode == Mode::none) return {.mode = mode, .mx = {}, .max_age = withdrawn_max_age};
    return {.mode = mode, .mx = {base::lower(host)}, .max_age = own_max_age};
}

std::string render_policy(const Policy& policy) {
    std::string text = "version: STSv1\r\nmode: " + std::string(word_of(policy.mode)) + "\r\n";
    for (const std::string& mx : policy.mx) text += "mx: " + mx + "\r\n";
    return text + "max_age: " + std::to_string(policy.max_age) + "\r\n";
}

// FNV-1a: nobody gains by making two policies with one id.
std::string policy_id(const Policy& policy) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : render_policy(policy)) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
    std::array<char, 16> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16).ptr;
    return {digits.data(), end};
}

}  // namespace sts
