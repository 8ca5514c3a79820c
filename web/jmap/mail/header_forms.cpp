// Forms are found by one table; which fields they are for is another.
#include "web/jmap/mail/header_forms.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "protocols/base/text.h"
#include "protocols/mime/address.h"
#include "protocols/mime/charset.h"
#include "protocols/mime/date_time.h"
#include "protocols/mime/encoded_word.h"
#include "protocols/mime/envelope.h"
#include "protocols/mime/header.h"
#include "protocols/mime/lexical.h"
#include "protocols/mime/normal_form.h"

namespace jmap {
namespace {

constexpr std::pair<std::string_view, HeaderForm> forms[] = {
    {"Raw", HeaderForm::raw},
    {"Text", HeaderForm::text},
    {"Addresses", HeaderForm::addresses},
    {"GroupedAddresses", HeaderForm::grouped_addresses},
    {"MessageIds", HeaderForm::message_ids},
    {"Date", HeaderForm::date},
    {"URLs", HeaderForm::urls},
};

// The fields of RFC 5322 and RFC 2369, each with the one form besides raw that it may have; raw: none.
constexpr std::pair<std::string_view, HeaderForm> defined_fields[] = {
    {"subject", HeaderForm::text},
    {"comments", HeaderForm::text},
    {"keywords", HeaderForm::text},
    {"from", HeaderForm::addresses},
    {"sender", HeaderForm::addresses},
    {"reply-to", HeaderForm::addresses},
    {"to", HeaderForm::addresses},
    {"cc", HeaderForm::addresses},
    {"bcc", HeaderForm::addresses},
    {"resent-from", HeaderForm::addresses},
    {"resent-sender", HeaderForm::addresses},
    {"resent-reply-to", HeaderForm::addresses},
    {"resent-to", HeaderForm::addresses},
    {"resent-cc", HeaderForm::addresses},
    {"resent-bcc", HeaderForm::addresses},
    {"message-id", HeaderForm::message_ids},
    {"in-reply-to", HeaderForm::message_ids},
    {"references", HeaderForm::message_ids},
    {"resent-message-id", HeaderForm::message_ids},
    {"date", HeaderForm::date},
    {"resent-date", HeaderForm::date},
    {"list-help", HeaderForm::urls},
    {"list-unsubscribe", HeaderForm::urls},
    {"list-subscribe", HeaderForm::urls},
    {"list-post", HeaderForm::urls},
    {"list-owner", HeaderForm::urls},
    {"list-archive", HeaderForm::urls},
    {"return-path", HeaderForm::raw},
    {"received", HeaderForm::raw},
};

constexpr std::pair<std::string_view, std::pair<std::string_view, HeaderForm>> conveniences[] = {
    {"messageId", {"Message-ID", HeaderForm::message_ids}},
    {"inReplyTo", {"In-Reply-To", HeaderForm::message_ids}},
    {"references", {"References", HeaderForm::message_ids}},
    {"sender", {"Sender", HeaderForm::addresses}},
    {"from", {"From", HeaderForm::addresses}},
    {"to", {"To", HeaderForm::addresses}},
    {"cc", {"Cc", HeaderForm::addresses}},
    {"bcc", {"Bcc", HeaderForm::addresses}},
    {"replyTo", {"Reply-To", HeaderForm::addresses}},
    {"subject", {"Subject", HeaderForm::text}},
    {"sentAt", {"Date", HeaderForm::date}},
};

constexpr std::size_t most_addresses = 10'000;

bool may_have(std::string_view field, HeaderForm form) {
    if (form == HeaderForm::raw) return true;
    const std::string name = base::lower(field);
    const auto* defined = std::ranges::find(defined_fields, name, [](const auto& one) { return one.first; });
    if (defined == std::end(defined_fields)) return true;
    const bool grouped = form == HeaderForm::grouped_addresses;
    return defined->second == (grouped ? HeaderForm::addresses : form);
}

// Takes "suffix" off the end.
bool take_suffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

// UTF-8 without NUL; what is not UTF-8 becomes U+FFFD (§4.1.2.1).
std::string clean(std::string_view octets) {
    std::string text = mime::to_utf8(octets, "utf-8");
    std::erase(text, '\0');
    return text;
}

// §4.1.2.2. Control characters that were encoded have become spaces.
std::string decoded(std::string_view value, std::string_view charset) {
    return mime::normal_form_c(mime::decode_encoded_words(value, charset));
}

std::string text_form(std::string_view value, std::string_view charset) {
    std::string text = decoded(mime::unfold(value), charset);
    return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

Json address_of(const mime::Address& address, std::string_view charset) {
    const std::string name = decoded(address.name, charset);
    const std::string_view trimmed = base::trim(name);
    return {{"name", trimmed.empty() ? Json() : Json(trimmed)}, {"email", clean(mime::render_addr_spec(address))}};
}

std::vector<mime::Address> addresses_in(std::string_view value, std::string_view charset) {
    return mime::parse_addresses(mime::field_to_utf8(value, charset), most_addresses);
}

Json addresses_form(std::string_view value, std::string_view charset) {
    Json list = Json::array();
    for (const mime::Address& address : addresses_in(value, charset)) {
        if (address.kind == mime::Address::Kind::mailbox) list.push_back(address_of(address, charset));
    }
    return list;
}

Json grouped_form(std::string_view value, std::string_view charset) {
    Json groups = Json::array();
    bool open = false;  // the last group takes more
    const auto begin = [&](Json name) {
        groups.push_back({{"name", std::move(name)}, {"addresses", Json::array()}});
        open = true;
    };
    for (const mime::Address& address : addresses_in(value, charset)) {
        switch (address.kind) {
            case mime::Address::Kind::group_start:
                begin(decoded(address.name, charset));
                break;
            case mime::Address::Kind::group_end:
                open = false;
                break;
            case mime::Address::Kind::mailbox:
                if (!open) begin(Json());
                groups.back()["addresses"].push_back(address_of(address, charset));
                break;
        }
    }
    return groups;
}

Json message_ids_form(std::string_view value) {
    Json ids = Json::array();
    const std::string line = clean(mime::unfold(value));
    std::string_view rest = line;
    while (const std::optional<std::string_view> id = mime::take_message_id(rest)) {
        std::string text(*id);
        std::erase_if(text, [](char c) { return mime::is_blank(c); });
        ids.push_back(text.substr(1, text.size() - 2));
    }
    return ids.empty() ? Json() : ids;
}

Json date_form(std::string_view value) {
    const std::optional<mime::DateTime> date = mime::parse_date_time(value);
    if (!date) return {};
    return date_text(date->unix_seconds, date->zone_minutes);
}

// RFC 2369 §2: what is in angle brackets, apart from comments.
Json urls_form(std::string_view value) {
    Json urls = Json::array();
    const std::string line = clean(mime::unfold(value));
    for (std::size_t at = 0; at < line.size();) {
        if (line[at] == '(') {
            at = std::min(mime::comment_end(line, at), line.size());
        } else if (line[at] != '<') {
            ++at;
        } else {
            const std::size_t end = line.find('>', at);
            if (end == std::string::npos) break;
            std::string url = line.substr(at + 1, end - at - 1);
            std::erase_if(url, [](char c) { return mime::is_blank(c); });
            if (!url.empty()) urls.push_back(std::move(url));
            at = end + 1;
        }
    }
    return urls.empty() ? Json() : urls;
}

}  // namespace

std::optional<HeaderProperty> parse_header_property(std::string_view property) {
    constexpr std::string_view prefix = "header:";
    if (!property.starts_with(prefix)) return std::nullopt;
    property.remove_prefix(prefix.size());
    HeaderProperty parsed;
    parsed.all = take_suffix(property, ":all");
    if (const std::size_t colon = property.find(':'); colon != std::string_view::npos) {
        const std::string_view form = property.substr(colon + 1);
        if (!form.starts_with("as")) return std::nullopt;
        const auto* known = std::ranges::find(forms, form.substr(2), [](const auto& one) { return one.first; });
        if (known == std::end(forms)) return std::nullopt;
        parsed.form = known->second;
        property = property.substr(0, colon);
    }
    const bool printable = std::ranges::all_of(property, [](char c) { return c >= 33 && c <= 126; });
    if (property.empty() || !printable || !may_have(property, parsed.form)) return std::nullopt;
    parsed.field = std::string(property);
    return parsed;
}

std::optional<HeaderProperty> convenience_property(std::string_view property) {
    const auto* found = std::ranges::find(conveniences, property, [](const auto& one) { return one.first; });
    if (found == std::end(conveniences)) return std::nullopt;
    return HeaderProperty{.field = std::string(found->second.first), .form = found->second.second, .all = false};
}

Json header_form(std::string_view value, HeaderForm form, std::string_view charset) {
    switch (form) {
        case HeaderForm::raw:
            return clean(value);
        case HeaderForm::text:
            return text_form(value, charset);
        case HeaderForm::addresses:
            return addresses_form(value, charset);
        case HeaderForm::grouped_addresses:
            return grouped_form(value, charset);
        case HeaderForm::message_ids:
            return message_ids_form(value);
        case HeaderForm::date:
            return date_form(value);
        case HeaderForm::urls:
            return urls_form(value);
    }
    return {};
}

Json header_property(std::string_view section, const HeaderProperty& property, std::string_view charset) {
    Json values = Json::array();
    std::optional<std::string_view> last;
    mime::HeaderReader reader(section);
    while (const std::optional<mime::HeaderField> field = reader.next()) {
        if (!base::iequals(field->name, property.field)) continue;
        if (property.all) {
            values.push_back(header_form(field->value, property.form, charset));
        } else {
            last = field->value;
        }
    }
    if (property.all) return values;
    return last ? header_form(*last, property.form, charset) : Json();
}

Json all_headers(std::string_view section) {
    Json headers = Json::array();
    mime::HeaderReader reader(section);
    while (const std::optional<mime::HeaderField> field = reader.next()) {
        headers.push_back({{"name", clean(field->name)}, {"value", clean(field->value)}});
    }
    return headers;
}

std::string date_text(std::int64_t unix_seconds, int zone_minutes) {
    const mime::CivilTime civil = mime::to_civil({.unix_seconds = unix_seconds, .zone_minutes = zone_minutes});
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d", civil.year, civil.month,
                                   civil.day, civil.hour, civil.minute, civil.second);
    std::string date(text.data(), static_cast<std::size_t>(size));
    if (zone_minutes == 0) return date + "Z";
    const int zone = zone_minutes < 0 ? -zone_minutes : zone_minutes;
    const int zone_size =
        std::snprintf(text.data(), text.size(), "%c%02d:%02d", zone_minutes < 0 ? '-' : '+', zone / 60, zone % 60);
    return date + std::string(text.data(), static_cast<std::size_t>(zone_size));
}

}  // namespace jmap
