// Tries hosts in their order, the address families of each in turn; addresses that failed a while ago come last.
// RFC 5321 §5.1, §3.8; RFC 8305 §5; RFC 7435 §3; RFC 8314 §3.
#include "server/queue/connector.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "server/queue/destinations.h"
#include "server/queue/listed.h"

namespace server::queue {
namespace {

using Kind = smtp::Outcome::Kind;

constexpr std::size_t most_resting = 10'000;  // addresses remembered

bool is_verified(const Route& route) {
    return tls_of(route) == RouteTls::required || tls_of(route) == RouteTls::implicit;
}

const std::string& trusted_for(const Route& route, const OutboundOptions& options) {
    return route.ca_file.empty() ? options.trusted : route.ca_file;
}

// A policy of the domain says more than that any TLS will do.
bool is_demanded(const NextHop& hop, const MailHost& host) { return host.dane || hop.sts == sts::Mode::enforce; }

std::string_view policy_type_of(const NextHop& hop, const MailHost& host) {
    return host.dane ? "tlsa" : hop.sts != sts::Mode::none ? "sts" : "no-policy-found";
}

bool is_required(const NextHop& hop) { return hop.wish == storage::TlsWish::required; }

// What wants more than that any TLS will do, for a failure; empty: nothing.
std::string_view demand_of(const NextHop& hop, const MailHost& host) {
    if (is_required(hop)) return "REQUIRETLS: ";
    if (!is_demanded(hop, host)) return "";
    return host.dane ? "DANE: " : "MTA-STS: ";
}

// Whether the host is known by what authorities vouch for, not by its TLSA records: none of these can be used, or there
// are none.
bool needs_authorities(const NextHop& hop, const MailHost& host) {
    return is_required(hop) && (!host.dane || host.dane->associations.empty());
}

// DANE's records stand above what the system trusts, but not above what the administrator says of a route, or a sender
// who wants none of the domain's policies.
bool may_use_dane(const NextHop& hop) {
    return hop.secure && hop.wish != storage::TlsWish::optional && hop.route.host.empty() &&
           tls_of(hop.route) == RouteTls::opportunistic;
}

smtp::ClientOptions client_options(const NextHop& hop, const MailHost& host, net::TlsContext* tls,
                                   const OutboundOptions& options) {
    const Route& route = hop.route;
    const RouteTls wish = tls_of(route);
    smtp::ClientOptions out;
    out.hostname = options.hostname;
    out.implicit_tls = wish == RouteTls::implicit;
    out.tls = wish == RouteTls::none            ? smtp::TlsPolicy::none
              : wish == RouteTls::opportunistic ? smtp::TlsPolicy::opportunistic
                                                : smtp::TlsPolicy::required;
    out.tls_context = tls;
    out.server.name = host.name;
    if (is_demanded(hop, host) || is_required(hop)) out.tls = smtp::TlsPolicy::required;
    out.requiretls = is_required(hop);
    if (host.dane && !needs_authorities(hop, host)) out.server = identity_of(*host.dane, host.name, hop.domain);
    out.username = route.username;
    out.password = route.password;
    // A route with a password and without TLS: the administrator wants it so.
    out.password_in_plain = wish == RouteTls::none;
    out.timeouts = options.timeouts;
    return out;
}

std::string protection_of(const NextHop& hop, const MailHost& host, const smtp::Client& client) {
    if (!client.is_tls()) return "none";
    if (client.tls_facts().by_dane) return "dane";
    if (is_verified(hop.route)) return "route";
    const bool has_policy = is_required(hop) ? hop.sts != sts::Mode::none : hop.sts == sts::Mode::enforce;
    if (has_policy && host.named && !host.dane) return "sts";
    return is_required(hop) ? "pkix" : "opportunistic";
}

// Whether the session is with the server that was meant, as RFC 8689 §2 wants it.
bool is_authenticated(std::string_view protection) { return protection != "none" && protection != "opportunistic"; }

// The administrator's route and the sender contradict each other.
std::optional<smtp::Outcome> contradiction(const NextHop& hop) {
    if (!is_required(hop) || tls_of(hop.route) != RouteTls::none) return std::nullopt;
    return smtp::permanent("5.7.10", "REQUIRETLS: the route that its mail takes is one without TLS");
}

smtp::Outcome shutting_down() { return smtp::temporary("4.3.2", "this server is shutting down"); }

}  // namespace

// A connection being opened, and the results of the addresses tried so far.
struct Connector::Opening {
    // A temporary failure of any host overrides the permanent ones of all others.
    void fail(smtp::Outcome failure) {
        if (failed && failed->kind == Kind::temporary && failure.kind == Kind::permanent) return;
        failed = std::move(failure);
    }

