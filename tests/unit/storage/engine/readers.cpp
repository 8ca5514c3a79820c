// Turns of accounts among short reads (readers.h).
#include "storage/engine/readers.h"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <functional>
#include <latch>
#include <string>
#include <utility>

#include "storage/store_await.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

TEST_CASE("whoever asks for little waits for one short read of whoever asks for much") {
    StoreOptions options;
    options.readers = 1;
    TemporaryStore house(options);
    asio::io_context io;
    std::latch all_here(1);
    std::string seen;
    const auto start = [&](std::int64_t account, std::function<void()> work) {
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
    };
    start(9, [&] { all_here.wait(); });  // the others are queued meanwhile
    for (const char letter : {'a', 'b', 'c'}) start(1, [&seen, letter] { seen += letter; });
    start(2, [&seen] { seen += 'v'; });
    all_here.count_down();
    io.restart();
    io.run();
    CHECK(seen == "avbc");
}
