// Where mail for a domain goes. RFC 5321 §5.1 (MX, implicit MX), RFC 7505 (null MX).
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "protocols/dns/resolver.h"

namespace dns {

struct MailHosts {
    enum class Kind : std::uint8_t {
        hosts,           // try them in this order
        no_such_domain,  // permanent: neither MX nor address
        null_mx,         // permanent: the domain takes no mail
        temporary,       // ask again later
    } kind = Kind::temporary;
    struct Host {
        std::string name;
        std::uint16_t preference = 0;
    };
    std::vector<Host> hosts;        // by preference; those of equal preference in random order
    Proof proof = Proof::insecure;  // that these are its hosts
    std::string why;                // one line, kind temporary
};

// Sorts by preference and drops duplicates; random(n) is a number below n.
std::vector<MailHosts::Host> order_by_preference(std::vector<Mx> records,
                                                 const std::function<std::size_t(std::size_t)>& random,
                                                 std::size_t max_hosts);

// Domain: A-labels. At most max_hosts are given.
asio::awaitable<MailHosts> find_mail_hosts(Resolver& resolver, Party party, std::string domain,
                                           std::function<std::size_t(std::size_t)> random, std::size_t max_hosts);

}  // namespace dns
