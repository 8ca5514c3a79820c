// What both versions of HTTP need of their connection. http1.h and http2.h hold the conversation.
#pragma once

#include <asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "protocols/http/options.h"
#include "protocols/http/work.h"
#include "protocols/net/stream.h"
#include "protocols/net/wakeup.h"
#include "protocols/services/event_log.h"

namespace http {

// Rung by the works of a connection; its coroutine waits for it, alone or together with the client.
class Bell {
  public:
    explicit Bell(net::Stream& stream)
        : stream_(stream), signal_(stream.executor()), to_stream_(signal_.notifier()), wakeup_(stream.executor()) {}

    void ring();
    // Until it rings, or has rung; for so long at most. The client is not looked at.
    asio::awaitable<void> wait(std::chrono::milliseconds at_most);
    // Until it rings, or has rung; the client sends something, or goes (PeerGone); or the stream's deadline passes.
    asio::awaitable<net::WaitOutcome> wait_for_client_too();

  private:
    net::Stream& stream_;
    net::Signal signal_;
    net::Signal::Notifier to_stream_;
    net::Wakeup wakeup_;
    bool at_stream_ = false;
};

struct Session {
    Session(net::Stream given, std::string id, const Options& limits, const Services& house)
        : stream(std::move(given)),
          options(limits),
          services(house),
          log(house.log, "http", std::move(id)),
          bell(stream) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    std::shared_ptr<Work> begin(wire::RequestHead head, std::function<void()> ring);
    // Adds what every answer has: Date (RFC 9110 §6.6.1).
    void complete(Response& response) const;
    void log_failure(const Work& work) const;

    net::Stream stream;
    const Options& options;
    const Services& services;
    services::SessionLog log;
    Bell bell;
    std::uint64_t requests = 0;
    bool has_unread_content = false;  // at the end: the client still sends
    const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

// Whether what ends the connection is a client that is gone, after all its requests had been answered.
class LeftInPeace : public net::PeerGone {
  public:
    using net::PeerGone::PeerGone;
};

}  // namespace http