    NextHop hop;  // its hosts, without the addresses already tried
    Options options;
    std::set<dns::Party> parties;
    std::string looked_up;  // the host, while it is
    std::shared_ptr<net::TlsContext> tls;
    std::optional<Connected> connected;
    std::optional<smtp::Outcome> failed;
};

Connector::Connector(asio::any_io_executor executor, dns::Resolver& resolver, services::EventLog& log,
                     TlsResults& results, std::function<std::int64_t()> now)
    : executor_(std::move(executor)), resolver_(resolver), log_(log), results_(results), now_(std::move(now)) {}

void Connector::avoid(const asio::ip::tcp::endpoint& endpoint, const OutboundOptions& options) {
    if (resting_.size() >= most_resting) resting_.clear();
    resting_[endpoint] = now_() + options.address_rest.count();
}

bool Connector::is_resting(const asio::ip::tcp::endpoint& endpoint) {
    const auto found = resting_.find(endpoint);
    if (found == resting_.end()) return false;
    if (found->second > now_()) return true;
    resting_.erase(found);
    return false;
}

void Connector::stop() {
    stopped_ = true;
    for (smtp::Client* client : opening_) client->interrupt();
    for (net::ConnectionRace* race : races_) race->interrupt();
}

std::shared_ptr<net::TlsContext> Connector::tls_context(bool verify, const std::string& ca_file, std::string& fault) {
    std::shared_ptr<net::TlsContext>& context = contexts_[(verify ? "verified " : "any ") + ca_file];
    try {
        if (!context) {
            context = std::make_shared<net::TlsContext>(net::ClientTlsOptions{.verify = verify, .ca_file = ca_file});
        }
    } catch (const std::exception& error) {
        fault = ca_file.empty() ? error.what() : ca_file + ": " + error.what();
    }
    return context;
}

void Connector::join(const std::string& key, const dns::Party& party) {
    for (Opening* opening : openings_) {
        if (opening->hop.key != key) continue;
        opening->parties.insert(party);
        if (!opening->looked_up.empty()) resolver_.join_addresses(party, opening->looked_up);
    }
}

asio::awaitable<std::expected<Connected, smtp::Outcome>> Connector::connect(NextHop hop, Options options,
                                                                            std::set<dns::Party> parties) {
    if (std::optional<smtp::Outcome> refusal = contradiction(hop)) co_return std::unexpected(*std::move(refusal));
    std::string fault;
    const bool verified = is_verified(hop.route);
    std::shared_ptr<net::TlsContext> tls =
        tls_context(verified, verified ? trusted_for(hop.route, *options) : "", fault);
    if (!tls) co_return std::unexpected(smtp::temporary("4.7.5", "TLS is not set up here: " + fault));
    Opening opening{
        .hop = std::move(hop), .options = std::move(options), .parties = std::move(parties), .tls = std::move(tls)};
    const Listed listed(openings_, &opening);
    for (const bool resting : {false, true}) {
        for (std::size_t which = 0; which < opening.hop.hosts.size(); ++which) {
            if (!stopped_) co_await try_host(opening, which, resting);
            if (opening.connected) co_return *std::move(opening.connected);
        }
    }
    if (stopped_) co_return std::unexpected(shutting_down());
    co_return std::unexpected(opening.failed.value_or(smtp::temporary("4.4.1", "no host could be reached")));
}

// First without `resting`: addresses that are not resting; then with it: the others.
asio::awaitable<void> Connector::try_host(Opening& opening, std::size_t which, bool resting) {
    MailHost& host = opening.hop.hosts[which];
    if (!resting && host.addresses.empty()) co_await look_up(host, opening);
    std::vector<asio::ip::tcp::endpoint> left;
    std::erase_if(host.addresses, [&](const asio::ip::address& address) {
        const asio::ip::tcp::endpoint endpoint(address, opening.hop.route.port);
        if (!resting && is_resting(endpoint)) return false;
        left.push_back(endpoint);
        return true;
    });
    const OutboundOptions& options = *opening.options;
    const bool last = which + 1 == opening.hop.hosts.size();
    const net::ConnectOptions wishes{
        .timeout = last ? options.connect_timeout : std::min(options.impatient_timeout, options.connect_timeout),
        .next_after = options.next_address_after};
    while (!left.empty() && !stopped_) {
        net::Connection connection = co_await connect_first(left, wishes);
        for (const net::Connection::Failure& failure : connection.failures) {
            std::erase(left, failure.to);
            failed(opening, host.name, failure.to,
                   {.outcome = smtp::temporary("4.4.1", "connecting: " + failure.reason.message())});
        }
        if (!connection.stream) co_return;
        const asio::ip::tcp::endpoint endpoint = connection.to;
        std::erase(left, endpoint);
        for (const asio::ip::tcp::endpoint& slow : connection.overtaken) avoid(slow, options);
        std::expected<Connected, smtp::ClientFailure> connected =
            co_await greet(opening, std::move(connection), host, wishes);
        if (connected) {
            opening.connected = *std::move(connected);
            resting_.erase(endpoint);
            co_return;
        }
        failed(opening, host.name, endpoint, std::move(connected.error()));
    }
}

void Connector::failed(Opening& opening, const std::string& name, const asio::ip::tcp::endpoint& endpoint,
                       smtp::ClientFailure failure) {
    if (stopped_) return;
    const bool at_log_in = failure.at == smtp::FailedAt::log_in;
    smtp::Outcome& outcome = failure.outcome;
    services::EventLog::Fields fields{{"next-hop", opening.hop.key},
                                      {"remote", name},
                                      {"address", endpoint.address().to_string()},
                                      {"port", endpoint.port()}};
    if (at_log_in) fields.emplace_back("username", opening.hop.route.username);
    fields.emplace_back("reason", outcome.line());
    // Nobody but the administrator can mend a log-in.
    log_.write(at_log_in ? services::Level::warn : services::Level::info, "queue", "",
               at_log_in ? "log-in-failed" : "address-failed", fields);
    if (failure.at != smtp::FailedAt::demand) avoid(endpoint, *opening.options);
    if (outcome.said.empty())
        outcome.text = name + " (" + endpoint.address().to_string() + " port " + std::to_string(endpoint.port()) +
                       "): " + outcome.text;
    opening.fail(std::move(outcome));
}

asio::awaitable<void> Connector::look_up(MailHost& host, Opening& opening) {
    std::error_code no_number;
    const auto numeric = asio::ip::make_address(host.name, no_number);
    if (!no_number) {
        host.addresses = {numeric};
        keep_destinations(host, opening);
        co_return;
    }
    opening.looked_up = host.name;
    const dns::Answer<asio::ip::address> answer = co_await resolver_.addresses(opening.parties, host.name);
    opening.looked_up.clear();
    const auto* found = std::get_if<dns::Found<asio::ip::address>>(&answer);
    if (found == nullptr) {
        const std::string* why = dns::why_not(answer);
        opening.fail(smtp::temporary(why != nullptr ? "4.4.3" : "4.4.4", "no address of " + host.name + " was found" +
                                                                             (why != nullptr ? ": " + *why : "")));
        co_return;
    }
    host.addresses = families_in_turn(found->records, opening.options->ipv6_first);
    keep_destinations(host, opening);
    if (!host.addresses.empty()) co_await look_up_trust(host, answer, opening);
    if (host.addresses.size() > opening.options->max_addresses) host.addresses.resize(opening.options->max_addresses);
}

// What the host's certificate must be. If that cannot be told, mail does not go there: somebody may be keeping it from
// us (RFC 7672 §2.1.1).
asio::awaitable<void> Connector::look_up_trust(MailHost& host, const dns::Answer<asio::ip::address>& addresses,
                                               Opening& opening) {
    if (!may_use_dane(opening.hop)) co_return;
    auto dane = co_await look_up_dane(resolver_, opening.parties, host.name, opening.hop.route.port, addresses);
    if (dane) {
        host.dane = *std::move(dane);
        co_return;
    }
    results_.count({opening.hop.domain, "tlsa", "dnssec-invalid", host.name}, now_());
    host.addresses.clear();
    opening.fail(smtp::temporary("4.7.5", "DANE: " + dane.error()));
}

// The DNS may lead into our own network: only a route may. RFC 3463 §3.2 (5.1.2), §3.5 (5.4.6).
void Connector::keep_destinations(MailHost& host, Opening& opening) {
    if (!opening.hop.route.host.empty()) return;
    std::vector<asio::ip::address> refused;
    std::erase_if(host.addresses, [&](const asio::ip::address& address) {
        if (takes_found(address, *opening.options)) return false;
        refused.push_back(address);
        return true;
    });
    for (const asio::ip::address& address : refused) {
        log_.write(services::Level::info, "queue", "", "address-refused",
                   {{"next-hop", opening.hop.key}, {"remote", host.name}, {"address", address.to_string()}});
    }
    if (refused.empty() || !host.addresses.empty()) return;
    const bool loops = std::ranges::any_of(refused, [&](const auto& one) { return is_own(one, *opening.options); });
    opening.fail(loops ? smtp::permanent("5.4.6", "mail for " + host.name + " would come back to this server")
                       : smtp::permanent("5.1.2", "mail does not go to " + refused.front().to_string() +
                                                      ", the address of " + host.name));
}

asio::awaitable<net::Connection> Connector::connect_first(std::vector<asio::ip::tcp::endpoint> to,
                                                          net::ConnectOptions options) {
    net::ConnectionRace running(executor_, std::move(to), options);
    const Listed listed(races_, &running);
    co_return co_await running.run();
}

asio::awaitable<std::expected<void, smtp::ClientFailure>> Connector::open(smtp::Client& client) {
    const Listed listed(opening_, &client);
    co_return co_await client.open();
}

// An MTA-STS policy wants what authorities vouch for (RFC 8461 §4.2), in testing mode it is only noted; so does a
// sender where no TLSA record says which certificate it must be.
std::shared_ptr<net::TlsContext> Connector::context_for(const Opening& opening, const MailHost& host) {
    const NextHop& hop = opening.hop;
    const bool by_sender = needs_authorities(hop, host);
    const bool by_policy = !host.dane && hop.sts != sts::Mode::none;
    if (is_verified(hop.route) || (!by_sender && !by_policy)) return opening.tls;
    std::string fault;
    const bool enforced = by_sender || hop.sts == sts::Mode::enforce;
    std::shared_ptr<net::TlsContext> context =
        tls_context(enforced, by_sender ? trusted_for(hop.route, *opening.options) : opening.options->trusted, fault);
    if (!context) {
        log_.write(services::Level::error, "queue", "", "trust-not-read", {{"reason", fault}});
        if (!enforced) return opening.tls;
    }
    return context;
}

// RFC 8460 §4.3. What has nothing to do with TLS is not counted.
void Connector::note_tls(const Opening& opening, const MailHost& host, const smtp::Client& client,
                         const smtp::ClientFailure* failure) {
    const NextHop& hop = opening.hop;
    if (hop.domain.empty() || hop.wish == storage::TlsWish::optional || stopped_) return;
    std::string result = "success";
    if (failure != nullptr) {
        const std::string& status = failure->outcome.status;
        const bool of_tls = failure->at == smtp::FailedAt::handshake || status == "4.7.10" || status == "5.7.10";
        if (!of_tls) return;
        result = result_type_of(failure->outcome.text);
    } else if (!client.is_tls()) {
        result = "starttls-not-supported";
    } else if (hop.sts == sts::Mode::testing && !host.dane) {
        const std::string fault = host.named ? client.tls_facts().verify_error : "not named by the policy";
        if (!fault.empty()) result = result_type_of(fault);
    }
    results_.count({hop.domain, std::string(policy_type_of(hop, host)), result, host.name}, now_());
}

// Greeting, TLS, log-in. `again`: opportunistic TLS failed, try once more without it (RFC 7435 §3).
asio::awaitable<std::expected<Connected, smtp::ClientFailure>> Connector::greet(Opening& opening,
                                                                                net::Connection connection,
                                                                                const MailHost& host,
                                                                                net::ConnectOptions again) {
    const std::shared_ptr<net::TlsContext> tls = context_for(opening, host);
    smtp::ClientOptions wishes = client_options(opening.hop, host, tls.get(), *opening.options);
    const asio::ip::tcp::endpoint endpoint = connection.to;
    for (;;) {
        auto client = std::make_unique<smtp::Client>(*std::move(connection.stream), wishes);
        std::expected<void, smtp::ClientFailure> opened = co_await open(*client);
        note_tls(opening, host, *client, opened ? nullptr : &opened.error());
        if (opened) {
            std::string protection = protection_of(opening.hop, host, *client);
            const bool requiretls = client->peer().requiretls && is_authenticated(protection);
            co_return Connected{.client = std::move(client),
                                .remote = host.name,
                                .endpoint = endpoint,
                                .protection = std::move(protection),
                                .requiretls = requiretls};
        }
        co_await client->quit();
        if (opened.error().outcome.said.empty()) opened.error().outcome.text.insert(0, demand_of(opening.hop, host));
        const bool without =
            opened.error().at == smtp::FailedAt::handshake && wishes.tls == smtp::TlsPolicy::opportunistic && !stopped_;
        if (!without) co_return std::unexpected(std::move(opened.error()));
        wishes.tls = smtp::TlsPolicy::none;
        connection = co_await connect_first({endpoint}, again);
        if (!connection.stream) co_return std::unexpected(std::move(opened.error()));
    }
}

}  // namespace server::queue
