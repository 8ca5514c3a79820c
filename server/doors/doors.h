// Who listens where: accepts, admits or turns away with a reason, and starts the session of the door's protocol on the
// connection's own thread. protocols/README.md "Network". What is said in a session is the protocols' business; the web
// door listens by itself (web/server.h).
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
#include "server/config/config.h"
#include "server/doors/admission.h"

namespace server {

// One protocol on one kind of port.
struct Door {
    std::string name;  // "imaps": the config's key, and the log's
    // Says no before a session begins: "421 … too many connections", "* BYE …", "-ERR …", with its line end.
    std::function<std::string(std::string_view reason)> farewell;
    net::TlsContext* implicit_tls = nullptr;  // TLS comes first, done here before serve; nothing: it does not
    // Holds the conversation to its end.
    std::function<asio::awaitable<void>(net::Stream stream, std::string session)> serve;
};

struct DoorsOptions {
    AdmissionLimits admission;
    std::chrono::seconds proxy_header_timeout{5};
    std::chrono::seconds handshake_timeout{30};
    std::vector<auth::Network> proxy_from;  // peers that speak for others: here by the PROXY protocol
};

class Doors {
  public:
    Doors(net::Threads& threads, services::EventLog& log, DoorsOptions options);
    ~Doors();  // stop() must have been called, if start() was

    // Binds; nothing is accepted yet. Throws std::system_error naming the endpoint. An IPv6 wildcard that the machine
    // cannot bind because it has no IPv6 is passed over where an IPv4 one stands beside it.
    void open(Door door, const Endpoints& endpoints);
    // Accepts. On failure of one accept the log says so, and the door goes on.
    void start();

    // Where a door has come to listen, in the order of open(): for tests with port 0, and for the log.
    struct Bound {
        std::string door;
        asio::ip::tcp::endpoint endpoint;
    };
    const std::vector<Bound>& bound() const;

    void configure(DoorsOptions options);

    // Whether `proxy_from` names this textual address. Thread-safe.
    bool is_proxy(const std::string& address) const;

    // Accepts no more, tells every session, waits for them to end; false if some had not ended in that time. Blocks.
    bool stop(std::chrono::milliseconds patience);

    std::size_t sessions() const;

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace server
