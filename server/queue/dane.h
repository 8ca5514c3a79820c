// Which certificate a mail host must have, by its TLSA records. RFC 7672, RFC 7671, RFC 6698.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocols/dns/records.h"
#include "protocols/dns/resolver.h"
#include "protocols/net/tls.h"

namespace server::queue {

// A host that has secure TLSA records: mail goes there encrypted only.
struct Dane {
    std::string base;                               // the name that the records belong to
    std::vector<net::TlsAssociation> associations;  // those that can be used; none: any certificate will do
    bool operator==(const Dane&) const = default;
};

// Those that mail may rely on: usages DANE-TA(2) and DANE-EE(3) (RFC 7672 §3.1.3), of known selectors and matching
// types.
std::vector<net::TlsAssociation> usable_associations(const std::vector<dns::Tlsa>& records);

// Names that TLSA records may belong to, in the order to ask (RFC 7672 §2.2.2): with a secure way from the host's name
// to its addresses where that leads, and the name itself. `is_secure_alias`: the first step of an insecure way is
// secure.
std::vector<std::string> tlsa_bases(const std::string& host, const dns::Answer<asio::ip::address>& addresses,
                                    bool is_secure_alias);

// What the host must prove (RFC 7672 §3.2.2: the names). `domain`: whose mail goes there.
net::ServerIdentity identity_of(const Dane& dane, const std::string& host, const std::string& domain);

// nullopt: the host has no secure TLSA records. An error, one line: it cannot be told whether it has.
asio::awaitable<std::expected<std::optional<Dane>, std::string>> look_up_dane(dns::Resolver& resolver,
                                                                              std::set<dns::Party> parties,
                                                                              std::string host, std::uint16_t port,
                                                                              dns::Answer<asio::ip::address> addresses);

}  // namespace server::queue
