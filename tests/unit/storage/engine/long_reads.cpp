// Turns of accounts among long reads (long_reads.h). A turn of no time ends wherever the engine looks.
#include "storage/engine/long_reads.h"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <utility>

#include "storage/engine/connection.h"
#include "storage/store_await.h"
#include "tests/unit/storage/temporary_store.h"

using namespace storage;
using namespace storage_test;

namespace {

StoreOptions turns_of_no_time() {
    StoreOptions options;
    options.long_readers = 1;
    options.long_read_turn = std::chrono::milliseconds(0);
    return options;
}

// Reads of several accounts. The first one begins when all are queued.
struct Accounts {
    TemporaryStore house;
    asio::io_context io;
    std::latch all_here{1};
    std::string seen{};  // a letter for each step of a read
    bool closes = false;
    int cut_off = 0;  // reads, since it closes

    explicit Accounts(StoreOptions options) : house(std::move(options)) {}

    void start(std::int64_t account, char letter, std::function<void(Snapshot&)> work) {
        Query<int> query = [this, letter, work = std::move(work)](Snapshot& snapshot) -> Result<int> {
            if (seen.empty()) all_here.wait();
            seen += letter;
            work(snapshot);
            return 1;
        };
        const auto session = [](Store& store, AccountId account, Query<int> query) -> asio::awaitable<void> {
            const Result<int> done = co_await store.read_long(account, std::move(query));
            CHECK(done == 1);
        };
        asio::co_spawn(io, session(house.store(), AccountId{account}, std::move(query)),
                       [this](std::exception_ptr fault) {
                           if (fault && !closes) std::rethrow_exception(fault);
                           if (fault) ++cut_off;
                       });
        io.poll();
    }
    void start_three_steps(std::int64_t account, char letter) {
        start(account, letter, [this, letter](Snapshot& snapshot) {
            for (int i = 0; i < 2; ++i) {
                snapshot.give_way();
                seen += letter;
            }
        });
    }
    void finish() {
        all_here.count_down();
        io.restart();
        io.run();
    }
};

}  // namespace

TEST_CASE("a long read stops where it is while another account's turn comes") {
    Accounts accounts(turns_of_no_time());
    accounts.start_three_steps(1, 'a');
    accounts.start_three_steps(2, 'b');
    accounts.finish();
    CHECK(accounts.seen == "ababab");
}

TEST_CASE("many reads of one account have one turn, and the begun one goes on first") {
    Accounts accounts(turns_of_no_time());
    accounts.start_three_steps(1, 'a');
    accounts.start_three_steps(2, 'v');
    accounts.start_three_steps(1, 'b');
    accounts.start_three_steps(1, 'c');
    accounts.finish();
    CHECK(accounts.seen == "avavavbbbccc");
}

TEST_CASE("reads of one account alone are not interrupted") {
    Accounts accounts(turns_of_no_time());
    accounts.start_three_steps(1, 'a');
    accounts.start_three_steps(1, 'b');
    accounts.finish();
    CHECK(accounts.seen == "aaabbb");
}

TEST_CASE("turns end within statements, too") {
    Accounts accounts(turns_of_no_time());
    accounts.start(1, 'a', [&accounts](Snapshot& snapshot) {
        engine::Statement rows = engine::connection_of(snapshot).statement(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT count(*) FROM n");
        CHECK(rows.step());
        accounts.seen += 'A';
    });
    accounts.start(2, 'b', [](Snapshot&) {});
    accounts.finish();
    CHECK(accounts.seen == "abA");
}

TEST_CASE("if too many reads are paused, the others go on") {
    StoreOptions options = turns_of_no_time();
    options.paused_reads = 1;
    Accounts accounts(options);
    for (const char letter : {'a', 'b', 'c'}) accounts.start_three_steps(letter, letter);
    accounts.finish();
    CHECK(accounts.seen == "abbbcccaa");
}

TEST_CASE("a store that closes ends its long reads at the end of their turn") {
    Accounts accounts(turns_of_no_time());
    const auto endless = [](Snapshot& snapshot) {
        for (int i = 0; i < 100'000'000; ++i) snapshot.give_way();
    };
    for (const char letter : {'a', 'b'}) accounts.start(letter, letter, endless);
    accounts.start('c', 'c', [](Snapshot& snapshot) {
        engine::Statement rows = engine::connection_of(snapshot).statement(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT count(*) FROM "
            "n");
        (void)rows.step();
    });
    accounts.closes = true;
    accounts.all_here.count_down();
    accounts.house.close();
    CHECK(accounts.seen == "abc");
    accounts.io.restart();
    accounts.io.run();
    CHECK(accounts.cut_off == 3);
}
