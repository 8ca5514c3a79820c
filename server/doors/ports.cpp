// Separate sockets for IPv4 and IPv6, so that IPv4 clients appear with IPv4 addresses in log and limits.
#include "server/doors/ports.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace server {

using asio::ip::tcp;

namespace {

bool is_no_ipv6(const std::error_code& error) {
    return error.value() == EAFNOSUPPORT || error.value() == EADDRNOTAVAIL || error.value() == EPROTONOSUPPORT;
}

tcp::endpoint to_asio(const Endpoint& endpoint) { return {asio::ip::make_address(endpoint.address), endpoint.port}; }

}  // namespace

std::vector<net::ListeningSocket> bind_ports(std::string_view door, const Endpoints& endpoints,
                                             services::EventLog& log) {
    std::vector<net::ListeningSocket> bound;
    const bool has_v4 = std::ranges::find(endpoints, "0.0.0.0", &Endpoint::address) != endpoints.end();
    for (const Endpoint& endpoint : endpoints) {
        try {
            bound.emplace_back(to_asio(endpoint), net::ListenOptions{.v6_only = has_v4, .at_once = false});
        } catch (const std::system_error& error) {
            if (!has_v4 || endpoint.address != "::" || !is_no_ipv6(error.code())) throw;
            log.write(services::Level::warn, "doors", "", "no-ipv6",
                      {{"door", std::string(door)}, {"reason", error.what()}});
        }
    }
    return bound;
}

Ports::Ports(const Config& config, services::EventLog& log) {
    const auto& listen = config.listen;
    const std::pair<const char*, const Endpoints*> doors[] = {{"smtp", &listen.smtp},
                                                              {"submission", &listen.submission},
                                                              {"submissions", &listen.submissions},
                                                              {"imap", &listen.imap},
                                                              {"imaps", &listen.imaps},
                                                              {"pop3", &listen.pop3},
                                                              {"pop3s", &listen.pop3s},
                                                              {"http", &listen.http},
                                                              {"https", &listen.https}};
    for (const auto& [door, endpoints] : doors) by_door_.emplace(door, bind_ports(door, *endpoints, log));
}

std::vector<net::ListeningSocket> Ports::take(std::string_view door) {
    const auto found = by_door_.find(door);
    if (found == by_door_.end()) return {};
    return std::exchange(found->second, {});
}

}  // namespace server
