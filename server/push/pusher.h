// Tells devices that something has changed, by Web Push: RFC 8620 §7.2, RFC 8030. What they are told is a StateChange:
// many changes become one, and one that is not taken is told again with whatever is true by then.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "protocols/dns/answer.h"
#include "protocols/https/fetcher.h"
#include "protocols/services/event_log.h"
#include "storage/store.h"

namespace server::push {

// All must outlive the pusher.
struct Services {
    storage::Store& store;
    services::EventLog& log;
    https::Fetcher& fetcher;
    // Of a push service, asked on behalf of a party.
    std::function<asio::awaitable<dns::Answer<asio::ip::address>>(std::string host, std::string party)> addresses;
    // A URL is the user's choice, and may lead into our own network.
    std::function<bool(const asio::ip::address&)> may_push_to;
    std::function<std::int64_t()> now;                      // Unix seconds
    std::function<std::string(std::size_t)> random_octets;  // unpredictable
    std::function<asio::awaitable<void>(std::chrono::milliseconds)> pause;
};

struct Options {
    std::string contact;                       // of who runs this server: "mailto:postmaster@…" (RFC 8292 §2.1)
    std::string trusted;                       // PEM file of authorities; empty: the system's
    std::chrono::milliseconds gather{500};     // so long changes gather before a push
    std::chrono::milliseconds between{5'000};  // pushes to one device
    std::chrono::milliseconds timeout{30'000};
};

class Pusher {
  public:
    Pusher(Services services, Options options);
    ~Pusher();  // stop() must have been called, if start() was, while the executor's loop ran
    Pusher(const Pusher&) = delete;
    Pusher& operator=(const Pusher&) = delete;

    // Watches the store from now on. Everything runs on this executor, which has one thread.
    void start(const asio::any_io_executor& executor);
    // Nothing more is sent. From any thread.
    void stop();
    // That are watched. On the executor.
    std::size_t devices() const;

  private:
    struct Implementation;
    std::shared_ptr<Implementation> implementation_;
};

}  // namespace server::push
