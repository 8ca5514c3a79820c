// A scripted mail server for tests of the sending client. One connection, blocking, on its own thread. Steps: "S: text"
// sends the line, "C: text" expects a line that begins so, "DATA" reads to CRLF.CRLF, "READ n" reads n octets, "SLEEP
// ms", "CLOSE".
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "protocols/smtp/client.h"

namespace smtp::testing {

class FakeServer {
  public:
    explicit FakeServer(std::vector<std::string> script);
    ~FakeServer();
    asio::ip::tcp::endpoint endpoint() const { return endpoint_; }
    // Waits for the script's end: what was received, and how it differed from the script (empty: not at all).
    struct Outcome {
        std::string received;
        std::string trouble;
    };
    Outcome finish();

  private:
    void run();
    bool step(const std::string& step);
    bool receive();  // more octets into buffer_

    std::vector<std::string> script_;
    asio::ip::tcp::endpoint endpoint_;
    int listening_ = -1;
    int connection_ = -1;
    std::string buffer_;
    Outcome outcome_;
    std::thread thread_;
};

// Connects a client and runs `use` with it to its end, on this thread.
using UseClient = std::function<asio::awaitable<void>(Client&)>;
void with_client(const asio::ip::tcp::endpoint& server, ClientOptions options, const UseClient& use);

// Content in pieces of at most `piece` octets.
OpenContent pieces(std::string content, std::size_t piece = 4096);

}  // namespace smtp::testing
