// Where mail for a domain is taken, and the connection to there. RFC 5321 §5.1, RFC 7505, RFC 3463 (status codes).
#include "server/queue/destination.h"

#include <algorithm>
#include <system_error>

#include "protocols/base/text.h"
#include "protocols/dns/mail_hosts.h"
#include "protocols/net/connect.h"

namespace server::queue {
namespace {

using Kind = smtp::Outcome::Kind;

smtp::Outcome failure(Kind kind, std::string status, std::string text) {
    return {.kind = kind, .code = 0, .status = std::move(status), .text = std::move(text)};
}

// "[127.0.0.1]" or "[IPv6:::1]" (RFC 5321 §4.1.3).
std::optional<asio::ip::address> parse_literal(std::string_view domain) {
    if (!domain.starts_with('[') || !domain.ends_with(']')) return std::nullopt;
    domain = domain.substr(1, domain.size() - 2);
    if (base::istarts_with(domain, "IPv6:")) domain.remove_prefix(5);
    std::error_code error;
    const auto address = asio::ip::make_address(std::string(domain), error);
    return error ? std::nullopt : std::optional(address);
}

// The route for the domain; one without a host stands for "as the DNS says".
Route route_for(const std::string& domain, const DestinationOptions& options) {
    const auto named = [&](std::string_view name) {
        return std::ranges::find_if(options.routes,
                                    [&](const Route& route) { return base::iequals(route.domain, name); });
    };
    auto found = named(domain);
    if (found == options.routes.end()) found = named("*");
    Route route = found == options.routes.end() ? Route{} : *found;
    if (route.port == 0) route.port = options.remote_port;
    return route;
}

smtp::ClientOptions client_options(const Route& route, const std::string& name, net::TlsContext& tls,
                                   const DestinationOptions& options) {
    smtp::ClientOptions out;
    out.hostname = options.hostname;
    out.implicit_tls = route.tls == RouteTls::implicit;
    out.tls = route.tls == RouteTls::none            ? smtp::TlsPolicy::none
              : route.tls == RouteTls::opportunistic ? smtp::TlsPolicy::opportunistic
                                                     : smtp::TlsPolicy::required;
    out.tls_context = &tls;
    out.server_name = name;
    out.username = route.username;
    out.password = route.password;
    // Who routes without TLS, with a password, wants it so.
    out.password_in_plain = route.tls == RouteTls::none;
    out.timeouts = options.timeouts;
    return out;
}

}  // namespace

Destinations::Destinations(asio::any_io_executor executor, dns::Resolver& resolver,
                           std::function<std::size_t(std::size_t)> random_below)
    : executor_(std::move(executor)), resolver_(resolver), random_below_(std::move(random_below)) {}

net::TlsContext& Destinations::tls_context(bool verified) {
    auto& context = verified ? verified_ : opportunistic_;
    if (!context) context = std::make_unique<net::TlsContext>(net::ClientTlsOptions{.verify = verified});
    return *context;
}

asio::awaitable<std::expected<Connected, smtp::Outcome>> Destinations::connect(
    std::string domain, std::shared_ptr<const DestinationOptions> options) {
    const Route route = route_for(domain, *options);
    Hosts hosts = std::vector<Host>{{.name = route.host, .addresses = {}}};
    if (route.host.empty()) hosts = co_await hosts_of(domain, *options);
    if (!hosts) co_return std::unexpected(hosts.error());
    smtp::Outcome last = failure(Kind::temporary, "4.4.1", "no host of " + domain + " could be reached");
    for (Host& host : *hosts) {
        std::expected<Connected, smtp::Outcome> connected = co_await connect_host(std::move(host), route, *options);
        if (connected) co_return connected;
        last = std::move(connected.error());
    }
    co_return std::unexpected(last);
}

asio::awaitable<Destinations::Hosts> Destinations::hosts_of(std::string domain, const DestinationOptions& options) {
    using Found = dns::MailHosts::Kind;
    if (const auto literal = parse_literal(domain))
        co_return std::vector<Host>{{.name = domain, .addresses = {*literal}}};
    const std::optional<std::string> ascii = dns::to_a_labels(domain);
    if (!ascii) co_return std::unexpected(failure(Kind::permanent, "5.1.2", domain + " is no domain name"));
    dns::MailHosts found = co_await dns::find_mail_hosts(resolver_, *ascii, random_below_, options.max_hosts);
    switch (found.kind) {
        case Found::temporary:
            co_return std::unexpected(failure(Kind::temporary, "4.4.3",
                                              "the DNS did not say where mail for " + domain + " goes: " + found.why));
        case Found::no_such_domain:
            co_return std::unexpected(
                failure(Kind::permanent, "5.1.2", "there is no domain " + domain + " that takes mail"));
        case Found::null_mx:
            co_return std::unexpected(failure(Kind::permanent, "5.1.10", domain + " takes no mail (null MX)"));
        case Found::hosts:
            break;
    }
    // Where we stand among the hosts ourselves, only better ones than we count (RFC 5321 §5.1).
    const auto self =
        std::ranges::find_if(found.hosts, [&](const auto& host) { return base::iequals(host.name, options.hostname); });
    if (self != found.hosts.end()) {
        const std::uint16_t preference = self->preference;
        std::erase_if(found.hosts, [preference](const auto& host) { return host.preference >= preference; });
        if (found.hosts.empty()) {
            co_return std::unexpected(
                failure(Kind::permanent, "5.4.6", "mail for " + domain + " loops back to this server"));
        }
    }
    std::vector<Host> hosts;
    for (auto& host : found.hosts) hosts.push_back({.name = std::move(host.name), .addresses = {}});
    co_return hosts;
}

asio::awaitable<std::expected<Connected, smtp::Outcome>> Destinations::connect_host(Host host, const Route& route,
                                                                                    const DestinationOptions& options) {
    std::error_code error;
    const auto numeric = asio::ip::make_address(host.name, error);
    if (!error) host.addresses = {numeric};
    if (host.addresses.empty()) {
        dns::Resolver::Addresses found = co_await resolver_.addresses(host.name);
        if (found.status != dns::Status::found) {
            const bool later = found.status == dns::Status::temporary;
            co_return std::unexpected(
                failure(Kind::temporary, later ? "4.4.3" : "4.4.4",
                        "no address of " + host.name + " was found" + (later ? ": " + found.why : "")));
        }
        host.addresses = std::move(found.addresses);
    }
    if (host.addresses.size() > options.max_addresses) host.addresses.resize(options.max_addresses);
    smtp::Outcome last;
    for (const asio::ip::address& address : host.addresses) {
        std::expected<Connected, smtp::Outcome> connected =
            co_await connect_address({address, route.port}, host.name, route, options);
        if (connected) co_return connected;
        last = std::move(connected.error());
    }
    co_return std::unexpected(last);
}

asio::awaitable<std::expected<Connected, smtp::Outcome>> Destinations::connect_address(
    asio::ip::tcp::endpoint endpoint, std::string name, const Route& route, const DestinationOptions& options) {
    const bool verified = route.tls == RouteTls::required || route.tls == RouteTls::implicit;
    smtp::ClientOptions client_wishes = client_options(route, name, tls_context(verified), options);
    for (;;) {
        std::optional<smtp::Client> client;
        std::string why;
        try {
            net::Stream stream = co_await net::connect(executor_, endpoint, {.timeout = options.connect_timeout});
            client.emplace(std::move(stream), client_wishes);
        } catch (const std::system_error& error) {
            why = error.code().message();
        }
        if (!client) {
            co_return std::unexpected(failure(Kind::temporary, "4.4.1",
                                              "connecting to " + name + " (" + endpoint.address().to_string() +
                                                  " port " + std::to_string(endpoint.port()) + "): " + why));
        }
        std::expected<void, smtp::ClientFailure> opened = co_await client->open();
        if (opened)
            co_return Connected{.client = std::make_unique<smtp::Client>(*std::move(client)),
                                .remote = std::move(name)};
        co_await client->quit();
        // Opportunistic TLS that fails is worth one more try without (RFC 7435 §3).
        if (!opened.error().tls_failed || client_wishes.tls != smtp::TlsPolicy::opportunistic) {
            co_return std::unexpected(std::move(opened.error().outcome));
        }
        client_wishes.tls = smtp::TlsPolicy::none;
    }
}

}  // namespace server::queue
