// Finds the next hop of a domain: by a route of the config, an address literal, or the DNS. RFC 5321 §5.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "protocols/dns/resolver.h"
#include "protocols/smtp/client.h"
#include "server/queue/next_hop.h"
#include "server/queue/outbound_options.h"
#include "server/queue/sts_policies.h"

namespace server::queue {

// The next hop if no DNS is needed: a route's relay, or an address literal to which mail may go.
std::optional<NextHop> known_next_hop(const std::string& domain, storage::TlsWish wish, const OutboundOptions& options);

// An address literal to which mail may not go: it has no next hop, by the DNS neither.
bool is_forbidden_literal(const std::string& domain, const OutboundOptions& options);

// The same by DNS. A failure is permanent if the domain takes no mail, or none of its hosts may have what the sender
// wants. `random_below` orders hosts of equal preference
// (RFC 5321 §5.1). `party`: whose turns it takes.
asio::awaitable<std::expected<NextHop, smtp::Outcome>> look_up_next_hop(
    dns::Resolver& resolver, StsPolicies& policies, dns::Party party, std::string domain, storage::TlsWish wish,
    std::shared_ptr<const OutboundOptions> options, std::function<std::size_t(std::size_t)> random_below);

}  // namespace server::queue
