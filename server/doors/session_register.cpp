// News that could not be written are kept for the next time.
#include "server/doors/session_register.h"

#include <exception>
#include <stdexcept>
#include <utility>

#include "storage/open_sessions.h"
#include "storage/store_await.h"

namespace server {

SessionRegister::SessionRegister(storage::Store& store, AccountConnectionLimit& connections, std::string holder)
    : store_(store), connections_(connections), holder_(std::move(holder)) {}

asio::awaitable<std::chrono::seconds> SessionRegister::write() {
    AccountConnectionLimit::News news = connections_.take_news();
    if (news.begun.empty() && news.over.empty()) co_return std::chrono::seconds(1);
    storage::Operation<std::monostate> operation = storage::write_sessions(holder_, news.begun, news.over);
    const storage::Result<std::monostate> written = co_await store_.write(std::move(operation));
    if (!written) {
        connections_.give_back_news(std::move(news));
        throw std::runtime_error(written.error().text);  // is logged, and tried again
    }
    co_return std::chrono::seconds(1);
}

void SessionRegister::forget() {
    try {
        [[maybe_unused]] const auto forgotten = store_.write_now(storage::forget_sessions(holder_));
    } catch (const std::exception&) {
        // A store that cannot be written says so wherever it matters.
    }
}

}  // namespace server
