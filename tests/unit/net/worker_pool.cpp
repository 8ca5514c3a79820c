// Work in slices on its own threads (worker_pool.h).
#include "protocols/net/worker_pool.h"

#include <doctest/doctest.h>

#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/unit/net/support.h"

namespace {

// Appends its letter in each of three slices; the first waits until all jobs are queued.
net::WorkerPool::Slice three_slices(char letter, std::shared_ptr<std::string> seen, std::latch& all_here) {
    return [letter, seen, &all_here, left = 3]() mutable {
        if (seen->empty()) all_here.wait();
        *seen += letter;
        return --left > 0;
    };
}

}  // namespace

TEST_CASE("what waits has its turn between the slices of long work") {
    asio::io_context io;
    net::WorkerPool pool("test", 1);
    const auto seen = std::make_shared<std::string>();
    std::latch all_here(1);
    test::Together together(io);
    for (const char letter : {'a', 'b', 'c'}) {
        together.add([](net::WorkerPool& threads, net::WorkerPool::Slice slice) -> asio::awaitable<void> {
            const std::thread::id mine = std::this_thread::get_id();
            const bool done = co_await threads.run({"one"}, std::move(slice));
            CHECK(done);
            CHECK(std::this_thread::get_id() == mine);
        }(pool, three_slices(letter, seen, all_here)));
    }
    // All three are queued by then, since the first slice waits for this.
    together.add([](std::latch& latch) -> asio::awaitable<void> {
        latch.count_down();
        co_return;
    }(all_here));
    together.run();
    CHECK(*seen == "abcabcabc");
}

TEST_CASE("whoever has one job waits for one slice of whoever has many") {
    asio::io_context io;
    net::WorkerPool pool("test", 1);
    const auto seen = std::make_shared<std::string>();
    std::latch all_here(1);
    test::Together together(io);
    // The others are queued while this one has the thread.
    net::WorkerPool::Slice first = [&all_here] {
        all_here.wait();
        return false;
    };
    together.add(pool.complete({"one"}, std::move(first)));
    for (const char letter : {'a', 'b', 'c', 'v'}) {
        together.add(pool.complete({letter == 'v' ? "few" : "many"}, three_slices(letter, seen, all_here)));
    }
    together.add([](std::latch& latch) -> asio::awaitable<void> {
        latch.count_down();
        co_return;
    }(all_here));
    together.run();
    CHECK(*seen == "avbvcvabcabc");
}

TEST_CASE("what a slice throws comes out, and the pool goes on") {
    asio::io_context io;
    net::WorkerPool pool("test", 1);
    test::run(io, [](net::WorkerPool& threads) -> asio::awaitable<void> {
        std::string what;
        try {
            net::WorkerPool::Slice bad = [left = 2]() mutable {
                if (--left == 0) throw std::runtime_error("no more pickles");
                return true;
            };
            co_await threads.run({"one"}, std::move(bad));
        } catch (const std::runtime_error& error) {
            what = error.what();
        }
        CHECK(what == "no more pickles");
        net::WorkerPool::Slice good = [] { return false; };
        const bool done = co_await threads.run({"one"}, std::move(good));
        CHECK(done);
    }(pool));
}

TEST_CASE("too much is turned away, and a stopped pool does nothing") {
    asio::io_context io;
    net::WorkerPool pool("test", 1, {.in_all = 1});
    std::latch begun(1);
    std::latch go_on(1);
    int done = 0;
    int turned_away = 0;
    test::Together together(io);
    const auto count = [&](net::WorkerPool::Slice slice) -> asio::awaitable<void> {
        const bool ran = co_await pool.run({"one"}, std::move(slice));
        ++(ran ? done : turned_away);
    };
    together.add(count([&] {
        begun.count_down();
        go_on.wait();
        return false;
    }));
    io.poll();
    begun.wait();  // now the one thread is busy
    together.add(count([] { return false; }));
    together.add(count([] { return false; }));
    io.poll();
    go_on.count_down();
    together.run();
    CHECK(done == 2);
    CHECK(turned_away == 1);

    pool.stop();
    test::run(io, count([] { return false; }));
    CHECK(turned_away == 2);
}

TEST_CASE("who has much waiting makes place for who has little") {
    asio::io_context io;
    net::WorkerPool pool("test", 1, {.in_all = 2});
    std::latch begun(1);
    std::latch go_on(1);
    std::string answers;
    test::Together together(io);
    const auto ask = [&](const char* party, char right, net::WorkerPool::Slice slice) -> asio::awaitable<void> {
        const bool ran = co_await pool.run({party}, std::move(slice));
        answers += ran ? right : '-';
    };
    together.add(ask("busy", '1', [&] {
        begun.count_down();
        go_on.wait();
        return false;
    }));
    io.poll();
    begun.wait();
    together.add(ask("much", 'a', [] { return false; }));
    together.add(ask("much", 'b', [] { return false; }));
    together.add(ask("little", 'c', [] { return false; }));  // in place of b
    together.add(ask("much", 'd', [] { return false; }));
    io.poll();
    CHECK(answers == "--");
    go_on.count_down();
    together.run();
    CHECK(answers == "--1ac");
}
