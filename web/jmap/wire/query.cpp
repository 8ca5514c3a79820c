// What all queries have in common. RFC 8620 §5.5, §5.6.
#include "web/jmap/wire/query.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "web/jmap/wire/method_error.h"

namespace jmap {

std::optional<WrittenOperator> operator_of(const Json& filter) {
    if (!filter.is_object()) throw invalid_arguments("a filter is an object");
    const auto name = filter.find("operator");
    if (name == filter.end()) return std::nullopt;
    const auto conditions = filter.find("conditions");
    if (conditions == filter.end() || !conditions->is_array() || filter.size() != 2) {
        throw invalid_arguments("a FilterOperator has an operator and an array of conditions");
    }
    if (*name == "AND") return WrittenOperator{.kind = FilterOperator::all_of, .conditions = &*conditions};
    if (*name == "OR") return WrittenOperator{.kind = FilterOperator::any_of, .conditions = &*conditions};
    if (*name == "NOT") return WrittenOperator{.kind = FilterOperator::none_of, .conditions = &*conditions};
    throw invalid_arguments("an operator is AND, OR or NOT");
}

void take_condition(FilterLimits& left) {
    if (left.conditions == 0 || left.depth == 0) throw MethodError("unsupportedFilter", "the filter is too large");
    --left.conditions;
}

namespace {

Comparator comparator_of(const Json& value, const std::function<bool(const std::string&)>& is_sortable) {
    if (!value.is_object()) throw invalid_arguments("a Comparator is an object");
    Comparator comparator{.rest = value};
    const auto property = value.find("property");
    if (property == value.end() || !property->is_string()) throw invalid_arguments("a Comparator names a property");
    comparator.property = property->get<std::string>();
    if (const auto ascending = value.find("isAscending"); ascending != value.end()) {
        if (!ascending->is_boolean()) throw invalid_arguments("isAscending is a Boolean");
        comparator.ascending = ascending->get<bool>();
    }
    if (!is_sortable(comparator.property)) throw MethodError("unsupportedSort", "no sorting by " + comparator.property);
    if (const auto collation = value.find("collation"); collation != value.end() && !collation->is_null()) {
        if (!collation->is_string()) throw invalid_arguments("a collation is a string");
        comparator.collation = collation->get<std::string>();
        if (std::ranges::find(collations, comparator.collation) == std::end(collations))
            throw MethodError("unsupportedSort", "a collation that is not known");
    }
    for (const char* common : {"property", "isAscending", "collation"}) comparator.rest.erase(common);
    return comparator;
}

}  // namespace

std::vector<Comparator> read_sort(Arguments& arguments, const std::function<bool(const std::string&)>& is_sortable) {
    constexpr std::size_t most = 20;
    std::vector<Comparator> sort;
    const Json* list = arguments.array_or_null("sort");
    if (list == nullptr) return sort;
    if (list->size() > most) throw MethodError("unsupportedSort", "too many Comparators");
    for (const Json& each : *list) sort.push_back(comparator_of(each, is_sortable));
    return sort;
}

Window read_window(Arguments& arguments, std::size_t most) {
    Window window{.position = arguments.integer("position", 0),
                  .anchor = arguments.id_or_null("anchor"),
                  .anchor_offset = arguments.integer("anchorOffset", 0),
                  .limit = arguments.unsigned_or_null("limit"),
                  .limited = false,
                  .calculate_total = arguments.boolean("calculateTotal", false)};
    window.limited = !window.limit || *window.limit > most;
    if (window.limited) window.limit = most;
    return window;
}

std::size_t first_of(const Window& window, std::size_t total,
                     const std::function<std::optional<std::size_t>(const std::string&)>& index_of) {
    std::int64_t first = window.position;
    if (window.anchor) {
        const std::optional<std::size_t> anchor = index_of(*window.anchor);
        if (!anchor) throw MethodError("anchorNotFound");
        first = static_cast<std::int64_t>(*anchor) + window.anchor_offset;
    } else if (first < 0) {
        first += static_cast<std::int64_t>(total);
    }
    return static_cast<std::size_t>(std::max<std::int64_t>(first, 0));
}

Json query_response(const std::string& account_id, const std::string& state, const Window& window,
                    const std::vector<std::string>& results) {
    const auto index_of = [&](const std::string& id) -> std::optional<std::size_t> {
        const auto found = std::ranges::find(results, id);
        if (found == results.end()) return std::nullopt;
        return static_cast<std::size_t>(found - results.begin());
    };
    const std::size_t first = first_of(window, results.size(), index_of);
    const std::size_t from = std::min(first, results.size());
    const std::size_t count = std::min<std::size_t>(window.limit.value_or(results.size()), results.size() - from);
    Json response = {{"accountId", account_id},
                     {"queryState", state},
                     {"canCalculateChanges", true},
                     {"position", first},
                     {"ids", Json::array()}};
    for (std::size_t i = from; i < from + count; ++i) response["ids"].push_back(results[i]);
    if (window.calculate_total) response["total"] = results.size();
    if (window.limited) response["limit"] = *window.limit;
    return response;
}

QueryChangesArguments read_query_changes(Arguments& arguments) {
    return {.since = arguments.string("sinceQueryState"),
            .most = arguments.unsigned_or_null("maxChanges"),
            .up_to = arguments.id_or_null("upToId"),
            .calculate_total = arguments.boolean("calculateTotal", false)};
}

Json query_changes_response(const std::string& account_id, const QueryChangesArguments& arguments,
                            const std::string& state, const std::vector<std::string>& results,
                            const std::set<std::string>& changed) {
    Json added = Json::array();
    for (std::size_t index = 0; index < results.size(); ++index) {
        if (changed.contains(results[index])) added.push_back({{"id", results[index]}, {"index", index}});
    }
    if (arguments.most && changed.size() + added.size() > *arguments.most) throw MethodError("tooManyChanges");
    Json response = {{"accountId", account_id},
                     {"oldQueryState", arguments.since},
                     {"newQueryState", state},
                     {"removed", changed},
                     {"added", std::move(added)}};
    if (arguments.calculate_total) response["total"] = results.size();
    return response;
}

}  // namespace jmap
