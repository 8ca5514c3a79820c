// A look first: most times there are none, and nothing is written.
#include "server/web_sessions.h"

#include <utility>
#include <vector>

#include "protocols/services/end_reason.h"
#include "storage/store_await.h"
#include "storage/web_sessions.h"

namespace server {

asio::awaitable<void> look_after_web_sessions(storage::Store& store, services::EventLog& log, std::int64_t now) {
    storage::Query<bool> any = storage::web_sessions_have_ended(now);
    const storage::Result<bool> ended = co_await store.read(std::move(any));
    if (!ended || !*ended) co_return;
    storage::Operation<std::vector<storage::EndedWebSession>> remove = storage::remove_ended_web_sessions(now);
    const storage::Result<std::vector<storage::EndedWebSession>> removed = co_await store.write(std::move(remove));
    if (!removed) co_return;  // the next time
    for (const storage::EndedWebSession& one : *removed) {
        const auto why = one.expired ? services::EndReason::timeout : services::EndReason::logged_out;
        log.write(services::Level::info, "http", one.id, "close",
                  {{"reason", services::word_of(why)}, {"account", one.account}});
    }
}

}  // namespace server
