#include "protocols/net/task.h"

#include <doctest/doctest.h>

#include <thread>

#include "protocols/net/wakeup.h"
#include "tests/unit/net/support.h"

namespace {

asio::awaitable<void> wait_for(std::shared_ptr<net::Wakeup> wakeup, std::shared_ptr<std::string> story) {
    try {
        co_await wakeup->wait();
        *story += "woken ";
    } catch (const std::exception&) {
        *story += "cancelled ";
        throw;
    }
}

struct Waiting {
    asio::io_context io;
    std::shared_ptr<net::Wakeup> wakeup = std::make_shared<net::Wakeup>(io.get_executor());
    std::shared_ptr<std::string> story = std::make_shared<std::string>();
    net::Task task;

    void start() {
        task.start(io.get_executor(), wait_for(wakeup, story),
                   [this](const std::exception_ptr& failure) { *story += failure ? "failed" : "ended"; });
    }
    void run() {
        io.restart();
        io.poll();
    }
};

}  // namespace

TEST_CASE("a task goes on when it is woken, from any thread, before or while it waits") {
    Waiting waiting;
    waiting.wakeup->notify();
    waiting.start();
    waiting.run();
    CHECK(*waiting.story == "woken ended");
    waiting.story->clear();
    waiting.start();
    waiting.run();
    CHECK(*waiting.story == "");
    std::thread([notifier = waiting.wakeup->notifier()] { notifier(); }).join();
    waiting.run();
    CHECK(*waiting.story == "woken ended");
    const net::Wakeup::Notifier late = waiting.wakeup->notifier();
    waiting.wakeup.reset();
    late();
}

TEST_CASE("a task that is cancelled ends at once; one that is over is not cancelled") {
    Waiting waiting;
    waiting.start();
    waiting.run();
    waiting.task.cancel();
    waiting.run();
    CHECK(*waiting.story == "cancelled failed");
    waiting.task.cancel();
    waiting.run();
    CHECK(*waiting.story == "cancelled failed");
}

TEST_CASE("a wait for a while ends when the time is over, and not because of a notification that was seen before") {
    asio::io_context io;
    net::Wakeup wakeup(io.get_executor());
    std::vector<bool> woken;
    test::run(io, [](net::Wakeup& waits, std::vector<bool>& told) -> asio::awaitable<void> {
        waits.notifier()();  // posts
        told.push_back(co_await waits.wait(std::chrono::hours(1)));
        told.push_back(co_await waits.wait(std::chrono::milliseconds(20)));
        CHECK_FALSE(waits.take());
    }(wakeup, woken));
    CHECK(woken == std::vector<bool>{true, false});
}
