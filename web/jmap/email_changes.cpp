// Email/changes: RFC 8621 §4.3, RFC 8620 §5.2; also what Thread/changes needs.
#include <algorithm>
#include <utility>

#include "storage/store_await.h"
#include "web/jmap/email.h"

namespace jmap {
namespace {

constexpr std::uint64_t most_changes = 5'000;  // in one response, whatever the client asks for

}  // namespace

storage::EmailAccess email_access(const Call& call, const CallAccount& account) {
    return {.account = account.id, .actor = call.context.identity.account};
}

asio::awaitable<Json> changes_of(Call& call, FindChanges find) {
    const CallAccount account = call.account();
    const std::string since = call.arguments.string("sinceState");
    const std::optional<std::uint64_t> asked = call.arguments.unsigned_or_null("maxChanges");
    if (asked == 0) throw invalid_arguments("maxChanges is 0");
    call.arguments.end();
    const std::size_t most = std::min(asked.value_or(most_changes), most_changes);
    storage::Query<storage::ObjectChanges> query = find(email_access(call, account), since, most);
    storage::Result<storage::ObjectChanges> changes = co_await call.context.store.read_long(std::move(query));
    if (!changes && changes.error().reason == storage::Reason::conflict) {
        throw MethodError("cannotCalculateChanges", changes.error().text);
    }
    storage::ObjectChanges told = Call::unwrap(std::move(changes));
    co_return Json{{"accountId", account.id_text},          {"oldState", since},
                   {"newState", std::move(told.new_state)}, {"hasMoreChanges", told.has_more},
                   {"created", std::move(told.created)},    {"updated", std::move(told.updated)},
                   {"destroyed", std::move(told.destroyed)}};
}

asio::awaitable<Json> email_changes(Call& call) { return changes_of(call, storage::email_changes); }

}  // namespace jmap
