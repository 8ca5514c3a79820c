// The listening ports: accepts connections, admits them or rejects them with a reason, and starts the protocol's
// session on the connection's own thread. protocols/README.md "Network".
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/net/listener.h"
#include "protocols/net/stream.h"
#include "protocols/net/threads.h"
#include "protocols/services/event_log.h"
#include "server/auth/networks.h"
#include "server/budget/budgets.h"
#include "server/doors/admission.h"

namespace server {

// One protocol on one kind of port.
struct Door {
    std::string name;  // "imaps": its config key, and its name in the log
    budget::Share share = budget::Share::smtp;
    // What a rejected client is told: "421 … too many connections", "* BYE …", "-ERR …", with its line end; an answer.
    std::function<std::string(std::string_view reason, const net::Stream& client)> farewell;
    net::TlsContext* implicit_tls = nullptr;  // do the TLS handshake before serve; nullptr: no implicit TLS
    // Runs the session to its end.
    std::function<asio::awaitable<void>(net::Stream stream, std::string session)> serve;
};

struct DoorsOptions {
    AdmissionLimits admission;
    AdmissionLimits web_admission;  // browsers have many connections, and take no place from mail programs
    budget::Limits budget;
    std::chrono::seconds proxy_header_timeout{5};
    std::chrono::seconds handshake_timeout{30};
    std::chrono::seconds web_handshake_timeout{30};
    std::uint64_t web_connection_octets = std::uint64_t{80} << 10;  // of memory, that one counts for from the start
    std::vector<auth::Network> proxy_from;  // proxies: they send the PROXY protocol, or Forwarded to the web
};

class Doors {
  public:
    Doors(net::Threads& threads, services::EventLog& log, DoorsOptions options);
    ~Doors();  // stop() must have been called, if start() was

    // Takes a door's bound ports (ports.h), but accepts nothing yet.
    void open(Door door, std::vector<net::ListeningSocket> ports);
    // Listens and accepts. A failed accept is logged, and accepting goes on. Throws std::system_error naming the
    // endpoint if another process has become faster.
    void start();

    // Where a door actually listens, in the order of open(): for tests with port 0, and for the log.
    struct Bound {
        std::string door;
        asio::ip::tcp::endpoint endpoint;
    };
    const std::vector<Bound>& bound() const;

    void configure(DoorsOptions options);

    // Whether `proxy_from` contains this textual address. Thread-safe.
    bool is_proxy(const std::string& address) const;

    // Stops accepting, interrupts every session, and waits for them; false if some have not ended in time. Blocks.
    bool stop(std::chrono::milliseconds patience);

    std::size_t sessions() const;

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace server
