// For coroutines that await the store: Store::read and Store::write, which need Asio. Threads, commits and resuming are
// in engine/.
#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <utility>

#include "storage/store.h"

namespace storage {

template <class T>
asio::awaitable<Result<T>> Store::read_for(AccountId account, Query<T> query) {
    auto outcome = std::make_shared<Outcome<T>>();
    ReadJob job = make_read_job(std::move(query), outcome);
    co_await run_read(account, std::move(job));
    co_return outcome->take();
}

template <class T>
asio::awaitable<Result<T>> Store::read(Query<T> query) {
    return read_for(AccountId{}, std::move(query));
}

template <class T>
asio::awaitable<Result<T>> Store::read_long(AccountId account, Query<T> query) {
    auto outcome = std::make_shared<Outcome<T>>();
    ReadJob job = make_read_job(std::move(query), outcome);
    co_await run_long_read(account, std::move(job));
    co_return outcome->take();
}

template <class T>
asio::awaitable<Result<T>> Store::write(Operation<T> operation) {
    auto outcome = std::make_shared<Outcome<T>>();
    WriteJob job = make_write_job(std::move(operation), outcome);
    co_await run_write(std::move(job));
    co_return outcome->take();
}

}  // namespace storage
