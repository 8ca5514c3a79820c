// Runs long work and a witness on one compute thread, and counts how often the witness runs between slices.
#pragma once

#include <doctest/doctest.h>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <functional>
#include <latch>
#include <utility>

#include "protocols/net/worker_pool.h"

namespace test {

struct Turns {
    int slices = 0;   // of the work
    int witness = 0;  // runs of the witness meanwhile
};

// `go_on` does a slice of the work; false: it was the last one.
inline Turns turns_beside(std::function<bool()> go_on) {
    asio::io_context io;
    net::WorkerPool pool("test", 1);
    std::latch all_here(1);
    Turns turns;
    bool over = false;
    const auto start = [&](net::WorkerPool::Slice slice) {
        asio::co_spawn(io, pool.complete({"one"}, std::move(slice)), [](std::exception_ptr fault) {
            if (fault) std::rethrow_exception(fault);
        });
    };
    start([&all_here] {
        all_here.wait();
        return false;
    });
    start([&] {
        ++turns.slices;
        over = !go_on();
        return !over;
    });
    start([&] {
        ++turns.witness;
        return !over;
    });
    io.poll();  // all three are in the queue now
    all_here.count_down();
    io.run();
    CHECK(turns.witness == turns.slices);
    return turns;
}

}  // namespace test
