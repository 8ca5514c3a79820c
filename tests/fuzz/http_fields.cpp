// Any value to everything that reads one field of a request: dates, entity tags, ranges, media types, what the client
// accepts, cookies, credentials, forms. What is read must be as good as promised, and read the same once written.
// RFC 9110 §5.6, §8, §12-§14, RFC 6265, RFC 7617.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/http/wire/accept.h"
#include "protocols/http/wire/authorization.h"
#include "protocols/http/wire/characters.h"
#include "protocols/http/wire/cookie.h"
#include "protocols/http/wire/http_date.h"
#include "protocols/http/wire/media_type.h"
#include "protocols/http/wire/percent.h"
#include "protocols/http/wire/preconditions.h"
#include "protocols/http/wire/ranges.h"

namespace {

using namespace http::wire;

constexpr std::int64_t now = 1'780'000'000;

void must(bool holds) {
    if (!holds) std::abort();
}

void check_date(std::string_view text) {
    const auto at = parse_http_date(text, now);
    must(!at || parse_http_date(format_http_date(*at), now) == at);
}

void check_tags(std::string_view text) {
    const auto tag = parse_entity_tag(text);
    const auto tags = parse_entity_tags(text);
    must(!tag || (tags && tags->size() == 1 && tags->front() == *tag));
    if (!tags) return;
    std::string again;
    for (const auto& [opaque, weak] : *tags) again += (weak ? ",W/\"" : ",\"") + opaque + "\"";
    must(parse_entity_tags(again) == tags);
}

// Within the representation, and together not more than it.
void check_ranges(std::string_view text, std::uint64_t octets) {
    constexpr std::size_t most = 5;
    const ChosenRanges chosen = choose_ranges(text, octets, most);
    must(chosen.ranges.size() <= most && chosen.ranges.empty() == (chosen.kind != ChosenRanges::Kind::some));
    std::uint64_t left = octets;
    for (const ByteRange& range : chosen.ranges) {
        must(range.first <= range.last && range.last < octets && range.octets() <= left);
        left -= range.octets();
    }
}

void check_media_type(std::string_view text) {
    const auto type = parse_media_type(text);
    if (!type) return;
    std::string again = type->type + "/" + type->subtype;
    for (const auto& [name, value] : type->parameters) {
        again += ";" + name + "=\"";
        for (const char c : value) again += std::string(c == '"' || c == '\\' ? "\\" : "") + c;
        again += "\"";
    }
    must(parse_media_type(again) == type);
}

void check_accepted(std::string_view text) {
    constexpr std::array offered = {Coding::br, Coding::gzip};
    const Fields fields = {{.name = "accept-encoding", .value = std::string(text)},
                           {.name = "accept", .value = std::string(text)}};
    const Coding coding = choose_coding(fields, offered);
    must(coding == Coding::identity || std::ranges::find(offered, coding) != offered.end());
    must(accept_weight(fields, {.type = "text", .subtype = "html"}) <= full_weight);
}

void check_conditions(std::string_view text) {
    const Representation present{.tag = EntityTag{"a", false}, .last_modified = now};
    for (const char* name : {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"}) {
        const Fields fields = {{.name = name, .value = std::string(text)}, {.name = "range", .value = "bytes=0-"}};
        (void)judge_preconditions("GET", fields, present, now);
        (void)wanted_range("GET", fields, present);
    }
}

void check_encoding(std::string_view text) {
    must(percent_decode(percent_encode(text)) == text);
    const auto decoded = percent_decode(text);
    must(!decoded || decoded->size() <= text.size());
    must(parse_form(text, 3).size() <= 3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_date(text);
    check_tags(text);
    for (const std::uint64_t octets : {std::uint64_t{0}, std::uint64_t{10}, UINT64_MAX}) check_ranges(text, octets);
    check_media_type(text);
    check_accepted(text);
    check_conditions(text);
    check_encoding(text);
    (void)cookie_value(text, "a");
    const auto credentials = parse_basic(text);
    must(!credentials || !credentials->user.contains(':'));
    return 0;
}
