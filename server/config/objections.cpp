// Each looks at one key.
#include "server/config/objections.h"

#include <span>
#include <string_view>

#include "server/config/host_name.h"
#include "server/config/route_keys.h"
#include "server/config/values.h"

namespace server {

std::string object_to_hostname(const Config& config) {
    if (config.hostname.empty() || host_name(config.hostname)) return {};
    return "\"" + config.hostname +
           "\" is no host name: letters, digits and hyphens between dots were expected, as in \"mail.example.org\"";
}

std::string object_to_dns_servers(const Config& config) {
    for (const std::string& server : config.dns.servers) {
        if (is_dns_server(server)) continue;
        return "\"" + server + "\" is no DNS server: an address was expected, \"192.0.2.53\" or \"192.0.2.53@5353\"";
    }
    return {};
}

std::string object_to_update_server(const Config& config) {
    if (config.dns.update_server.empty() || is_dns_server(config.dns.update_server)) return {};
    return "\"" + config.dns.update_server +
           "\" is no DNS server: an address was expected, \"192.0.2.53\" or \"192.0.2.53@5353\"";
}

std::string object_to_acme_directory(const Config& config) {
    if (config.acme.directory.empty() || config.acme.directory.starts_with("https://")) return {};
    return "\"" + config.acme.directory + "\" is no https URL";
}

std::string object_to_acme_challenge(const Config& config) {
    for (const std::string_view word : {"auto", "http-01", "tls-alpn-01", "dns-01"}) {
        if (config.acme.challenge == word) return {};
    }
    return "\"" + config.acme.challenge + "\" is none of auto, http-01, tls-alpn-01, dns-01";
}

std::string object_to_acme_hook(const Config& config) {
    if (config.acme.hook.empty() || config.acme.hook.starts_with('/')) return {};
    return "\"" + config.acme.hook + "\" is no absolute path";
}

std::string object_to_data(const Config& config) { return config.data.empty() ? "a directory is needed" : ""; }

std::string object_to_dmarc(const Config& config) {
    const bool known = config.mail.dmarc == "enforce" || config.mail.dmarc == "observe";
    return known ? "" : R"("enforce" or "observe" was expected)";
}

std::string object_to_mta_sts(const Config& config) {
    const std::string& mode = config.mail.mta_sts;
    const bool known = mode == "enforce" || mode == "testing" || mode == "none";
    return known ? "" : R"("enforce", "testing" or "none" was expected)";
}

std::string object_to_schedule(const Config& config) {
    return config.queue.schedule.empty() ? "at least one duration is needed" : "";
}

std::string object_to_routes(const Config& config) {
    const std::span<const Route> routes = config.queue.route;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        if (std::string objection = object_to_route(routes.first(i), routes[i]); !objection.empty()) return objection;
    }
    return {};
}

}  // namespace server
