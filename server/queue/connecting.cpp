// The connection to a next hop: hosts by preference, of each its addresses with the families in turn, those last that
// failed a while ago. RFC 5321 §5.1, §3.8; RFC 8305's spirit; RFC 7435 §3; RFC 8314 §3.
#include <algorithm>
#include <system_error>

#include "protocols/net/connect.h"
#include "server/queue/destination.h"
#include "server/queue/failure.h"

namespace server::queue {
namespace {

using Kind = smtp::Outcome::Kind;

constexpr std::size_t most_resting = 10'000;  // addresses remembered

// Where a password is sent, the server must be who it should be, unless the route says otherwise.
RouteTls tls_of(const Route& route) {
    if (route.tls != RouteTls::automatic) return route.tls;
    return route.username.empty() ? RouteTls::opportunistic : RouteTls::required;
}

bool is_verified(const Route& route) {
    return tls_of(route) == RouteTls::required || tls_of(route) == RouteTls::implicit;
}

smtp::ClientOptions client_options(const Route& route, const std::string& name, net::TlsContext* tls,
                                   const DestinationOptions& options) {
    const RouteTls wish = tls_of(route);
    smtp::ClientOptions out;
    out.hostname = options.hostname;
    out.implicit_tls = wish == RouteTls::implicit;
    out.tls = wish == RouteTls::none            ? smtp::TlsPolicy::none
              : wish == RouteTls::opportunistic ? smtp::TlsPolicy::opportunistic
                                                : smtp::TlsPolicy::required;
    out.tls_context = tls;
    out.server_name = name;
    out.username = route.username;
    out.password = route.password;
    // Who routes without TLS, with a password, wants it so.
    out.password_in_plain = wish == RouteTls::none;
    out.timeouts = options.timeouts;
    return out;
}

// The families in turn, each in its own order, the first address's first.
std::vector<asio::ip::address> alternate(const std::vector<asio::ip::address>& addresses) {
    std::vector<asio::ip::address> families[2];
    for (const asio::ip::address& address : addresses)
        families[address.is_v4() == addresses.front().is_v4() ? 0 : 1].push_back(address);
    std::vector<asio::ip::address> out;
    for (std::size_t i = 0; out.size() < addresses.size(); ++i) {
        for (const auto& family : families) {
            if (i < family.size()) out.push_back(family[i]);
        }
    }
    return out;
}

}  // namespace

// What came of the addresses tried so far.
class Destinations::Opening {
  public:
    explicit Opening(std::vector<MailHost> tried) : hosts(std::move(tried)) {}

    // A temporary failure of any host outweighs the permanent ones of all others.
    void fail(smtp::Outcome failure) {
        if (failed && failed->kind == Kind::temporary && failure.kind == Kind::permanent) return;
        failed = std::move(failure);
    }

