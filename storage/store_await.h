// The templates of store.h: turn a typed query or operation into a job, and return its result. Included only by
// store.h.
#pragma once

#include <stdexcept>

#include "storage/store.h"  // IWYU pragma: keep

namespace storage {

// Where a job leaves its result for the caller, who may be gone by then.
template <class T>
struct Store::Outcome {
    std::optional<Result<T>> result;
    std::exception_ptr failure;

    Result<T> take() {
        if (failure) std::rethrow_exception(failure);
        if (!result) throw std::runtime_error("the store is closing");
        return std::move(*result);
    }
};

template <class T>
Store::ReadJob Store::make_read_job(Query<T> query, std::shared_ptr<Outcome<T>> outcome) {
    ReadJob job;
    job.failed = [outcome](std::exception_ptr failure) { outcome->failure = std::move(failure); };
    job.run = [query = std::move(query), outcome](Snapshot& snapshot) mutable {
        try {
            outcome->result = query(snapshot);
        } catch (...) {
            outcome->failure = std::current_exception();
        }
    };
    return job;
}

template <class T>
Store::WriteJob Store::make_write_job(Operation<T> operation, std::shared_ptr<Outcome<T>> outcome) {
    WriteJob job{operation.durability, operation.octets, {}, {}};
    job.run = [run = std::move(operation.run), outcome](engine::Batch& batch) mutable {
        outcome->result.reset();
        outcome->result = run(batch);
        if (!outcome->result) return Step::again;
        return *outcome->result ? Step::done : Step::refused;
    };
    job.finish = [outcome](std::exception_ptr failure, std::optional<Refusal> refusal) {
        outcome->failure = std::move(failure);
        if (refusal) outcome->result = std::unexpected(std::move(*refusal));
    };
    return job;
}

template <class T>
asio::awaitable<Result<T>> Store::read(Query<T> query, ReaderLane lane) {
    auto outcome = std::make_shared<Outcome<T>>();
    ReadJob job = make_read_job(std::move(query), outcome);
    co_await run_read(std::move(job), lane);
    co_return outcome->take();
}

template <class T>
asio::awaitable<Result<T>> Store::write(Operation<T> operation) {
    auto outcome = std::make_shared<Outcome<T>>();
    WriteJob job = make_write_job(std::move(operation), outcome);
    co_await run_write(std::move(job));
    co_return outcome->take();
}

template <class T>
Result<T> Store::read_now(Query<T> query) {
    auto outcome = std::make_shared<Outcome<T>>();
    run_read_now(make_read_job(std::move(query), outcome));
    return outcome->take();
}

template <class T>
Result<T> Store::write_now(Operation<T> operation) {
    auto outcome = std::make_shared<Outcome<T>>();
    run_write_now(make_write_job(std::move(operation), outcome));
    return outcome->take();
}

}  // namespace storage
