// A coroutine with a timer; stopping cancels the timer on its own thread and waits for the coroutine to end.
#include "server/background.h"

#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <optional>

#include "protocols/locking/condition.h"
#include "protocols/locking/mutex.h"
#include "protocols/net/spawn.h"

namespace server {

namespace {

constexpr std::chrono::seconds wait_after_failure{60};

}  // namespace

struct Background::State {
    std::string name;
    services::EventLog& log;
    Work work;
    std::optional<asio::steady_timer> timer;
    bool stopping = false;  // on the executor's thread
    locking::Mutex mutex;
    locking::Condition ended_changed;
    bool ended GUARDED_BY(mutex) = true;

    State(std::string what, services::EventLog& event_log, Work given)
        : name(std::move(what)), log(event_log), work(std::move(given)) {}

    void set_ended(bool value) {
        const locking::Lock lock(mutex);
        ended = value;
        ended_changed.notify_all();
    }

    asio::awaitable<std::chrono::seconds> run_once() {
        std::string trouble;
        try {
            const std::chrono::seconds pause = co_await work();
            co_return pause;
        } catch (const std::exception& error) {
            trouble = error.what();
        }
        log.write(services::Level::error, "house", "", "background-failed", {{"task", name}, {"reason", trouble}});
        co_return wait_after_failure;
    }

    static asio::awaitable<void> run(std::shared_ptr<State> state, std::chrono::seconds pause) {
        while (!state->stopping) {
            std::error_code cancelled;
            state->timer->expires_after(pause);
            co_await state->timer->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
            if (!state->stopping) pause = co_await state->run_once();
        }
        state->set_ended(true);
    }
};

Background::Background(std::string name, services::EventLog& log, Work work)
    : state_(std::make_shared<State>(std::move(name), log, std::move(work))) {}

Background::~Background() { state_->timer.reset(); }

void Background::start(const asio::any_io_executor& executor, std::chrono::seconds first_after) {
    state_->set_ended(false);
    state_->timer.emplace(executor);
    net::spawn(state_->name, executor, State::run(state_, first_after));
}

bool Background::stop(std::chrono::milliseconds patience) {
    if (!state_->timer) return true;
    asio::post(state_->timer->get_executor(), [state = state_] {
        state->stopping = true;
        state->timer->cancel();
    });
    const auto until = std::chrono::steady_clock::now() + patience;
    const locking::Lock lock(state_->mutex);
    while (!state_->ended && state_->ended_changed.wait_until(state_->mutex, until)) continue;
    return state_->ended;
}

}  // namespace server
