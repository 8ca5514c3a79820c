// Several coroutines at once: in order, and all of them.
#include "server/zone/at_once.h"

#include <doctest/doctest.h>

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/unit/mailauth/dns_table.h"

using namespace server;

namespace {

// Ends at once, while those before it still wait; the last one lets them go on.
struct Meeting {
    std::size_t expected = 3;
    bool met = false;
    std::vector<std::string> came;
    std::vector<asio::steady_timer*> waiting;  // they are the coroutines' own, and end with them

    asio::awaitable<std::string> come(std::string name) {
        came.push_back(name);
        if (came.size() == expected) {
            met = waiting.front()->cancel() == 1;  // the first still waits
            for (asio::steady_timer* one : waiting) one->cancel();
            co_return name;
        }
        const asio::any_io_executor executor = co_await asio::this_coro::executor;
        asio::steady_timer timer(executor, std::chrono::seconds(5));
        waiting.push_back(&timer);
        asio::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return name;
    }
};

asio::awaitable<int> one_that_fails(bool fails) {
    if (fails) throw std::runtime_error("it does");
    co_return 1;
}

}  // namespace

TEST_CASE("they run side by side, and their results are in their order") {
    Meeting meeting;
    std::vector<asio::awaitable<std::string>> work;
    for (const char* name : {"one", "two", "three"}) work.push_back(meeting.come(name));
    CHECK(run(zone::all_at_once(std::move(work))) == std::vector<std::string>{"one", "two", "three"});
    CHECK(meeting.met);
    CHECK(run(zone::all_at_once(std::vector<asio::awaitable<int>>())).empty());
}

TEST_CASE("one that throws fails the whole, once all have ended") {
    std::vector<asio::awaitable<int>> work;
    for (const bool fails : {false, true, false}) work.push_back(one_that_fails(fails));
    CHECK_THROWS_WITH(run(zone::all_at_once(std::move(work))), "it does");
}
