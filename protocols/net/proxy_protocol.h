// The header by which a proxy tells who its client is: PROXY protocol versions 1 and 2 (HAProxy's specification).
// Pure: octets in, addresses out. Whether the peer may be believed is the caller's question (CLIENTS.md 26).
#pragma once

#include <asio/ip/tcp.hpp>
#include <cstddef>
#include <optional>
#include <string_view>

#include "protocols/base/parsed.h"

namespace net {

struct ProxyHeader {
    std::size_t octets = 0;  // length of the header: what follows is the client's
    struct Addresses {
        asio::ip::tcp::endpoint source;
        asio::ip::tcp::endpoint destination;
    };
    std::optional<Addresses> addresses;  // empty: LOCAL or UNKNOWN, the proxy speaks for itself
};

// The longest header taken: version 1 has at most 107 octets, version 2 as many as its length field says.
inline constexpr std::size_t max_proxy_header_octets = 1024;

// The header at the start of received; never NeedLiteral.
base::Parsed<ProxyHeader> parse_proxy_header(std::string_view received);

}  // namespace net
