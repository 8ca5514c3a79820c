// Does a client's address have a name that leads back to it? RFC 8601 §3 (iprev); SPF's ptr asks the same, RFC 7208
// §5.5.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "protocols/dns/source.h"

namespace mailauth {

// The names of an address that were looked at, at most as many as were asked for; the others are ignored.
struct ConfirmedNames {
    std::vector<std::string> names;  // with this address among theirs, in the order of the answer
    enum class Reverse : std::uint8_t { found, none, failed } reverse = Reverse::none;  // the look-up of the names
    bool all_answered = true;  // false: an address look-up failed, so a name may be missing here
    std::string why{};         // one line: what failed
};

// Look-ups: one, and one for each of the names. address: not an IPv4-mapped one.
asio::awaitable<ConfirmedNames> confirm_names(dns::Source& source, asio::ip::address address, std::size_t most);

// RFC 8601 §2.7.3.
enum class IprevVerdict : std::uint8_t { pass, fail, temperror, permerror };

struct IprevResult {
    IprevVerdict verdict = IprevVerdict::temperror;
    asio::ip::address address{};
    std::string name{};    // pass: the first that leads back
    std::string reason{};  // one line
};

asio::awaitable<IprevResult> check_iprev(dns::Source& source, asio::ip::address address);

// An IPv4 address if the address is one or an IPv6 one that maps one (RFC 4291 §2.5.5.2), else the address.
asio::ip::address unmapped(const asio::ip::address& address);

}  // namespace mailauth
