// The header in which a proxy names its client: PROXY protocol versions 1 and 2 (HAProxy's specification). Pure: octets
// in, addresses out. The caller decides whether the peer may be trusted (CLIENTS.md 26).
#pragma once

#include <asio/ip/tcp.hpp>
#include <cstddef>
#include <optional>
#include <string_view>

#include "protocols/base/parsed.h"

namespace net {

struct ProxyHeader {
    std::size_t octets = 0;  // length of the header; the client's octets follow
    struct Addresses {
        asio::ip::tcp::endpoint source;
        asio::ip::tcp::endpoint destination;
    };
    std::optional<Addresses> addresses;  // empty: LOCAL or UNKNOWN, a connection of the proxy itself
};

// The longest header taken: version 1 has at most 107 octets, version 2 as many as its length field says.
inline constexpr std::size_t max_proxy_header_octets = 1024;

// The header at the start of received; never NeedLiteral.
base::Parsed<ProxyHeader> parse_proxy_header(std::string_view received);

}  // namespace net
