// Foo/query and Foo/queryChanges: RFC 8620 §5.5, §5.6. Pure: what conditions and comparators mean is an object's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "web/jmap/wire/arguments.h"

namespace jmap {

struct FilterLimits {
    std::size_t conditions = 200;
    std::size_t depth = 20;
};

// A FilterOperator as it is written. nullopt: it is a FilterCondition. Throws invalidArguments.
enum class FilterOperator : std::uint8_t { all_of, any_of, none_of };
struct WrittenOperator {
    FilterOperator kind{};
    const Json* conditions = nullptr;
};
std::optional<WrittenOperator> operator_of(const Json& filter);
// Throws unsupportedFilter if nothing is left; else takes one off.
void take_condition(FilterLimits& left);

// A FilterOperator, or a FilterCondition as the object's own type reads it.
template <class Condition>
struct Filter {
    std::optional<FilterOperator> kind;  // nullopt: a condition
    Condition condition{};
    std::vector<Filter> conditions;  // of an operator
};

// Reads a filter; `read_condition` reads a FilterCondition object. Throws unsupportedFilter if it is too large, and
// invalidArguments.
template <class Condition>
Filter<Condition> read_filter(const Json& filter, const std::function<Condition(const Json&)>& read_condition,
                              FilterLimits& left) {
    take_condition(left);
    const std::optional<WrittenOperator> written = operator_of(filter);
    if (!written) return {.kind = {}, .condition = read_condition(filter), .conditions = {}};
    Filter<Condition> read{.kind = written->kind, .condition = {}, .conditions = {}};
    --left.depth;
    for (const Json& each : *written->conditions) {
        read.conditions.push_back(read_filter<Condition>(each, read_condition, left));
    }
    ++left.depth;
    return read;
}

// Whether what fulfils the conditions for which `fulfils` is true matches.
template <class Condition, class Fulfils>
bool matches(const Filter<Condition>& filter, const Fulfils& fulfils) {
    if (!filter.kind) return fulfils(filter.condition);
    const bool decisive = *filter.kind != FilterOperator::all_of;  // one that is so settles it
    for (const Filter<Condition>& each : filter.conditions) {
        if (matches(each, fulfils) == decisive) return *filter.kind == FilterOperator::any_of;
    }
    return *filter.kind != FilterOperator::any_of;
}

struct Comparator {
    std::string property;
    bool ascending = true;
    std::string collation;       // empty: the default, i;unicode-casemap
    Json rest = Json::object();  // properties of the type's own
};
// "sort". Throws invalidArguments, and unsupportedSort for a property that `is_sortable` does not know, or a collation
// that the session object does not name.
std::vector<Comparator> read_sort(Arguments& arguments, const std::function<bool(const std::string&)>& is_sortable);
// The collations of the session object (RFC 4790).
inline constexpr const char* collations[] = {"i;ascii-casemap", "i;unicode-casemap"};

// Which part of the results is asked for.
struct Window {
    std::int64_t position = 0;
    std::optional<std::string> anchor;
    std::int64_t anchor_offset = 0;
    std::optional<std::uint64_t> limit;
    bool limited = false;  // the limit is ours
    bool calculate_total = false;
};
// `most`: of ids in one response.
Window read_window(Arguments& arguments, std::size_t most);

// The index of the first result, among `total`. `index_of`: of an id among the results. Throws anchorNotFound.
std::size_t first_of(const Window& window, std::size_t total,
                     const std::function<std::optional<std::size_t>(const std::string&)>& index_of);

// The response to a query of which all results are known, in order.
Json query_response(const std::string& account_id, const std::string& state, const Window& window,
                    const std::vector<std::string>& results);

struct QueryChangesArguments {
    std::string since;
    std::optional<std::uint64_t> most;
    std::optional<std::string> up_to;
    bool calculate_total = false;
};
QueryChangesArguments read_query_changes(Arguments& arguments);

// The response, where all results as they are now are known, and the records that may have been in them or may have
// moved: whatever has changed since, or is gone. Throws tooManyChanges.
Json query_changes_response(const std::string& account_id, const QueryChangesArguments& arguments,
                            const std::string& state, const std::vector<std::string>& results,
                            const std::set<std::string>& changed);

}  // namespace jmap
