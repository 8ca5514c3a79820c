// Mailbox/query and Mailbox/queryChanges. RFC 8621 §2.3, §2.4.
#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/casemap.h"
#include "web/jmap/mailbox.h"
#include "web/jmap/mailbox_list.h"
#include "web/jmap/wire/query.h"

namespace jmap {
namespace {

// A FilterCondition; what is not given is nullopt.
struct MailboxCondition {
    std::optional<std::optional<std::string>> parent_id;
    std::optional<std::string> name;  // folded
    std::optional<std::string> role;  // empty: null
    std::optional<bool> has_any_role;
    std::optional<bool> subscribed;
};

struct MailboxQuery {
    std::optional<Filter<MailboxCondition>> filter;
    std::vector<Comparator> sort;
    bool sort_as_tree = false;
    bool filter_as_tree = false;
};

MailboxCondition read_condition(const Json& json, const CreationIds& created) {
    for (const auto& [name, value] : json.items()) {
        constexpr std::string_view known[] = {"parentId", "name", "role", "hasAnyRole", "isSubscribed"};
        if (std::ranges::find(known, name) == std::end(known)) {
            throw MethodError("unsupportedFilter", "no filtering by " + name);
        }
    }
    Arguments arguments(json);
    MailboxCondition condition;
    if (json.contains("parentId")) {
        std::optional<std::string> id = arguments.string_or_null("parentId");
        condition.parent_id = id ? created.resolve(*id) : id;
        if (id && !*condition.parent_id) condition.parent_id = "";  // of nothing: no mailbox has that parent
    }
    if (json.contains("name")) condition.name = mime::folded(arguments.string("name"));
    if (json.contains("role")) condition.role = arguments.string_or_null("role").value_or("");
    if (json.contains("hasAnyRole")) condition.has_any_role = arguments.boolean("hasAnyRole", false);
    if (json.contains("isSubscribed")) condition.subscribed = arguments.boolean("isSubscribed", false);
    return condition;
}

bool fulfils(const MailboxList& list, const storage::Mailbox& mailbox, const MailboxCondition& condition) {
    if (condition.parent_id) {
        const storage::Mailbox* parent = list.parent_of(mailbox);
        const std::optional<std::string> id =
            parent != nullptr ? std::optional(storage::mailbox_id_text(parent->id)) : std::nullopt;
        if (id != *condition.parent_id) return false;
    }
    if (condition.name && !mime::folded(MailboxList::name_of(mailbox)).contains(*condition.name)) return false;
    if (condition.role && role_of(mailbox) != *condition.role) return false;
    if (condition.has_any_role && role_of(mailbox).empty() == *condition.has_any_role) return false;
    return !condition.subscribed || mailbox.subscribed == *condition.subscribed;
}

MailboxQuery read_query(Call& call) {
    MailboxQuery query;
    if (const Json* filter = call.arguments.object_or_null("filter")) {
        FilterLimits limits;
        const std::function<MailboxCondition(const Json&)> read = [&](const Json& condition) {
            return read_condition(condition, call.creation_ids);
        };
        query.filter = read_filter<MailboxCondition>(*filter, read, limits);
    }
    query.sort = read_sort(call.arguments,
                           [](const std::string& property) { return property == "name" || property == "sortOrder"; });
    query.sort_as_tree = call.arguments.boolean("sortAsTree", false);
    query.filter_as_tree = call.arguments.boolean("filterAsTree", false);
    return query;
}

// Mailboxes in the order of a query's comparators; of equal ones that which the store lists first.
class Order {
  public:
    Order(const MailboxList& list, const MailboxQuery& query) : list_(list), query_(query) {}

    bool operator()(const storage::Mailbox* a, const storage::Mailbox* b) const {
        return query_.sort_as_tree ? compare_in_tree(a, b) < 0 : compare(a, b) < 0;
    }

