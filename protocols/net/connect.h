// Connections that we open, to other mail servers. The caller chooses the addresses and their order (RFC 5321 §5).
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <optional>

#include "protocols/net/stream.h"

namespace net {

struct ConnectOptions {
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    std::optional<asio::ip::address> source{};  // our source address; used only if it is of the same family
};

// Throws std::system_error with the kernel's reason (refused, unreachable, timed_out). On the executor's thread.
asio::awaitable<Stream> connect(asio::any_io_executor executor, asio::ip::tcp::endpoint to, ConnectOptions options);

}  // namespace net
