#include "protocols/mailauth/dmarc_record.h"

#include <algorithm>
#include <utility>

#include "protocols/base/text.h"

namespace mailauth {
namespace {

// Names are compared in any case: RFC 9989 §4.8 has them as strings of ABNF. Values are printable ASCII.
struct DmarcTag {
    std::string_view name;
    std::string_view value;  // without white space around it
};

std::string_view trim_wsp(std::string_view text) {
    while (!text.empty() && base::is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && base::is_space(text.back())) text.remove_suffix(1);
    return text;
}

// dmarc-tag = 1*ALPHA equals 1*dmarc-value; a name or value that is neither is a syntax error, which is ignored.
std::optional<DmarcTag> parse_dmarc_tag(std::string_view text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const DmarcTag tag{trim_wsp(text.substr(0, equals)), trim_wsp(text.substr(equals + 1))};
    if (tag.name.empty() || !std::ranges::all_of(tag.name, base::is_alpha)) return std::nullopt;
    return tag;
}

std::optional<DmarcPolicy> parse_dmarc_policy(std::string_view value) {
    for (const DmarcPolicy policy : {DmarcPolicy::none, DmarcPolicy::quarantine, DmarcPolicy::reject}) {
        if (base::iequals(value, to_string(policy))) return policy;
    }
    return std::nullopt;
}

// URI = scheme ":" …, RFC 3986 §3.1, of printable ASCII; a mailto has an address. An obs-dmarc-report-size goes.
std::optional<std::string> parse_report_uri(std::string_view text) {
    text = trim_wsp(text);
    text = text.substr(0, text.find('!'));
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon + 1 == text.size() || !base::is_alpha(text.front()))
        return std::nullopt;
    const bool is_scheme = std::ranges::all_of(text.substr(0, colon), [](char c) {
        return base::is_alpha(c) || base::is_digit(c) || std::string_view("+-.").contains(c);
    });
    static constexpr std::string_view never = "\"<>\\^`{|}";
    const bool is_clean = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && !never.contains(c); });
    if (!is_scheme || !is_clean) return std::nullopt;
    if (base::istarts_with(text, "mailto:")) {
        const std::string_view address = text.substr(colon + 1, text.find('?') - colon - 1);
        const std::size_t at = address.rfind('@');
        if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return std::nullopt;
    }
    return std::string(text);
}

// dmarc-urilist; what is no URI is left out.
std::vector<std::string> parse_report_uris(std::string_view value) {
    std::vector<std::string> uris;
    while (!value.empty() && uris.size() < max_report_uris) {
        const std::size_t comma = std::min(value.size(), value.find(','));
        if (auto uri = parse_report_uri(value.substr(0, comma))) uris.push_back(std::move(*uri));
        value.remove_prefix(std::min(value.size(), comma + 1));
    }
    return uris;
}

// dmarc-fo: "0" or "1", "d", "s", each at most once, "0" and "1" not together.
bool are_failure_options(std::string_view value) {
    std::string seen;
    while (true) {
        const std::size_t colon = value.find(':');
        const std::string_view option = value.substr(0, colon);
        if (option.size() != 1 || !std::string_view("01dsDS").contains(option[0])) return false;
        const char letter = base::to_lower(option[0]);
        if (seen.contains(letter) || (letter == '0' && seen.contains('1')) || (letter == '1' && seen.contains('0'))) {
            return false;
        }
        seen += letter;
        if (colon == std::string_view::npos) return true;
        value.remove_prefix(colon + 1);
    }
}

class DmarcTags {
  public:
    explicit DmarcTags(std::string_view text) {
        while (!text.empty()) {
            const std::size_t end = std::min(text.size(), text.find(';'));
            if (const auto tag = parse_dmarc_tag(text.substr(0, end))) tags_.push_back(*tag);
            text.remove_prefix(std::min(text.size(), end + 1));
        }
    }

    // A tag that stands there twice has no valid value (RFC 6376 §3.2): "" then.
    [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const {
        std::optional<std::string_view> found;
        for (const DmarcTag& tag : tags_) {
            if (!base::iequals(tag.name, name)) continue;
            found = found ? std::string_view() : tag.value;
        }
        return found;
    }

    // Does the tag have that value?
    [[nodiscard]] bool is(std::string_view name, std::string_view wanted) const {
        const auto found = value(name);
        return found && base::iequals(*found, wanted);
    }

  private:
    std::vector<DmarcTag> tags_;
};

// dmarc-version = "v" equals %s"DMARC1": the first tag. What follows it.
std::optional<std::string_view> after_version(std::string_view text) {
    const std::size_t end = std::min(text.size(), text.find(';'));
    const auto tag = parse_dmarc_tag(text.substr(0, end));
    if (!tag || base::is_space(text.front()) || !base::iequals(tag->name, "v") || tag->value != "DMARC1") {
        return std::nullopt;
    }
    return text.substr(std::min(text.size(), end + 1));
}

}  // namespace

std::string_view to_string(DmarcPolicy policy) {
    switch (policy) {
        case DmarcPolicy::none:
            return "none";
        case DmarcPolicy::quarantine:
            return "quarantine";
        case DmarcPolicy::reject:
            break;
    }
    return "reject";
}

std::optional<DmarcRecord> parse_dmarc_record(std::string_view text) {
    const std::optional<std::string_view> rest = after_version(text);
    if (!rest) return std::nullopt;
    const DmarcTags tags(*rest);
    DmarcRecord record;
    const auto take_policy = [&](std::string_view name, std::optional<DmarcPolicy>& policy) {
        const auto value = tags.value(name);
        if (value) policy = parse_dmarc_policy(*value);
        if (value && !policy) record.has_faulty_policy = true;
    };
    take_policy("p", record.policy);
    take_policy("sp", record.subdomains);
    take_policy("np", record.non_existent);
    if (!record.policy) record.has_faulty_policy = true;
    record.strict_dkim = tags.is("adkim", "s");
    record.strict_spf = tags.is("aspf", "s");
    record.is_testing = tags.is("t", "y");
    if (tags.is("psd", "y")) record.psd = DmarcPsd::yes;
    if (tags.is("psd", "n")) record.psd = DmarcPsd::no;
    record.aggregate_reports = parse_report_uris(tags.value("rua").value_or(""));
    record.failure_reports = parse_report_uris(tags.value("ruf").value_or(""));
    if (const auto options = tags.value("fo"); options && are_failure_options(*options))
        record.failure_options = *options;
    return record;
}

}  // namespace mailauth
