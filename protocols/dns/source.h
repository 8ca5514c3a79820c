// What may be asked of the DNS: an interface, so that whoever judges by its answers can be tested with answers of a
// table. dns::Resolver asks real servers.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <string>

#include "protocols/dns/records.h"

namespace dns {

// Names are A-labels, without a final dot. CNAMEs are followed. Each question ends, within the time that the source
// gives it.
class Source {
  public:
    virtual ~Source() = default;
    virtual asio::awaitable<Answer<Txt>> txt(std::string name) = 0;
    virtual asio::awaitable<Answer<Mx>> mx(std::string name) = 0;
    virtual asio::awaitable<Answer<asio::ip::address_v4>> a(std::string name) = 0;
    virtual asio::awaitable<Answer<asio::ip::address_v6>> aaaa(std::string name) = 0;
    // The names of an address (RFC 1035 §3.5, RFC 3596 §2.5).
    virtual asio::awaitable<Answer<Ptr>> ptr(asio::ip::address address) = 0;
    virtual asio::awaitable<Answer<Tlsa>> tlsa(std::string name) = 0;
};

}  // namespace dns
