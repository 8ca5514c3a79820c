// Where mail for a domain is taken: by a route of the config, an address literal, or the DNS; and the connection to
// there. RFC 5321 §5; the order in which hosts and their addresses are tried is theirs.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "protocols/dns/resolver.h"
#include "protocols/net/tls.h"
#include "protocols/smtp/client.h"
#include "server/config.h"

namespace server::queue {

struct DestinationOptions {
    std::string hostname;       // ours
    std::vector<Route> routes;  // "*": every domain not named
    std::uint16_t remote_port = 25;
    std::chrono::milliseconds connect_timeout{30'000};
    std::size_t max_hosts = 10;     // of a domain's MX records
    std::size_t max_addresses = 8;  // of one host
    smtp::ClientTimeouts timeouts{};
};

// An open connection and whom it is with.
struct Connected {
    std::unique_ptr<smtp::Client> client;
    std::string remote;  // host name, or address
};

// Used on one thread.
class Destinations {
  public:
    Destinations(asio::any_io_executor executor, dns::Resolver& resolver,
                 std::function<std::size_t(std::size_t)> random_below);

    // Connects to the first host that takes us. The failure is that of the last host tried, or of the domain itself.
    asio::awaitable<std::expected<Connected, smtp::Outcome>> connect(std::string domain,
                                                                     std::shared_ptr<const DestinationOptions> options);

  private:
    struct Host {
        std::string name;
        std::vector<asio::ip::address> addresses;  // empty: to be looked up
    };
    using Hosts = std::expected<std::vector<Host>, smtp::Outcome>;

    asio::awaitable<Hosts> hosts_of(std::string domain, const DestinationOptions& options);
    asio::awaitable<std::expected<Connected, smtp::Outcome>> connect_host(Host host, const Route& route,
                                                                          const DestinationOptions& options);
    asio::awaitable<std::expected<Connected, smtp::Outcome>> connect_address(asio::ip::tcp::endpoint endpoint,
                                                                             std::string name, const Route& route,
                                                                             const DestinationOptions& options);
    net::TlsContext& tls_context(bool verified);

    asio::any_io_executor executor_;
    dns::Resolver& resolver_;
    std::function<std::size_t(std::size_t)> random_below_;
    // Made when first needed: the verifying one reads every certificate that the system trusts.
    std::unique_ptr<net::TlsContext> opportunistic_;
    std::unique_ptr<net::TlsContext> verified_;
};

}  // namespace server::queue
