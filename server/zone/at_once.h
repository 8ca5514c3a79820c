// Awaits several coroutines at once, on the caller's thread.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace server::zone {

// What each returns, in their order, when all have ended; or the exception of the first that threw one. The caller's
// executor must run one of its handlers at a time.
template <class Result>
asio::awaitable<std::vector<Result>> all_at_once(std::vector<asio::awaitable<Result>> work) {
    if (work.empty()) co_return std::vector<Result>();
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto owned = std::make_shared<std::vector<asio::awaitable<Result>>>(std::move(work));
    const auto begin = [executor, owned](auto handler) {
        struct Gathered {
            decltype(handler) done;
            std::vector<Result> results;
            std::size_t missing = 0;
            std::exception_ptr failure;
        };
        const std::size_t count = owned->size();
        auto gathered =
            std::make_shared<Gathered>(Gathered{std::move(handler), std::vector<Result>(count), count, nullptr});
        for (std::size_t i = 0; i < count; ++i) {
            asio::co_spawn(executor, std::move((*owned)[i]),
                           [gathered, executor, i](const std::exception_ptr& failure, Result result) {
                               gathered->results[i] = std::move(result);
                               if (failure && !gathered->failure) gathered->failure = failure;
                               if (--gathered->missing > 0) return;
                               asio::post(executor, [gathered]() mutable {
                                   std::move(gathered->done)(gathered->failure, std::move(gathered->results));
                               });
                           });
        }
    };
    std::vector<Result> results =
        co_await asio::async_initiate<decltype(asio::use_awaitable), void(std::exception_ptr, std::vector<Result>)>(
            begin, asio::use_awaitable);
    co_return results;
}

}  // namespace server::zone
