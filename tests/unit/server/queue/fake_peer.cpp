#include "tests/unit/server/queue/fake_peer.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

namespace {

using asio::ip::tcp;
using State = std::shared_ptr<FakePeer::State>;

struct Conversation {
    State state;
    tcp::socket socket;
    std::string buffer{};
    bool served = false;

    // False: the connection has ended.
    asio::awaitable<bool> say(std::string answer) {
        if (answer == "RESET") {
            socket.set_option(asio::socket_base::linger(true, 0));
            socket.close();
            co_return false;
        }
        if (answer.empty()) {
            asio::steady_timer forever(socket.get_executor(), std::chrono::hours(1));
            const bool more = co_await read_line(answer);  // until the client gives up
            co_return more && false;
        }
        answer += "\r\n";
        asio::error_code error;
        co_await asio::async_write(socket, asio::buffer(answer), asio::redirect_error(asio::use_awaitable, error));
        co_return !error;
    }

    asio::awaitable<bool> read_line(std::string& line) {
        asio::error_code error;
        const std::size_t size = co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer), "\r\n",
                                                                 asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return false;
        line = buffer.substr(0, size - 2);
        buffer.erase(0, size);
        co_return true;
    }

    asio::awaitable<void> pause(int ms) {
        asio::steady_timer timer(socket.get_executor(), std::chrono::milliseconds(ms));
        asio::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }

    asio::awaitable<bool> take(TakenMessage& message) {
        std::string line;
        for (;;) {
            const bool read = co_await read_line(line);
            if (!read) co_return false;
            if (line == ".") break;
            message.content += line + "\r\n";
        }
        state->does.at("DOT");
        if (state->does.delay_ms > 0) co_await pause(state->does.delay_ms);
        const std::string answer = state->does.end;
        if (answer.starts_with("2") || answer == "RESET") state->taken.push_back(message);
        const bool goes_on = co_await say(answer);
        state->does.at("TAKEN");
        co_return goes_on;
    }

    // The answer to a line, except the data.
    std::string answer_to(const std::string& line, TakenMessage& message) const {
        const std::string word = line.substr(0, 4);
        if (word == "EHLO" || word == "HELO") return state->does.ehlo;
        if (word == "MAIL") {
            message = {.mail = line};
            return state->does.mail;
        }
        if (word == "RCPT") {
            std::string answer = state->does.rcpt(line);
            if (answer.starts_with("2")) message.recipients.push_back(line.substr(9, line.find('>') - 9));
            return answer;
        }
        if (word == "RSET") return "250 ok";
        return word == "QUIT" ? "221 bye" : "500 what?";
    }

    asio::awaitable<void> converse() {
        state->does.at("GREETING");
        bool goes_on = co_await say(served ? state->does.greeting : state->does.busy);
        TakenMessage message;
        std::string line;
        while (goes_on) {
            goes_on = co_await read_line(line);
            if (!goes_on) co_return;
            state->does.at(line.substr(0, 4));
            if (line == "DATA" && message.recipients.empty()) {
                goes_on = co_await say("503 no recipients");
            } else if (line == "DATA") {
                goes_on = co_await say(state->does.data);
                if (goes_on && state->does.data.starts_with("354")) goes_on = co_await take(message);
            } else {
                if (state->does.rcpt_delay_ms > 0 && line.starts_with("RCPT"))
                    co_await pause(state->does.rcpt_delay_ms);
                goes_on = co_await say(answer_to(line, message));
                if (line == "QUIT") co_return;
            }
        }
    }
};

asio::awaitable<void> serve(State state, tcp::socket socket) {
    Conversation conversation{.state = state, .socket = std::move(socket)};
    conversation.served = state->now < state->does.connections;
    ++state->connections;
    if (conversation.served) state->peak = std::max(state->peak, ++state->now);
    co_await conversation.converse();
    if (conversation.served) --state->now;
}

asio::awaitable<void> listen(State state, std::shared_ptr<tcp::acceptor> acceptor) {
    for (;;) {
        asio::error_code error;
        tcp::socket socket = co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;
        asio::co_spawn(acceptor->get_executor(), serve(state, std::move(socket)), asio::detached);
    }
}

}  // namespace

ReservedPort::ReservedPort(asio::io_context& loop) {
    while (!reserve(loop)) continue;
}

// False: another process has the port at one of the addresses.
bool ReservedPort::reserve(asio::io_context& loop) {
    held_.clear();
    port_ = 0;
    for (int host = 1; host < 10; ++host) {
        tcp::acceptor& one = held_.emplace_back(loop, tcp::v4());
        one.set_option(tcp::acceptor::reuse_address(true));
        asio::error_code error;
        one.bind({asio::ip::make_address("127.0.0." + std::to_string(host)), port_}, error);
        if (error == asio::error::address_in_use) return false;
        if (error) throw std::system_error(error, "bind");
        port_ = one.local_endpoint().port();
    }
    return true;
}

FakePeer::FakePeer(asio::io_context& loop, const std::string& address, std::uint16_t port, PeerBehaviour behaviour)
    : state_(std::make_shared<State>(State{.does = std::move(behaviour)})),
      acceptor_(std::make_shared<tcp::acceptor>(loop, tcp::endpoint(asio::ip::make_address(address), port))) {
    asio::co_spawn(loop, listen(state_, acceptor_), asio::detached);
}

FakePeer::~FakePeer() { close(); }

void FakePeer::close() {
    asio::error_code ignored;
    acceptor_->close(ignored);
}
