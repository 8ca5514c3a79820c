// The name under which the names of an address stand. RFC 1035 §3.5, RFC 3596 §2.5. Pure.
#pragma once

#include <asio/ip/address.hpp>
#include <string>

namespace dns {

// "1.2.0.192.in-addr.arpa" for 192.0.2.1. An IPv4 address in an IPv6 one (RFC 4291 §2.5.5.2) is an IPv4 address.
std::string reverse_name(const asio::ip::address& address);

}  // namespace dns
