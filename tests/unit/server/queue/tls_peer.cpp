#include "tests/unit/server/queue/tls_peer.h"

#include <algorithm>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>

#include "protocols/base/base64.h"
#include "protocols/net/spawn.h"
#include "protocols/net/stream.h"

namespace {

using asio::ip::tcp;

class TlsConversation {
  public:
    TlsConversation(std::shared_ptr<TlsPeer::State> state, tcp::socket socket)
        : state_(std::move(state)), stream_(std::move(socket)) {}

    asio::awaitable<void> run() {
        if (state_->implicit) co_await stream_.start_tls_server(state_->context);
        co_await say("220 peer");
        for (;;) {
            const std::string line = co_await read();
            const std::string word = line.substr(0, 4);
            if (word == "QUIT") co_return;
            if (line == "STARTTLS") {
                co_await say("220 go");
                co_await stream_.start_tls_server(state_->context);
            } else if (word == "DATA") {
                co_await take();
            } else {
                co_await say(answer_to(line, word));
            }
        }
    }

  private:
    std::string answer_to(const std::string& line, const std::string& word) {
        if (word == "EHLO")
            return stream_.is_tls() ? "250-peer\r\n" + state_->announced + "250 AUTH PLAIN"
                                    : "250-peer\r\n250-AUTH PLAIN\r\n250 STARTTLS";
        if (word == "AUTH") {
            std::string given = base::decode_base64(line.substr(line.rfind(' ') + 1)).value_or("?");
            std::ranges::replace(given, '\0', ' ');
            user_ = given.substr(1, given.find(' ', 1) - 1);
            state_->log_ins.push_back(given.substr(1) + (stream_.is_tls() ? "" : " in plain text"));
            state_->at_log_in();
            const bool right = state_->password.empty() || given.ends_with(" " + state_->password);
            return right ? "235 welcome" : "535 5.7.8 not you";
        }
        if (word == "MAIL") message_.mail = line;
        if (word == "RCPT") message_.recipients.push_back(line.substr(9, line.find('>') - 9));
        return "250 ok";
    }

    asio::awaitable<void> take() {
        co_await say("354 go");
        for (;;) {
            std::string line = co_await read();
            if (line == ".") break;
            message_.content += line + "\r\n";
        }
        state_->taken.emplace_back(user_, std::exchange(message_, {}));
        co_await say("250 taken");
    }

    asio::awaitable<void> say(std::string answer) {
        stream_.write(answer + "\r\n");
        co_await stream_.flush();
    }

    asio::awaitable<std::string> read() {
        const net::ReadLine line = co_await stream_.read_line(10'000);
        co_return std::string(std::get<net::Line>(line).text);
    }

    std::shared_ptr<TlsPeer::State> state_;
    net::Stream stream_;
    std::string user_;
    TakenMessage message_;
};

asio::awaitable<void> converse(std::shared_ptr<TlsPeer::State> state, tcp::socket socket) {
    ++state->connections;
    TlsConversation conversation(std::move(state), std::move(socket));
    try {
        co_await conversation.run();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): the other side has left, as some stories want it
    }
}

asio::awaitable<void> accept_all(std::shared_ptr<TlsPeer::State> state, std::shared_ptr<tcp::acceptor> acceptor) {
    for (;;) {
        asio::error_code error;
        tcp::socket socket = co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
        if (error) co_return;
        net::spawn("peer", acceptor->get_executor(), converse(state, std::move(socket)));
    }
}

}  // namespace

TlsPeer::TlsPeer(asio::io_context& loop, const std::string& address, std::uint16_t port, net::Certificate certificate,
                 bool implicit)
    : state_(new State{
          .context = net::TlsContext(net::ServerTlsOptions{.certificates = {std::move(certificate)}, .alpn = {}}),
          .implicit = implicit}),
      acceptor_(std::make_shared<tcp::acceptor>(loop, tcp::endpoint(asio::ip::make_address(address), port))) {
    net::spawn("peer", loop.get_executor(), accept_all(state_, acceptor_));
}

TlsPeer::~TlsPeer() {
    asio::error_code ignored;
    acceptor_->close(ignored);
}
