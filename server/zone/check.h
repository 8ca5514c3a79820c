// Compares what a domain should publish with what the DNS says, and looks at this server as others see it. Each finding
// says what is wrong and what to do. No sockets here: the DNS and the connection are passed in.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "protocols/dns/answer.h"
#include "protocols/dns/source.h"
#include "server/zone/records.h"

namespace server::zone {

enum class Finding : std::uint8_t {
    ok,
    wrong,
    skipped,  // it could not, or need not, be looked at
};

struct Row {
    Finding finding = Finding::ok;
    std::string type;    // of the record, or "PTR", "list", "port 25"
    std::string name;    // what it is about
    std::string found;   // what there is instead, or of interest; may be others' words
    std::string advice;  // what to do; empty: nothing
};

// Records of any type, as RDATA.
using RawLookup = std::function<asio::awaitable<dns::RawAnswer>(std::string name, std::uint16_t type)>;

// A row for the host's addresses, and one for each record, in their order. All are asked for at once: how many
// questions are under way is the resolver's matter. On an executor that runs one handler at a time; so is
// check_addresses().
asio::awaitable<std::vector<Row>> check_records(const Facts& facts, const std::vector<Record>& records,
                                                dns::Source& source, const RawLookup& raw, std::int64_t now);

// Lists of addresses that send spam, well known and free to ask for small servers.
inline const std::vector<std::string> usual_lists = {"zen.spamhaus.org", "bl.spamcop.net"};

// For each public address of the host: whether its PTR record names the host, and whether a list has it. Others are
// not known outside: nothing is asked about them.
asio::awaitable<std::vector<Row>> check_addresses(std::string host, std::vector<asio::ip::address> addresses,
                                                  dns::Source& source, std::vector<std::string> lists,
                                                  std::function<bool(const asio::ip::address&)> is_public);

// Of the host, as the DNS says.
asio::awaitable<std::vector<asio::ip::address>> addresses_of(std::string host, dns::Source& source);

// "4.3.2.1" for 1.2.3.4, nibbles for IPv6: how lists name an address (RFC 5782).
std::string reversed(const asio::ip::address& address);

}  // namespace server::zone
