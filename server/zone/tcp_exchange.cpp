#include "server/zone/tcp_exchange.h"

#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

#include "protocols/net/connect.h"
#include "server/zone/update_server.h"
#include "server/zone/wire/message.h"

namespace server::zone {

TcpExchange::TcpExchange(asio::any_io_executor executor, asio::ip::tcp::endpoint server, ExchangeTimes times)
    : executor_(std::move(executor)), server_(std::move(server)), times_(times) {}

asio::awaitable<std::string> TcpExchange::send(std::string message) {
    std::string fault;
    try {
        std::string answer = co_await converse(std::move(message));
        co_return answer;
    } catch (const net::DeadlinePassed&) {
        fault = "does not answer in time";
    } catch (const net::PeerGone&) {
        fault = "has closed the connection";
    } catch (const std::system_error& error) {
        fault = "cannot be reached: " + error.code().message();
    }
    throw UpdateFailure("the server " + fault);
}

asio::awaitable<std::string> TcpExchange::converse(std::string message) {
    if (!stream_) {
        net::ConnectOptions options;
        options.timeout = times_.connect;
        net::Stream stream = co_await net::connect(executor_, server_, options);
        stream_.emplace(std::move(stream));
        stream_->set_deadline(times_.answer, std::chrono::steady_clock::now() + times_.all);
    }
    std::string framed;
    append_number(framed, message.size(), 2);
    framed += message;
    stream_->write(framed);
    co_await stream_->flush();
    const std::string size = co_await read(2);
    std::string answer = co_await read(number_in(size));
    co_return answer;
}

asio::awaitable<std::string> TcpExchange::read(std::size_t octets) {
    std::string all;
    while (all.size() < octets) {
        const std::string_view some = co_await stream_->read_chunk(octets - all.size());
        all += some;
    }
    co_return all;
}

}  // namespace server::zone
