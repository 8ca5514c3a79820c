// Opens connections to a next hop, ready for mail: chooses host and address, does TLS and log-in. RFC 5321 §5.1.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "protocols/dns/resolver.h"
#include "protocols/net/connect.h"
#include "protocols/net/tls.h"
#include "protocols/services/event_log.h"
#include "protocols/smtp/client.h"
#include "server/queue/next_hop.h"
#include "server/queue/outbound_options.h"
#include "server/queue/tls_results.h"

namespace server::queue {

// An open connection and its peer.
struct Connected {
    std::unique_ptr<smtp::Client> client;
    std::string remote;  // host name, or address
    asio::ip::tcp::endpoint endpoint;
    std::string protection;   // what the session's security rests on: storage::DeliveryAttempt
    bool requiretls = false;  // it has all that REQUIRETLS demands (RFC 8689 §2)
};

// Used on one thread. Options are passed with each call, so that they may change between calls.
class Connector {
  public:
    using Options = std::shared_ptr<const OutboundOptions>;

    Connector(asio::any_io_executor executor, dns::Resolver& resolver, services::EventLog& log, TlsResults& results,
              std::function<std::int64_t()> now);

    // Connects to the first host that accepts us; of one host, to the address that answers first. A failure is for all
    // of them: it is permanent only if every host has refused us permanently (RFC 5321 §5.1: the mail is tried again as
    // long as it may still be delivered). Hosts are looked up in the turns of these
    // parties, whose mail waits for it: one at least.
    asio::awaitable<std::expected<Connected, smtp::Outcome>> connect(NextHop hop, Options options,
                                                                     std::set<dns::Party> parties);
    // This party's mail waits, too, for what is being connected to the next hop of this key.
    void join(const std::string& key, const dns::Party& party);

    // A connection to this address broke: try others first for a while.
    void avoid(const asio::ip::tcp::endpoint& endpoint, const OutboundOptions& options);
    // Interrupts connections being opened, and opens no more.
    void stop();
    // Forgets CA files, so that they are read again.
    void forget_trust() { contexts_.clear(); }

  private:
    struct Opening;

    asio::awaitable<void> look_up(MailHost& host, Opening& opening);
    asio::awaitable<void> look_up_trust(MailHost& host, const dns::Answer<asio::ip::address>& addresses,
                                        Opening& opening);
    void keep_destinations(MailHost& host, Opening& opening);
    asio::awaitable<void> try_host(Opening& opening, std::size_t which, bool resting);
    asio::awaitable<net::Connection> connect_first(std::vector<asio::ip::tcp::endpoint> to,
                                                   net::ConnectOptions options);
    asio::awaitable<std::expected<Connected, smtp::ClientFailure>> greet(Opening& opening, net::Connection connection,
                                                                         const MailHost& host,
                                                                         net::ConnectOptions again);
    asio::awaitable<std::expected<void, smtp::ClientFailure>> open(smtp::Client& client);
    void failed(Opening& opening, const std::string& name, const asio::ip::tcp::endpoint& endpoint,
                smtp::ClientFailure failure);
    // verify: or the connection fails; else the session's facts say what is wrong.
    std::shared_ptr<net::TlsContext> tls_context(bool verify, const std::string& ca_file, std::string& fault);
    std::shared_ptr<net::TlsContext> context_for(const Opening& opening, const MailHost& host);
    void note_tls(const Opening& opening, const MailHost& host, const smtp::Client& client,
                  const smtp::ClientFailure* failure);
    bool is_resting(const asio::ip::tcp::endpoint& endpoint);

    asio::any_io_executor executor_;
    dns::Resolver& resolver_;
    services::EventLog& log_;
    TlsResults& results_;
    std::function<std::int64_t()> now_;
    std::map<asio::ip::tcp::endpoint, std::int64_t> resting_;  // until when
    std::set<Opening*> openings_;
    std::set<smtp::Client*> opening_;       // to interrupt
    std::set<net::ConnectionRace*> races_;  // the same
    bool stopped_ = false;
    // Made when first needed: one reads all trusted certificates. By what it verifies.
    std::map<std::string, std::shared_ptr<net::TlsContext>> contexts_;
};

}  // namespace server::queue
