// getrlimit(2).
#include "server/descriptors.h"

#include <sys/resource.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "protocols/dns/resolver.h"

namespace server {

std::uint64_t raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::uint64_t>::max();
    const rlim_t before = std::exchange(limit.rlim_cur, limit.rlim_max);
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : before;
}

std::uint32_t connections_that_fit(std::uint64_t descriptors, const Config& config) {
    constexpr std::uint64_t own = 256;  // the store's files, listening ports, event loops, clients being turned away
    constexpr std::uint64_t per_outgoing = 2;  // an address of each family is tried
    const std::uint64_t others = own + config.limits.web_connections + per_outgoing * config.queue.connections +
                                 config.queue.slow_connections + dns::sockets_for(config.dns.lookups);
    const std::uint64_t left = descriptors > others ? descriptors - others : 1;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(left, std::numeric_limits<std::uint32_t>::max()));
}

void fit_connections(Config& config, std::uint64_t descriptors, services::EventLog& log) {
    if (config.limits.connections <= connections_that_fit(descriptors, config)) return;
    // Clients first: silent servers only delay mail.
    config.queue.slow_connections = std::min(config.queue.slow_connections, 2 * config.queue.connections);
    const std::uint32_t fit = connections_that_fit(descriptors, config);
    if (config.limits.connections <= fit) return;
    log.write(services::Level::warn, "house", "", "few-descriptors",
              {{"descriptors", descriptors},
               {"connections", fit},
               {"reason",
                "limits.connections is more than the process may open files for: raise its hard limit (LimitNOFILE in "
                "a systemd unit, --ulimit nofile of a container)"}});
    config.limits.connections = fit;
}

}  // namespace server
