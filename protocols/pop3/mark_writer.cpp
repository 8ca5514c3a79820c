// The first mark starts a coroutine that lets further marks gather, and writes until there are none.
#include "protocols/pop3/mark_writer.h"

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "protocols/net/spawn.h"
#include "storage/store_await.h"

namespace pop3 {

struct MarkWriter::State {
    State(storage::Store& store_of, const Options& options) : store(store_of), delay(options.mark_delay) {}

    storage::Store& store;
    std::chrono::milliseconds delay;
    asio::any_io_executor executor;
    storage::MailboxId maildrop;
    std::string owner;
    storage::UidSet waiting;
    bool writing = false;
};

MarkWriter::MarkWriter(storage::Store& store, const Options& options)
    : state_(std::make_shared<State>(store, options)) {}

MarkWriter::~MarkWriter() { state_->waiting = {}; }

void MarkWriter::begin(asio::any_io_executor executor, storage::MailboxId maildrop, std::string owner) {
    state_->executor = std::move(executor);
    state_->maildrop = maildrop;
    state_->owner = std::move(owner);
}

void MarkWriter::add(storage::Uid uid) {
    state_->waiting.insert(uid);
    if (std::exchange(state_->writing, true)) return;
    net::spawn("pop3 marks", state_->executor, write_behind(state_));
}

storage::UidSet MarkWriter::take() { return std::exchange(state_->waiting, {}); }

asio::awaitable<void> MarkWriter::write_behind(std::shared_ptr<State> state) {
    std::exception_ptr failure;
    while (!failure) {
        asio::steady_timer gathering(state->executor, state->delay);
        co_await gathering.async_wait(asio::use_awaitable);
        storage::UidSet bundle = std::exchange(state->waiting, {});
        if (bundle.empty()) break;
        try {
            storage::Operation<std::monostate> operation = storage::mark_deleted(state->maildrop, state->owner, bundle);
            const storage::Result<std::monostate> marked = co_await state->store.write(std::move(operation));
            static_cast<void>(marked);  // refused: the session has ended, and its marks are gone
        } catch (...) {
            failure = std::current_exception();
        }
        if (failure) state->waiting.merge(bundle);  // the next DELE tries again, and QUIT writes them too
    }
    state->writing = false;
    if (failure) std::rethrow_exception(failure);  // is logged
}

}  // namespace pop3