    std::vector<MailHost> hosts;
    std::optional<Connected> connected;
    std::optional<smtp::Outcome> failed;
};

void Destinations::avoid(const asio::ip::tcp::endpoint& endpoint, const DestinationOptions& options) {
    if (resting_.size() >= most_resting) resting_.clear();
    resting_[endpoint] = now_() + options.address_rest.count();
}

bool Destinations::is_resting(const asio::ip::tcp::endpoint& endpoint) {
    const auto found = resting_.find(endpoint);
    if (found == resting_.end()) return false;
    if (found->second > now_()) return true;
    resting_.erase(found);
    return false;
}

void Destinations::interrupt() {
    for (smtp::Client* client : opening_) client->interrupt();
}

std::shared_ptr<net::TlsContext> Destinations::tls_context(const Route& route, std::string& fault) {
    const bool verified = is_verified(route);
    std::shared_ptr<net::TlsContext>& context = contexts_[verified ? "file " + route.ca_file : ""];
    try {
        if (!context) {
            context = std::make_shared<net::TlsContext>(
                net::ClientTlsOptions{.verify = verified, .ca_file = verified ? route.ca_file : ""});
        }
    } catch (const std::exception& error) {
        fault = route.ca_file.empty() ? error.what() : route.ca_file + ": " + error.what();
    }
    return context;
}

asio::awaitable<std::expected<Connected, smtp::Outcome>> Destinations::connect(NextHop hop, Options options) {
    Opening opening(std::move(hop.hosts));
    for (const bool resting : {false, true}) {
        co_await try_addresses(hop, opening, resting, *options);
        if (opening.connected) co_return *std::move(opening.connected);
    }
    co_return std::unexpected(opening.failed.value_or(temporary("4.4.1", "no host could be reached")));
}

// Those that do not rest; then, with `resting`, those that were left out.
asio::awaitable<void> Destinations::try_addresses(const NextHop& hop, Opening& opening, bool resting,
                                                  const DestinationOptions& options) {
    for (std::size_t i = 0; i < opening.hosts.size(); ++i) {
        MailHost& host = opening.hosts[i];
        if (!resting && host.addresses.empty()) co_await look_up(host, options, opening);
        std::vector<asio::ip::tcp::endpoint> endpoints;
        for (const asio::ip::address& address : host.addresses) {
            const asio::ip::tcp::endpoint endpoint(address, hop.route.port);
            if (resting || !is_resting(endpoint)) endpoints.push_back(endpoint);
        }
        for (const asio::ip::tcp::endpoint& endpoint : endpoints) {
            const bool last = &endpoint == &endpoints.back() && i + 1 == opening.hosts.size();
            const auto timeout =
                last ? options.connect_timeout : std::min(options.impatient_timeout, options.connect_timeout);
            std::erase(host.addresses, endpoint.address());  // tried
            std::expected<Connected, smtp::Outcome> connected =
                co_await connect_address(endpoint, host.name, hop.route, timeout, options);
            if (connected) {
                opening.connected = *std::move(connected);
                resting_.erase(endpoint);
                co_return;
            }
            opening.fail(std::move(connected.error()));
            avoid(endpoint, options);
        }
    }
}

asio::awaitable<void> Destinations::look_up(MailHost& host, const DestinationOptions& options, Opening& opening) {
    std::error_code no_number;
    const auto numeric = asio::ip::make_address(host.name, no_number);
    if (!no_number) {
        host.addresses = {numeric};
        co_return;
    }
    dns::Resolver::Addresses found = co_await resolver_.addresses(host.name);
    if (found.status != dns::Status::found) {
        const bool later = found.status == dns::Status::temporary;
        opening.fail(temporary(later ? "4.4.3" : "4.4.4",
                               "no address of " + host.name + " was found" + (later ? ": " + found.why : "")));
        co_return;
    }
    host.addresses = alternate(found.addresses);
    if (host.addresses.size() > options.max_addresses) host.addresses.resize(options.max_addresses);
}

asio::awaitable<std::expected<void, smtp::ClientFailure>> Destinations::open(smtp::Client& client) {
    opening_.insert(&client);
    std::expected<void, smtp::ClientFailure> opened;
    std::exception_ptr fault;
    try {
        opened = co_await client.open();
    } catch (...) {
        fault = std::current_exception();
    }
    opening_.erase(&client);
    if (fault) std::rethrow_exception(fault);
    co_return opened;
}

asio::awaitable<std::expected<Connected, smtp::Outcome>> Destinations::connect_address(
    asio::ip::tcp::endpoint endpoint, std::string name, const Route& route, std::chrono::milliseconds timeout,
    const DestinationOptions& options) {
    std::string fault;
    const std::shared_ptr<net::TlsContext> tls = tls_context(route, fault);
    if (!tls) co_return std::unexpected(temporary("4.7.5", "TLS is not set up here: " + fault));
    smtp::ClientOptions wishes = client_options(route, name, tls.get(), options);
    for (;;) {
        std::unique_ptr<smtp::Client> client;
        try {
            net::Stream stream = co_await net::connect(executor_, endpoint, {.timeout = timeout});
            client = std::make_unique<smtp::Client>(std::move(stream), wishes);
        } catch (const std::system_error& error) {
            fault = error.code().message();
        }
        if (!client) {
            co_return std::unexpected(temporary("4.4.1", "connecting to " + name + " (" +
                                                             endpoint.address().to_string() + " port " +
                                                             std::to_string(endpoint.port()) + "): " + fault));
        }
        std::expected<void, smtp::ClientFailure> opened = co_await open(*client);
        if (opened) co_return Connected{.client = std::move(client), .remote = std::move(name), .endpoint = endpoint};
        co_await client->quit();
        // Opportunistic TLS that fails is worth one more try without (RFC 7435 §3).
        if (!opened.error().tls_failed || wishes.tls != smtp::TlsPolicy::opportunistic)
            co_return std::unexpected(std::move(opened.error().outcome));
        wishes.tls = smtp::TlsPolicy::none;
    }
}

}  // namespace server::queue