  private:
    int compare(const storage::Mailbox* a, const storage::Mailbox* b) const {
        for (const Comparator& comparator : query_.sort) {
            const int difference = comparator.property == "sortOrder"
                                       ? (a->sort_order > b->sort_order) - (a->sort_order < b->sort_order)
                                       : compare_names(comparator, a, b);
            if (difference != 0) return comparator.ascending ? difference : -difference;
        }
        return (a > b) - (a < b);
    }
    static int compare_names(const Comparator& comparator, const storage::Mailbox* a, const storage::Mailbox* b) {
        const auto key = [&](const storage::Mailbox* mailbox) {
            const std::string name = MailboxList::name_of(*mailbox);
            return comparator.collation == "i;ascii-casemap" ? base::lower(name) : mime::folded(name);
        };
        return key(a).compare(key(b));
    }
    // From the top level down to the mailbox itself.
    std::vector<const storage::Mailbox*> path_of(const storage::Mailbox* mailbox) const {
        std::vector<const storage::Mailbox*> path;
        for (; mailbox != nullptr; mailbox = list_.parent_of(*mailbox)) path.push_back(mailbox);
        std::ranges::reverse(path);
        return path;
    }
    int compare_in_tree(const storage::Mailbox* a, const storage::Mailbox* b) const {
        const auto of_a = path_of(a);
        const auto of_b = path_of(b);
        const auto [at_a, at_b] = std::ranges::mismatch(of_a, of_b);
        if (at_a == of_a.end() || at_b == of_b.end()) return (at_a != of_a.end()) - (at_b != of_b.end());
        return compare(*at_a, *at_b);
    }

    const MailboxList& list_;
    const MailboxQuery& query_;
};

std::vector<std::string> results_of(const MailboxList& list, const MailboxQuery& query) {
    std::set<const storage::Mailbox*> matching;
    for (const storage::Mailbox& mailbox : list.mailboxes()) {
        const auto is_so = [&](const MailboxCondition& condition) { return fulfils(list, mailbox, condition); };
        if (!query.filter || matches(*query.filter, is_so)) matching.insert(&mailbox);
    }
    std::vector<const storage::Mailbox*> results;
    for (const storage::Mailbox* mailbox : matching) {
        const storage::Mailbox* above = query.filter_as_tree ? list.parent_of(*mailbox) : nullptr;
        while (above != nullptr && matching.contains(above)) above = list.parent_of(*above);
        if (above == nullptr) results.push_back(mailbox);
    }
    std::ranges::sort(results, Order(list, query));
    std::vector<std::string> ids;
    for (const storage::Mailbox* mailbox : results) ids.push_back(storage::mailbox_id_text(mailbox->id));
    return ids;
}

// The mailboxes that may be in the results since then or no longer, or at another place; as a tree, with all below.
std::set<std::string> changed_since(const MailboxList& list, const MailboxQuery& query, std::uint64_t since) {
    std::set<std::string> changed;
    const bool as_tree = query.sort_as_tree || query.filter_as_tree;
    for (const storage::Mailbox& mailbox : list.mailboxes()) {
        const storage::Mailbox* at = &mailbox;
        while (at != nullptr && at->changed_modseq.value <= since) at = as_tree ? list.parent_of(*at) : nullptr;
        if (at != nullptr) changed.insert(storage::mailbox_id_text(mailbox.id));
    }
    for (const storage::RemovedMailbox& mailbox : list.removed().mailboxes) {
        if (mailbox.removed_modseq.value > since && mailbox.created_modseq.value <= since) {
            changed.insert(storage::mailbox_id_text(mailbox.id));
        }
    }
    return changed;
}

}  // namespace

asio::awaitable<Json> mailbox_query(Call& call) {
    const CallAccount account = call.account();
    const MailboxQuery query = read_query(call);
    const Window window = read_window(call.arguments, call.context.limits.objects_in_query);
    call.arguments.end();
    const MailboxList list = co_await read_mailboxes(call, account);
    co_return query_response(account.id_text, to_text(list.state()), window, results_of(list, query));
}

asio::awaitable<Json> mailbox_query_changes(Call& call) {
    const CallAccount account = call.account();
    const MailboxQuery query = read_query(call);
    const QueryChangesArguments arguments = read_query_changes(call.arguments);
    call.arguments.end();
    const MailboxList list = co_await read_mailboxes(call, account);
    const std::optional<State> since = parse_state(arguments.since);
    if (!since || since->modseq > list.state().modseq || since->modseq < list.removed().complete_from.value) {
        throw MethodError("cannotCalculateChanges", "the state is none of ours, or too old");
    }
    co_return query_changes_response(account.id_text, arguments, to_text(list.state()), results_of(list, query),
                                     changed_since(list, query, since->modseq));
}

}  // namespace jmap
