#include "protocols/mailauth/arc_chain.h"

#include <utility>

#include "protocols/base/text.h"
#include "protocols/mailauth/tag_list.h"

namespace mailauth {

namespace {

// What has been seen of one set.
struct PartialSet {
    std::optional<HeaderFields::Field> results;
    std::optional<std::pair<HeaderFields::Field, DkimSignature>> message;
    std::optional<std::pair<HeaderFields::Field, DkimSignature>> seal;
    ChainStatus status = ChainStatus::fail;
};
using PartialSets = std::vector<PartialSet>;  // by instance; the first is unused

// seal-cv-tag: "none", "fail" or "pass", in lower case.
std::optional<ChainStatus> parse_status(std::string_view seal) {
    const std::expected<TagList, std::string> tags = parse_tag_list(seal);
    const std::optional<std::string_view> value = tags ? tags->value("cv") : std::nullopt;
    if (value == "none") return ChainStatus::none;
    if (value == "pass") return ChainStatus::pass;
    if (value == "fail") return ChainStatus::fail;
    return std::nullopt;
}

std::string of_instance(std::uint64_t instance) { return " of set " + std::to_string(instance); }

// Each returns what is wrong; empty: nothing.
std::string place_results(PartialSets& sets, const HeaderFields::Field& field) {
    const std::optional<ArcAuthenticationResults> parsed = parse_arc_authentication_results(field.value);
    if (!parsed) return "an ARC-Authentication-Results without instance";
    std::optional<HeaderFields::Field>& place = sets[parsed->instance].results;
    if (place) return "a second ARC-Authentication-Results" + of_instance(parsed->instance);
    place = field;
    return {};
}

std::string place_message(PartialSets& sets, const HeaderFields::Field& field) {
    std::expected<DkimSignature, DkimFault> parsed = parse_dkim_signature(field.value, SignatureKind::arc_message);
    if (!parsed) return "an ARC-Message-Signature is malformed: " + parsed.error().reason;
    auto& place = sets[parsed->instance].message;
    if (place) return "a second ARC-Message-Signature" + of_instance(parsed->instance);
    place.emplace(field, std::move(*parsed));
    return {};
}

std::string place_seal(PartialSets& sets, const HeaderFields::Field& field) {
    std::expected<DkimSignature, DkimFault> parsed = parse_dkim_signature(field.value, SignatureKind::arc_seal);
    if (!parsed) return "an ARC-Seal is malformed: " + parsed.error().reason;
    const std::uint64_t instance = parsed->instance;
    PartialSet& set = sets[instance];
    if (set.seal) return "a second ARC-Seal" + of_instance(instance);
    const std::optional<ChainStatus> status = parse_status(field.value);
    if (!status) return "no known cv= in the ARC-Seal" + of_instance(instance);
    set.seal.emplace(field, std::move(*parsed));
    set.status = *status;
    return {};
}

std::string place_all(PartialSets& sets, const HeaderFields& fields) {
    using Place = std::string (*)(PartialSets&, const HeaderFields::Field&);
    constexpr std::pair<std::string_view, Place> places[] = {{"arc-authentication-results", place_results},
                                                             {"arc-message-signature", place_message},
                                                             {"arc-seal", place_seal}};
    for (const auto& [name, place] : places) {
        const std::vector<HeaderFields::Field>& named = fields.named(name);
        if (named.size() > max_arc_sets) return "more than " + std::to_string(max_arc_sets) + " sets";
        for (const HeaderFields::Field& field : named) {
            if (std::string wrong = place(sets, field); !wrong.empty()) return wrong;
        }
    }
    return {};
}

// What is wrong with the set at that place of the chain. RFC 8617 §5.2 step 3.
std::string check_set(const PartialSet& set, std::size_t instance) {
    if (!set.results) return "no ARC-Authentication-Results" + of_instance(instance);
    if (!set.message) return "no ARC-Message-Signature" + of_instance(instance);
    if (!set.seal) return "no ARC-Seal" + of_instance(instance);
    if (set.status == ChainStatus::fail) return "cv=fail in the ARC-Seal" + of_instance(instance);
    const ChainStatus expected = instance == 1 ? ChainStatus::none : ChainStatus::pass;
    if (set.status != expected) return "wrong cv= in the ARC-Seal" + of_instance(instance);
    return {};
}

bool has_anything(const PartialSet& set) { return set.results || set.message || set.seal; }

}  // namespace

// arc-info = instance [CFWS] ";" authres-payload, instance = [CFWS] "i" [CFWS] "=" [CFWS] 1*2DIGIT [CFWS]
std::optional<ArcAuthenticationResults> parse_arc_authentication_results(std::string_view value) {
    const std::size_t end = value.find(';');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view tag = value.substr(0, end);
    const std::size_t equals = tag.find('=');
    if (equals == std::string_view::npos || base::trim(tag.substr(0, equals)) != "i") return std::nullopt;
    const std::optional<std::uint64_t> instance = parse_arc_instance(base::trim(tag.substr(equals + 1)));
    if (!instance) return std::nullopt;
    return ArcAuthenticationResults{.instance = *instance, .payload = value.substr(end + 1)};
}

std::expected<std::vector<ArcFields>, std::string> collect_arc_sets(const HeaderFields& fields) {
    PartialSets sets(max_arc_sets + 1);
    if (std::string wrong = place_all(sets, fields); !wrong.empty()) return std::unexpected(std::move(wrong));
    std::size_t highest = max_arc_sets;
    while (highest > 0 && !has_anything(sets[highest])) --highest;
    std::vector<ArcFields> chain;
    for (std::size_t instance = 1; instance <= highest; ++instance) {
        PartialSet& set = sets[instance];
        if (std::string wrong = check_set(set, instance); !wrong.empty()) return std::unexpected(std::move(wrong));
        chain.push_back({.results = *set.results,
                         .message = set.message->first,
                         .seal = set.seal->first,
                         .message_signature = std::move(set.message->second),
                         .seal_signature = std::move(set.seal->second)});
    }
    return chain;
}

}  // namespace mailauth
