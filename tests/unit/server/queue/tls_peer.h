// A mail server with TLS that always offers log-in, in plain text too, and records who logged in.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
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
        std::string announced{};                  // keywords of EHLO under TLS, each with its line end
        std::string password{};                   // the only one that is right; empty: any
        std::function<void()> at_log_in = [] {};  // before it is answered
        std::size_t connections = 0;
        std::vector<std::string> log_ins{};                         // "user secret", or "user secret in plain text"
        std::vector<std::pair<std::string, TakenMessage>> taken{};  // by whom
    };
    const State& saw() const { return *state_; }
    void expect(std::string password) { state_->password = std::move(password); }
    void announce(const std::string& keyword) { state_->announced += "250-" + keyword + "\r\n"; }
    void at_log_in(std::function<void()> then) { state_->at_log_in = std::move(then); }

  private:
    std::shared_ptr<State> state_;
    std::shared_ptr<asio::ip::tcp::acceptor> acceptor_;
};
