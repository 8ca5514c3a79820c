// The type that the store's coroutines return, declared without Asio, so that code that awaits nothing does not compile
// Asio. Code that awaits the store includes storage/store_await.h.
#pragma once

namespace asio {  // as in asio/awaitable.hpp, where any_io_executor is the default
class any_io_executor;
template <typename T, typename Executor>
class awaitable;
}  // namespace asio

namespace storage {

// asio::awaitable<T>.
template <class T>
using Awaitable = asio::awaitable<T, asio::any_io_executor>;

}  // namespace storage
