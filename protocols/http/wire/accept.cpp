#include "protocols/http/wire/accept.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "protocols/base/text.h"

namespace http::wire {

namespace {

// The weight among an element's parameters, which it is taken out of; nullopt: invalid.
std::optional<Weight> take_weight(std::vector<Parameter>& parameters) {
    const auto q = std::ranges::find(parameters, "q", &Parameter::name);
    if (q == parameters.end()) return full_weight;
    const std::optional<Weight> weight = parse_qvalue(q->value);
    parameters.erase(q);
    return weight;
}

// codings [ weight ]
struct WeightedCoding {
    std::string_view name;
    Weight weight = full_weight;
};

std::vector<WeightedCoding> read_codings(const Fields& fields) {
    std::vector<WeightedCoding> codings;
    for (const std::string_view element : list_elements(fields, "accept-encoding")) {
        const std::string_view name = element.substr(0, element.find(';'));
        std::optional<std::vector<Parameter>> parameters = parse_parameters(element.substr(name.size()));
        const std::optional<Weight> weight = parameters ? take_weight(*parameters) : std::nullopt;
        if (weight) codings.push_back({.name = base::trim(name), .weight = *weight});
    }
    return codings;
}

Weight weight_of(const std::vector<WeightedCoding>& codings, Coding coding) {
    const auto names = [&](const WeightedCoding& one) {
        // RFC 9110 §8.4.1.3: an old name.
        return base::iequals(one.name, name_of(coding)) ||
               (coding == Coding::gzip && base::iequals(one.name, "x-gzip"));
    };
    auto found = std::ranges::find_if(codings, names);
    if (found == codings.end()) found = std::ranges::find(codings, "*", &WeightedCoding::name);
    return found == codings.end() ? 0 : found->weight;
}

bool has_parameters(const MediaType& type, const std::vector<Parameter>& wanted) {
    return std::ranges::all_of(wanted, [&](const Parameter& parameter) {
        return base::iequals(type.parameter(parameter.name).value_or(""), parameter.value);
    });
}

// How exactly a media-range means the type: 0 is "*/*"; nullopt: it does not.
std::optional<std::size_t> precision(const MediaType& range, const MediaType& type) {
    if (!has_parameters(type, range.parameters)) return std::nullopt;
    if (range.type == "*" && range.subtype == "*") return 0;
    if (range.type != type.type) return std::nullopt;
    if (range.subtype == "*") return 1;
    return range.subtype == type.subtype ? std::optional(2 + range.parameters.size()) : std::nullopt;
}

}  // namespace

std::optional<Weight> parse_qvalue(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    Weight weight = text[0] == '1' ? full_weight : 0;
    Weight place = 100;
    for (const char digit : text.substr(std::min<std::size_t>(text.size(), 2))) {
        if (!base::is_digit(digit)) return std::nullopt;
        weight += static_cast<Weight>(digit - '0') * place;
        place /= 10;
    }
    return weight <= full_weight ? std::optional(weight) : std::nullopt;
}

std::string_view name_of(Coding coding) {
    switch (coding) {
        case Coding::gzip:
            return "gzip";
        case Coding::br:
            return "br";
        case Coding::zstd:
            return "zstd";
        case Coding::identity:
            break;
    }
    return "identity";
}

Coding choose_coding(const Fields& fields, std::span<const Coding> offered) {
    const std::vector<WeightedCoding> codings = read_codings(fields);
    Coding best = Coding::identity;
    // Acceptable even if it is not named (RFC 9110 §12.5.3), but any coding that is named is liked better.
    Weight best_weight = std::max<Weight>(weight_of(codings, Coding::identity), 1) - 1;
    for (const Coding coding : offered) {
        const Weight weight = weight_of(codings, coding);
        if (weight <= best_weight) continue;
        best = coding;
        best_weight = weight;
    }
    return best;
}

Weight accept_weight(const Fields& fields, const MediaType& type) {
    const std::vector<std::string_view> elements = list_elements(fields, "accept");
    if (elements.empty()) return full_weight;
    std::optional<std::size_t> best;
    Weight weight = 0;
    for (const std::string_view element : elements) {
        std::optional<MediaType> range = parse_media_type(element);
        const std::optional<Weight> given = range ? take_weight(range->parameters) : std::nullopt;
        const std::optional<std::size_t> how = given ? precision(*range, type) : std::nullopt;
        if (!how || (best && *how <= *best)) continue;
        best = how;
        weight = *given;
    }
    return weight;
}

}  // namespace http::wire
