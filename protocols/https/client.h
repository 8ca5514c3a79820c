// Outgoing HTTPS by libcurl, for ACME and policy hosts: HTTP/1.1, TLS 1.2 and later, a connection of its own for each
// request, no proxy, no cookies. One thread of its own drives all transfers, so none blocks a network thread; all of
// them are bounded in octets and time. Parties take turns, since a silent server keeps its place for long.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "protocols/https/fetcher.h"

namespace https {

struct ClientOptions {
    std::size_t at_once = 32;     // transfers; one party has a quarter of them at most
    std::size_t waiting = 1'000;  // requests, with those under way; more fail at once
    std::string user_agent = "mailstead";
};

// Its thread starts with the first request.
class Client final : public Fetcher {
  public:
    explicit Client(ClientOptions options = {});
    ~Client() override;  // as stop()
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    asio::awaitable<Outcome> fetch(Request request) override;

    // Requests under way, those that wait and later ones end as Fault::stopped. Call it before the executors of those
    // who wait are destroyed.
    void stop();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace https
