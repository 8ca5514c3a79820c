// A mail server with TLS that always offers log-in, in plain text too, and records who logged in.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocols/net/tls.h"
#include "tests/unit/server/queue/fake_peer.h"

class TlsPeer {
  public:
    // implicit: TLS before the greeting.
    TlsPeer(asio::io_context& loop, const std::string& address, std::uint16_t port, net::Certificate certificate,
            bool implicit = false);
    ~TlsPeer();
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;

    struct State {
        net::TlsContext context;
        bool implicit = false;
        std::size_t connections = 0;
        std::vector<std::string> log_ins{};                         // "user secret", or "user secret in plain text"
        std::vector<std::pair<std::string, TakenMessage>> taken{};  // by whom
    };
    const State& saw() const { return *state_; }

  private:
    std::shared_ptr<State> state_;
    std::shared_ptr<asio::ip::tcp::acceptor> acceptor_;
};
