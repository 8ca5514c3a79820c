// A small HTTPS server on loopback with a thread of its own: what it answers is the test's.
#pragma once

#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/locking/mutex.h"
#include "protocols/net/spawn.h"
#include "protocols/net/stream.h"
#include "protocols/net/tls.h"

namespace test {

class WebServer {
  public:
    // From the head of a request and its body to the whole answer; nullopt: none, and the connection stays open.
    using Answer = std::function<std::optional<std::string>(const std::string& head, const std::string& body)>;

    explicit WebServer(Answer answer, std::string name = "web.example")
        : name_(std::move(name)),
          certificate_(net::make_self_signed({name_})),
          trust_("/tmp/mailstead-https-" + std::to_string(getpid()) + "-" + std::to_string(port()) + ".pem"),
          answer_(std::move(answer)) {
        std::ofstream(trust_) << certificate_.cert_pem;
        net::ServerTlsOptions options;
        options.certificates = {certificate_};
        context_ = std::make_unique<net::TlsContext>(options);
        net::spawn("accept", io_.get_executor(), accept());
        thread_ = std::thread([this] { io_.run(); });
    }
    ~WebServer() {
        io_.stop();
        thread_.join();
        std::remove(trust_.c_str());
    }
    WebServer(const WebServer&) = delete;
    WebServer& operator=(const WebServer&) = delete;

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::string url(const std::string& path) const { return "https://" + name_ + ":" + std::to_string(port()) + path; }
    // Its certificate, for whoever is to trust it.
    const std::string& trust() const { return trust_; }

    // The head of the last request.
    std::string seen() const {
        const locking::Lock lock(mutex_);
        return seen_;
    }

  private:
    void keep(const std::string& head) {
        const locking::Lock lock(mutex_);
        seen_ = head;
    }

    asio::awaitable<void> accept() {
        while (true) {
            asio::ip::tcp::socket socket = co_await acceptor_.async_accept(asio::use_awaitable);
            net::spawn("connection", io_.get_executor(), serve(net::Stream(std::move(socket))));
        }
    }

    asio::awaitable<void> serve(net::Stream stream) {
        try {
            co_await stream.start_tls_server(*context_);
            std::string head;
            while (true) {
                const net::ReadLine line = co_await stream.read_line(10'000);
                const std::string text(std::get<net::Line>(line).text);
                if (text.empty()) break;
                head += text + "\n";
            }
            keep(head);
            const std::string body = co_await read_body(stream, head);
            const std::optional<std::string> answer = answer_(head, body);
            if (!answer) co_await stream.wait();  // until the client goes
            stream.write(answer.value_or(""));
            co_await stream.close();
        } catch (const std::exception&) {
            co_return;  // the client tells of it
        }
    }

    static asio::awaitable<std::string> read_body(net::Stream& stream, const std::string& head) {
        const std::string field = "Content-Length: ";
        const std::size_t at = head.find(field);
        std::string body;
        if (at == std::string::npos) co_return body;
        const std::size_t begin = at + field.size();
        const auto size = base::parse_number<std::size_t>(head.substr(begin, head.find('\n', begin) - begin));
        while (body.size() < size.value()) {
            const std::string_view chunk = co_await stream.read_chunk(*size - body.size());
            body += chunk;
        }
        co_return body;
    }

    asio::io_context io_;
    asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
    const std::string name_;
    const net::Certificate certificate_;
    const std::string trust_;
    Answer answer_;
    std::unique_ptr<net::TlsContext> context_;
    mutable locking::Mutex mutex_;
    std::string seen_ GUARDED_BY(mutex_);
    std::thread thread_;
};

}  // namespace test
