// The account's quotas: of octets and of messages, if the administrator has set them. RFC 9425. A state has their
// figures in it, so that what has changed since is known from any of them.
#include "web/jmap/quota.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/casemap.h"
#include "storage/accounts.h"
#include "web/jmap/wire/get.h"
#include "web/jmap/wire/query.h"

namespace jmap {
namespace {

// One that is set or not.
struct QuotaFigures {
    std::uint64_t used = 0;
    std::optional<std::uint64_t> limit;
    friend bool operator==(const QuotaFigures&, const QuotaFigures&) = default;
};
struct Quotas {
    QuotaFigures octets;
    QuotaFigures count;
};
struct QuotaKind {
    std::string_view id;  // and its resourceType
    std::string_view name;
    QuotaFigures Quotas::* figures;
};
constexpr QuotaKind quota_kinds[] = {{"octets", "Storage", &Quotas::octets}, {"count", "Messages", &Quotas::count}};

constexpr std::string_view quota_properties[] = {"id",   "resourceType", "used",      "hardLimit", "scope",
                                                 "name", "types",        "warnLimit", "softLimit", "description"};

Json quota_object(const QuotaKind& kind, const QuotaFigures& figures) {
    return {{"id", kind.id},        {"resourceType", kind.id},
            {"used", figures.used}, {"hardLimit", figures.limit.value_or(0)},
            {"scope", "account"},   {"name", kind.name},
            {"types", {"Email"}},   {"warnLimit", nullptr},
            {"softLimit", nullptr}, {"description", nullptr}};
}

// "123-1000" for each, nothing for one that is not set, and "_" between them.
std::string quota_state(const Quotas& quotas) {
    std::string text;
    for (const QuotaKind& kind : quota_kinds) {
        const QuotaFigures& figures = quotas.*kind.figures;
        if (&kind != quota_kinds) text += '_';
        if (figures.limit) text += std::to_string(figures.used) + "-" + std::to_string(*figures.limit);
    }
    return text;
}

std::optional<Quotas> parse_quota_state(std::string_view text) {
    const std::size_t middle = text.find('_');
    if (middle == std::string_view::npos) return std::nullopt;
    Quotas quotas;
    std::string_view parts[] = {text.substr(0, middle), text.substr(middle + 1)};
    for (std::size_t i = 0; i < std::size(parts); ++i) {
        if (parts[i].empty()) continue;
        const std::size_t hyphen = parts[i].find('-');
        if (hyphen == std::string_view::npos) return std::nullopt;
        const auto used = base::parse_number<std::uint64_t>(parts[i].substr(0, hyphen));
        const auto limit = base::parse_number<std::uint64_t>(parts[i].substr(hyphen + 1));
        if (!used || !limit) return std::nullopt;
        quotas.*quota_kinds[i].figures = {.used = *used, .limit = limit};
    }
    return quotas;
}

asio::awaitable<Quotas> read_quotas(Call& call, const CallAccount& account) {
    storage::Query<storage::Account> query = storage::get_account(account.id);
    const storage::Account found = co_await call.read(std::move(query));
    Quotas quotas;
    if (found.quota_octets) quotas.octets = {.used = found.used_octets, .limit = found.quota_octets};
    if (found.quota_messages) quotas.count = {.used = found.messages, .limit = found.quota_messages};
    co_return quotas;
}

// A FilterCondition; what is not given is nullopt.
struct QuotaCondition {
    std::optional<std::string> name;  // folded
    std::optional<std::string> scope;
    std::optional<std::string> resource_type;
    std::optional<std::string> type;
};

QuotaCondition read_quota_condition(const Json& json) {
    for (const auto& [name, value] : json.items()) {
        constexpr std::string_view known[] = {"name", "scope", "resourceType", "type"};
        if (std::ranges::find(known, name) == std::end(known)) {
            throw MethodError("unsupportedFilter", "no filtering by " + name);
        }
    }
    Arguments arguments(json);
    QuotaCondition condition;
    if (json.contains("name")) condition.name = mime::folded(arguments.string("name"));
    if (json.contains("scope")) condition.scope = arguments.string("scope");
    if (json.contains("resourceType")) condition.resource_type = arguments.string("resourceType");
    if (json.contains("type")) condition.type = arguments.string("type");
    return condition;
}

bool fits_condition(const QuotaKind& kind, const QuotaCondition& condition) {
    if (condition.name && !mime::folded(kind.name).contains(*condition.name)) return false;
    if (condition.scope && *condition.scope != "account") return false;
    if (condition.resource_type && *condition.resource_type != kind.id) return false;
    return !condition.type || *condition.type == "Email";
}

struct QuotaQuery {
    std::optional<Filter<QuotaCondition>> filter;
    std::vector<Comparator> sort;
};

QuotaQuery read_quota_query(Call& call) {
    QuotaQuery query;
    if (const Json* filter = call.arguments.object_or_null("filter")) {
        FilterLimits limits;
        const std::function<QuotaCondition(const Json&)> read = read_quota_condition;
        query.filter = read_filter<QuotaCondition>(*filter, read, limits);
    }
    query.sort =
        read_sort(call.arguments, [](const std::string& property) { return property == "name" || property == "used"; });
    return query;
}

bool comes_before(const Quotas& quotas, const QuotaQuery& query, const QuotaKind* a, const QuotaKind* b) {
    for (const Comparator& comparator : query.sort) {
        const std::uint64_t used_a = (quotas.*a->figures).used;
        const std::uint64_t used_b = (quotas.*b->figures).used;
        const int difference =
            comparator.property == "used" ? (used_a > used_b) - (used_a < used_b) : a->name.compare(b->name);
        if (difference != 0) return comparator.ascending ? difference < 0 : difference > 0;
    }
    return a < b;
}

std::vector<std::string> quota_results(const Quotas& quotas, const QuotaQuery& query) {
    std::vector<const QuotaKind*> found;
    for (const QuotaKind& kind : quota_kinds) {
        if (!(quotas.*kind.figures).limit) continue;
        const auto is_so = [&](const QuotaCondition& condition) { return fits_condition(kind, condition); };
        if (!query.filter || matches(*query.filter, is_so)) found.push_back(&kind);
    }
    std::ranges::sort(found, [&](const auto* a, const auto* b) { return comes_before(quotas, query, a, b); });
    std::vector<std::string> ids;
    for (const QuotaKind* kind : found) ids.emplace_back(kind->id);
    return ids;
}

const QuotaKind* find_kind(std::string_view id) {
    const auto* found = std::ranges::find(quota_kinds, id, &QuotaKind::id);
    return found == std::end(quota_kinds) ? nullptr : found;
}

}  // namespace

asio::awaitable<Json> quota_get(Call& call) {
    const CallAccount account = call.account();
    const GetArguments get = read_get(call.arguments, call.context.limits.objects_in_get, [](std::string_view name) {
        return std::ranges::find(quota_properties, name) != std::end(quota_properties);
    });
    call.arguments.end();
    const Quotas quotas = co_await read_quotas(call, account);
    Json found = Json::array();
    std::vector<std::string> not_found;
    for (const std::string& id : get.ids.value_or(quota_results(quotas, {}))) {
        const QuotaKind* kind = find_kind(id);
        if (kind == nullptr || !(quotas.*kind->figures).limit) {
            not_found.push_back(id);
        } else {
            found.push_back(with_properties(quota_object(*kind, quotas.*kind->figures), get));
        }
    }
    co_return get_response(account.id_text, quota_state(quotas), std::move(found), std::move(not_found));
}

asio::awaitable<Json> quota_changes(Call& call) {
    const CallAccount account = call.account();
    const std::string since = call.arguments.string("sinceState");
    const std::optional<std::uint64_t> most = call.arguments.unsigned_or_null("maxChanges");
    call.arguments.end();
    if (most == 0) throw invalid_arguments("maxChanges is 0");
    const std::optional<Quotas> before = parse_quota_state(since);
    if (!before) throw MethodError("cannotCalculateChanges", "the state is none of ours");
    const Quotas now = co_await read_quotas(call, account);
    Quotas reached = *before;  // as far as it is told
    Json created = Json::array();
    Json updated = Json::array();
    Json destroyed = Json::array();
    bool only_used = true;
    std::uint64_t left = most.value_or(std::size(quota_kinds));
    for (const QuotaKind& kind : quota_kinds) {
        const QuotaFigures& old_figures = (*before).*kind.figures;
        const QuotaFigures& new_figures = now.*kind.figures;
        if (old_figures == new_figures || left == 0) continue;
        --left;
        reached.*kind.figures = new_figures;
        only_used = only_used && old_figures.limit == new_figures.limit;
        Json& list = !old_figures.limit ? created : !new_figures.limit ? destroyed : updated;
        list.push_back(kind.id);
    }
    const bool only_updated = only_used && !updated.empty();
    co_return Json{{"accountId", account.id_text},
                   {"oldState", since},
                   {"newState", quota_state(reached)},
                   {"hasMoreChanges", quota_state(reached) != quota_state(now)},
                   {"created", std::move(created)},
                   {"updated", std::move(updated)},
                   {"destroyed", std::move(destroyed)},
                   {"updatedProperties", only_updated ? Json::array({"used"}) : Json(nullptr)}};
}

asio::awaitable<Json> quota_query(Call& call) {
    const CallAccount account = call.account();
    const QuotaQuery query = read_quota_query(call);
    const Window window = read_window(call.arguments, call.context.limits.objects_in_query);
    call.arguments.end();
    const Quotas quotas = co_await read_quotas(call, account);
    co_return query_response(account.id_text, quota_state(quotas), window, quota_results(quotas, query));
}

asio::awaitable<Json> quota_query_changes(Call& call) {
    const CallAccount account = call.account();
    const QuotaQuery query = read_quota_query(call);
    const QueryChangesArguments changes = read_query_changes(call.arguments);
    call.arguments.end();
    const std::optional<Quotas> before = parse_quota_state(changes.since);
    if (!before) throw MethodError("cannotCalculateChanges", "the state is none of ours");
    const Quotas now = co_await read_quotas(call, account);
    std::set<std::string> changed;
    for (const QuotaKind& kind : quota_kinds) {
        if ((*before).*kind.figures != now.*kind.figures) changed.emplace(kind.id);
    }
    co_return query_changes_response(account.id_text, changes, quota_state(now), quota_results(now, query), changed);
}

}  // namespace jmap
