// A scripted mail server for many connections at once, on the test's own loop. It counts what it accepted: who received
// what how often.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

// Its behaviour. In answers "" means "never", and "RESET" that the connection is reset instead.
struct PeerBehaviour {
    std::string greeting = "220 peer";
    std::string ehlo = "250-peer\r\n250-8BITMIME\r\n250 PIPELINING";
    std::string mail = "250 ok";
    std::function<std::string(const std::string& line)> rcpt = [](const std::string&) { return "250 ok"; };
    std::string data = "354 go";
    std::string end = "250 taken";   // after the dot
    int delay_ms = 0;                // before it answers the dot
    int rcpt_delay_ms = 0;           // before it answers each RCPT
    std::size_t connections = 1000;  // further ones are greeted with `busy`
    std::string busy = "554 busy";
    std::function<void(const std::string& step)> at = [](const std::string&) {};  // GREETING, EHLO, …, DOT, TAKEN
};

struct TakenMessage {
    std::string mail;  // the MAIL line
    std::vector<std::string> recipients;
    std::string content;
};

// One port of 127.0.0.1 to 127.0.0.9 that no other process gets meanwhile. Peers may listen there; where none does,
// connections are refused.
class ReservedPort {
  public:
    explicit ReservedPort(asio::io_context& loop);
    std::uint16_t port() const { return port_; }

  private:
    bool reserve(asio::io_context& loop);

    std::vector<asio::ip::tcp::acceptor> held_;  // bound, but not listening
    std::uint16_t port_ = 0;
};

class FakePeer {
  public:
    // Listens there.
    FakePeer(asio::io_context& loop, const std::string& address, std::uint16_t port, PeerBehaviour behaviour);
    ~FakePeer();
    FakePeer(const FakePeer&) = delete;
    FakePeer& operator=(const FakePeer&) = delete;

    struct State {
        PeerBehaviour does;
        std::vector<TakenMessage> taken;  // messages answered with 2yz, or meant to be
        std::size_t connections = 0;      // accepted in all
        std::size_t now = 0;
        std::size_t peak = 0;  // served at once
    };
    PeerBehaviour& does() { return state_->does; }
    const State& saw() const { return *state_; }
    void close();

  private:
    std::shared_ptr<State> state_;
    std::shared_ptr<asio::ip::tcp::acceptor> acceptor_;
};
