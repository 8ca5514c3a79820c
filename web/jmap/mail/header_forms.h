// Header fields as JMAP shows them: RFC 8621 §4.1.2 (the parsed forms), §4.1.3 (properties "header:Name:asForm:all").
// Pure: from a header section's octets.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "web/jmap/wire/i_json.h"

namespace jmap {

enum class HeaderForm : std::uint8_t { raw, text, addresses, grouped_addresses, message_ids, date, urls };

// A property for a header field.
struct HeaderProperty {
    std::string field;  // its name
    HeaderForm form = HeaderForm::raw;
    bool all = false;  // an array of all of that name, not the last one
};

// nullopt: it is no such property, or its form is forbidden for that field.
std::optional<HeaderProperty> parse_header_property(std::string_view property);

// "messageId", "inReplyTo" … "sentAt", which stand for such properties (§4.1.3); nullopt: it is none of them.
std::optional<HeaderProperty> convenience_property(std::string_view property);

// The value of one field; `charset`: the message's own, of raw octets above 127.
Json header_form(std::string_view value, HeaderForm form, std::string_view charset);

// The property's value in this header section.
Json header_property(std::string_view section, const HeaderProperty& property, std::string_view charset);

// "headers": all fields, in raw form.
Json all_headers(std::string_view section);

// A moment as a Date (RFC 8620 §1.4) in the zone in which it was written.
std::string date_text(std::int64_t unix_seconds, int zone_minutes);

}  // namespace jmap
