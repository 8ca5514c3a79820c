#include "protocols/http/wire/ranges.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "protocols/base/text.h"
#include "protocols/http/wire/message.h"

namespace http::wire {

namespace {

constexpr std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();

// 1*DIGIT; what does not fit, is huge.
std::optional<std::uint64_t> parse_position(std::string_view text) {
    if (text.empty() || !std::ranges::all_of(text, base::is_digit)) return std::nullopt;
    return base::parse_number<std::uint64_t>(text).value_or(huge);
}

// As asked for. first-pos "-" [ last-pos ], or "-" suffix-length.
struct RangeSpec {
    std::optional<std::uint64_t> first;
    std::optional<std::uint64_t> last;  // without `first`: how many from the end
};

std::optional<RangeSpec> parse_spec(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const std::string_view before = text.substr(0, dash);
    const std::string_view after = text.substr(dash + 1);
    const RangeSpec spec{.first = parse_position(before), .last = parse_position(after)};
    const bool well_formed = (spec.first || before.empty()) && (spec.last || after.empty());
    if (!well_formed || (!spec.first && !spec.last)) return std::nullopt;
    if (spec.first && spec.last && *spec.last < *spec.first) return std::nullopt;
    return spec;
}

// nullopt: unsatisfiable (RFC 9110 §14.1.2). octets > 0.
std::optional<ByteRange> within(const RangeSpec& spec, std::uint64_t octets) {
    if (!spec.first) {
        if (*spec.last == 0) return std::nullopt;
        return ByteRange{.first = octets - std::min(*spec.last, octets), .last = octets - 1};
    }
    if (*spec.first >= octets) return std::nullopt;
    return ByteRange{.first = *spec.first, .last = std::min(spec.last.value_or(huge), octets - 1)};
}

// nullopt: invalid, or too many.
std::optional<std::vector<RangeSpec>> parse_specs(std::string_view value, std::size_t max_ranges) {
    constexpr std::string_view unit = "bytes=";
    if (!base::istarts_with(value, unit)) return std::nullopt;
    const std::vector<std::string_view> elements = list_elements(value.substr(unit.size()));
    if (elements.empty() || elements.size() > max_ranges) return std::nullopt;
    std::vector<RangeSpec> specs;
    for (const std::string_view element : elements) {
        const std::optional<RangeSpec> spec = parse_spec(element);
        if (!spec) return std::nullopt;
        specs.push_back(*spec);
    }
    return specs;
}

}  // namespace

ChosenRanges choose_ranges(std::string_view value, std::uint64_t octets, std::size_t max_ranges) {
    using Kind = ChosenRanges::Kind;
    const std::optional<std::vector<RangeSpec>> specs = parse_specs(value, max_ranges);
    if (!specs) return {.kind = Kind::whole};
    if (octets == 0) {
        // "the only satisfiable form of range-spec […] is a suffix-range with a non-zero suffix-length": all of
        // nothing.
        const auto is_suffix = [](const RangeSpec& spec) { return !spec.first && *spec.last > 0; };
        return {.kind = std::ranges::any_of(*specs, is_suffix) ? Kind::whole : Kind::unsatisfiable};
    }
    ChosenRanges chosen{.kind = Kind::some};
    std::uint64_t left = octets;
    for (const RangeSpec& spec : *specs) {
        const std::optional<ByteRange> range = within(spec, octets);
        if (!range) continue;
        if (range->octets() > left) return {.kind = Kind::whole};
        left -= range->octets();
        chosen.ranges.push_back(*range);
    }
    if (chosen.ranges.empty()) chosen.kind = Kind::unsatisfiable;
    return chosen;
}

std::string content_range(const ByteRange& range, std::uint64_t octets) {
    return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last) + "/" + std::to_string(octets);
}

std::string unsatisfied_content_range(std::uint64_t octets) { return "bytes */" + std::to_string(octets); }

std::string MultipartRanges::media_type() const { return "multipart/byteranges; boundary=" + boundary; }

std::string MultipartRanges::head(const ByteRange& range) const {
    return "\r\n--" + boundary + "\r\ncontent-type: " + content_type +
           "\r\ncontent-range: " + content_range(range, octets) + "\r\n\r\n";
}

std::string MultipartRanges::end() const { return "\r\n--" + boundary + "--\r\n"; }

std::uint64_t MultipartRanges::total(const std::vector<ByteRange>& ranges) const {
    std::uint64_t sum = end().size();
    for (const ByteRange& range : ranges) sum += head(range).size() + range.octets();
    return sum;
}

}  // namespace http::wire
