// Networks and endpoints as config names them: "10.0.0.0/8", "127.0.0.1", "[::]:25". RFC 4632, RFC 4291.
#pragma once

#include <asio/ip/address.hpp>
#include <asio/ip/tcp.hpp>
#include <optional>
#include <string_view>
#include <vector>

namespace net {

// All addresses with one prefix.
class Network {
  public:
    // "address" or "address/bits"; nothing when it is neither, or when bits behind the prefix are set.
    static std::optional<Network> parse(std::string_view text);
    // An IPv4-mapped IPv6 address is taken for the IPv4 one.
    bool contains(const asio::ip::address& address) const;

  private:
    asio::ip::address address_;
    unsigned bits_ = 0;
};

bool contains(const std::vector<Network>& networks, const asio::ip::address& address);

// "address:port", "[v6 address]:port" or "*:port" (the IPv6 wildcard); nothing when it is neither.
std::optional<asio::ip::tcp::endpoint> parse_endpoint(std::string_view text);

}  // namespace net
