// Turns of accounts among short reads (readers.h).
#include "storage/engine/readers.h"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <utility>

#include "storage/store_await.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

// Short reads of accounts; those that were begun before the loop runs are queued, each behind the one before.
struct Reads {
    explicit Reads(unsigned readers) : house(options_of(readers)) {}
    static StoreOptions options_of(unsigned readers) {
        StoreOptions options;
        options.readers = readers;
        return options;
    }
    void start(std::int64_t account, std::function<void()> work) {
        Query<int> query = [work = std::move(work)](Snapshot&) -> Result<int> {
            work();
            return 1;
        };
        const auto session = [](Store& store, AccountId who, Query<int> asked) -> asio::awaitable<void> {
            const Result<int> done = co_await store.read_for(who, std::move(asked));
            CHECK(done == 1);
        };
        asio::co_spawn(io, session(house.store(), AccountId{account}, std::move(query)), [](std::exception_ptr fault) {
            if (fault) std::rethrow_exception(fault);
        });
        io.poll();
    }
    void run() {
        io.restart();
        io.run();
    }

    TemporaryStore house;
    asio::io_context io;
};

}  // namespace

TEST_CASE("whoever asks for little waits for one short read of whoever asks for much") {
    Reads reads(1);
    std::latch all_here(1);
    std::latch all_done(1);
    std::string seen;
    reads.start(8, [&] { all_done.wait(); });  // one thread is left for the others
    reads.start(9, [&] { all_here.wait(); });  // these are queued meanwhile
    for (const char letter : {'a', 'b', 'c'}) {
        reads.start(1, [&, letter] {
            seen += letter;
            if (letter == 'c') all_done.count_down();
        });
    }
    reads.start(2, [&seen] { seen += 'v'; });
    all_here.count_down();
    reads.run();
    CHECK(seen == "avbc");
}

TEST_CASE("one account's short reads leave a thread for others, and run all the same") {
    Reads reads(2);
    // Not for ever: the test fails instead.
    const auto wait_until = [end = std::chrono::steady_clock::now() + std::chrono::seconds(30)](auto so) {
        while (!so() && std::chrono::steady_clock::now() < end)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    std::latch other_done(1);
    std::atomic<int> begun = 0;
    std::atomic<int> done = 0;
    for (int i = 0; i < 6; ++i) {
        reads.start(1, [&] {
            ++begun;
            wait_until([&] { return other_done.try_wait(); });
            ++done;
        });
    }
    wait_until([&] { return begun >= 2; });
    for (int i = 0; i < 3; ++i) reads.start(2, [] {});
    reads.start(3, [&] {
        CHECK(begun == 2);
        CHECK(done == 0);
        other_done.count_down();
    });
    reads.run();
    CHECK(done == 6);
}
