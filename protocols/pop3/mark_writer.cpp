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
    explicit State(const Options& options) : delay(options.mark_delay) {}

    std::optional<storage::SessionStore> store;  // from begin() on
    std::chrono::milliseconds delay;
    asio::any_io_executor executor;
    storage::MailboxId maildrop;
    std::string owner;
    storage::UidSet waiting;
    storage::UidSet in_flight;  // being written; taken back by take(), and by waiting if the write fails
    bool writing = false;
};

MarkWriter::MarkWriter(const Options& options) : state_(std::make_shared<State>(options)) {}

MarkWriter::~MarkWriter() { static_cast<void>(take()); }

void MarkWriter::begin(asio::any_io_executor executor, const storage::SessionStore& store, storage::MailboxId maildrop,
                       std::string owner) {
    state_->store = store;
    state_->executor = std::move(executor);
    state_->maildrop = maildrop;
    state_->owner = std::move(owner);
}

void MarkWriter::add(storage::Uid uid) {
    state_->waiting.insert(uid);
    if (std::exchange(state_->writing, true)) return;
    net::spawn("pop3 marks", state_->executor, write_behind(state_));
}

storage::UidSet MarkWriter::take() {
    storage::UidSet all = std::exchange(state_->waiting, {});
    all.merge(std::exchange(state_->in_flight, {}));  // or a write that fails later would bring them back
    return all;
}

asio::awaitable<void> MarkWriter::write_behind(std::shared_ptr<State> state) {
    std::exception_ptr failure;
    bool lost = false;
    while (!lost) {
        asio::steady_timer gathering(state->executor, state->delay);
        co_await gathering.async_wait(asio::use_awaitable);
        state->in_flight = std::exchange(state->waiting, {});
        if (state->in_flight.empty()) break;
        try {
            storage::Operation<std::monostate> operation =
                storage::mark_deleted(state->maildrop, state->owner, state->in_flight);
            const storage::Result<std::monostate> marked = co_await state->store->write(std::move(operation));
            // A conflict: the session has ended, and its marks are gone. Else the disk is full.
            lost = !marked && marked.error().reason != storage::Reason::conflict;
        } catch (...) {
            failure = std::current_exception();
            lost = true;
        }
        const storage::UidSet bundle = std::exchange(state->in_flight, {});
        if (lost) state->waiting.merge(bundle);  // the next DELE tries again, and QUIT writes them too
    }
    state->writing = false;
    if (failure) std::rethrow_exception(failure);  // is logged
}

}  // namespace pop3
