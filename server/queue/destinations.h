// Which addresses mail may go to if a recipient's domain leads there: by an address literal (RFC 5321 §4.1.3) or by the
// DNS. Whoever may name a recipient could otherwise reach into the machine's own network. A route of the config may
// lead anywhere. RFC 6890 (special-purpose addresses).
#pragma once

#include <asio/ip/address.hpp>
#include <vector>

#include "server/queue/outbound_options.h"

namespace server::queue {

// True for addresses of the public Internet: not private, loopback, link-local, multicast, unspecified, reserved or for
// documentation. An IPv6 address that stands for an IPv4 one is judged by that.
bool is_public(const asio::ip::address& address);

// An address of ours: mail sent there comes back.
bool is_own(const asio::ip::address& address, const OutboundOptions& options);

// An address literal must be in one of [queue] destination_networks; one that the DNS names may be any other server's
// on the public Internet, too.
bool takes_literal(const asio::ip::address& address, const OutboundOptions& options);
bool takes_found(const asio::ip::address& address, const OutboundOptions& options);

// Those of this machine's interfaces; empty if they cannot be read.
std::vector<asio::ip::address> addresses_of_this_machine();

}  // namespace server::queue
