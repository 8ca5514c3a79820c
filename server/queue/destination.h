// Where mail for a domain is taken: by a route of the config, an address literal, or the DNS; and the connection to
// there. RFC 5321 §5; the order in which hosts and their addresses are tried is theirs.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocols/dns/resolver.h"
#include "protocols/net/tls.h"
#include "protocols/smtp/client.h"
#include "server/queue/next_hop.h"

namespace server::queue {

struct DestinationOptions {
    std::string hostname;       // ours
    std::vector<Route> routes;  // "*": every domain not named
    std::uint16_t remote_port = 25;
    std::chrono::milliseconds connect_timeout{30'000};
    std::chrono::milliseconds impatient_timeout{5'000};  // while other addresses are left (RFC 8305's spirit)
    std::chrono::seconds address_rest{60};               // for one that failed: the others come first
    std::size_t max_hosts = 10;                          // of a domain's MX records
    std::size_t max_addresses = 4;                       // of one host
    smtp::ClientTimeouts timeouts{};
};

// An open connection and whom it is with.
struct Connected {
    std::unique_ptr<smtp::Client> client;
    std::string remote;  // host name, or address
    asio::ip::tcp::endpoint endpoint;
};

// Used on one thread. Options are handed in with each call, so that they may change between calls.
class Destinations {
  public:
    using Options = std::shared_ptr<const DestinationOptions>;

    Destinations(asio::any_io_executor executor, dns::Resolver& resolver,
                 std::function<std::size_t(std::size_t)> random_below, std::function<std::int64_t()> now);

    // The next hop of a domain, where the DNS need not be asked: a route's relay, an address literal.
    static std::optional<NextHop> known(const std::string& domain, const DestinationOptions& options);
    // The same by the DNS. The failure is the domain's: permanent for one that takes no mail.
    asio::awaitable<std::expected<NextHop, smtp::Outcome>> resolve(std::string domain, Options options);

    // Connects to the first address that takes us. A failure speaks for all of them: it is permanent only where every
    // one has refused us for good (RFC 5321 §5.1: the mail is tried again as long as it may yet be delivered).
    asio::awaitable<std::expected<Connected, smtp::Outcome>> connect(NextHop hop, Options options);

    // The address broke a connection: others come first for a while.
    void avoid(const asio::ip::tcp::endpoint& endpoint, const DestinationOptions& options);
    // Ends connections that are being opened.
    void interrupt();
    // CA files are read anew.
    void forget_trust() { contexts_.clear(); }

  private:
    class Opening;

    asio::awaitable<void> look_up(MailHost& host, const DestinationOptions& options, Opening& opening);
    asio::awaitable<void> try_addresses(const NextHop& hop, Opening& opening, bool resting,
                                        const DestinationOptions& options);
    asio::awaitable<std::expected<Connected, smtp::Outcome>> connect_address(asio::ip::tcp::endpoint endpoint,
                                                                             std::string name, const Route& route,
                                                                             std::chrono::milliseconds timeout,
                                                                             const DestinationOptions& options);
    asio::awaitable<std::expected<void, smtp::ClientFailure>> open(smtp::Client& client);
    std::shared_ptr<net::TlsContext> tls_context(const Route& route, std::string& fault);
    bool is_resting(const asio::ip::tcp::endpoint& endpoint);

    asio::any_io_executor executor_;
    dns::Resolver& resolver_;
    std::function<std::size_t(std::size_t)> random_below_;
    std::function<std::int64_t()> now_;
    std::map<asio::ip::tcp::endpoint, std::int64_t> resting_;  // until when
    std::set<smtp::Client*> opening_;                          // to interrupt
    // Made when first needed: a verifying one reads every certificate that it trusts. By CA file; "": any certificate.
    std::map<std::string, std::shared_ptr<net::TlsContext>> contexts_;
};

}  // namespace server::queue
