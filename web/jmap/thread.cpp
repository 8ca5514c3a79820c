// Thread/get, Thread/changes: RFC 8621 §3.1, §3.2.
#include "web/jmap/thread.h"

#include <utility>

#include "storage/emails.h"
#include "storage/store_await.h"
#include "web/jmap/email.h"
#include "web/jmap/wire/get.h"

namespace jmap {
namespace {

constexpr std::size_t most_emails = 10'000;  // of one thread

struct GotThreads {
    std::string state;
    std::vector<std::optional<storage::EmailThread>> threads;
};

storage::Query<GotThreads> get_all_threads(storage::EmailAccess access, std::vector<std::string> ids) {
    return [=, ids = std::move(ids)](storage::Snapshot& snapshot) -> storage::Result<GotThreads> {
        const storage::Result<storage::EmailState> state = storage::email_state(access)(snapshot);
        if (!state) return std::unexpected(state.error());
        storage::Result<std::vector<std::optional<storage::EmailThread>>> threads =
            storage::get_threads(access, ids, most_emails)(snapshot);
        if (!threads) return std::unexpected(std::move(threads.error()));
        return GotThreads{.state = storage::state_text(state->modseq), .threads = *std::move(threads)};
    };
}

}  // namespace

asio::awaitable<Json> thread_get(Call& call) {
    const CallAccount account = call.account();
    const auto is_property = [](std::string_view name) { return name == "id" || name == "emailIds"; };
    const GetArguments get = read_get(call.arguments, call.context.limits.objects_in_get, is_property);
    call.arguments.end();
    if (!get.ids) throw MethodError("requestTooLarge", "name the threads that you want");
    storage::Query<GotThreads> query = get_all_threads(email_access(call, account), *get.ids);
    GotThreads got = Call::unwrap(co_await call.context.store.read(std::move(query)));
    Json list = Json::array();
    std::vector<std::string> not_found;
    for (std::size_t i = 0; i < get.ids->size(); ++i) {
        if (std::optional<storage::EmailThread>& thread = got.threads[i]) {
            Json object = {{"id", thread->id}, {"emailIds", std::move(thread->email_ids)}};
            list.push_back(with_properties(std::move(object), get));
        } else {
            not_found.push_back((*get.ids)[i]);
        }
    }
    co_return get_response(account.id_text, got.state, std::move(list), std::move(not_found));
}

asio::awaitable<Json> thread_changes(Call& call) { return changes_of(call, storage::thread_changes); }

}  // namespace jmap
