// Messages to a name server by TCP and back, each after its length: RFC 1035 §4.2.2. One connection, opened for the
// first message. Updates take it from the start, as they may be large (RFC 2136 §2.1).
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "protocols/net/stream.h"

namespace server::zone {

struct ExchangeTimes {
    std::chrono::milliseconds connect = std::chrono::seconds(5);
    std::chrono::milliseconds answer = std::chrono::seconds(15);  // an update may be written to disk and signed
    std::chrono::milliseconds all = std::chrono::seconds(60);     // from the first message on
};

class TcpExchange {
  public:
    TcpExchange(asio::any_io_executor executor, asio::ip::tcp::endpoint server, ExchangeTimes times = {});

    // Throws UpdateFailure.
    asio::awaitable<std::string> send(std::string message);

  private:
    asio::awaitable<std::string> converse(std::string message);
    asio::awaitable<std::string> read(std::size_t octets);

    asio::any_io_executor executor_;
    asio::ip::tcp::endpoint server_;
    ExchangeTimes times_;
    std::optional<net::Stream> stream_;
};

}  // namespace server::zone
