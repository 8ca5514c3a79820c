// Asynchronous DNS look-ups by libunbound. RFC 1035, RFC 5321 §5.1 (what a mail server asks for). Names are A-labels
// here (to_a_labels). Each look-up is some party's, and they take turns (questions.h). mail_hosts.h turns the answers
// into the hosts to deliver to.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/dns/answer.h"
#include "protocols/dns/questions.h"

namespace dns {

struct ResolverOptions {
    std::vector<std::string> servers;           // "address" or "address@port"; empty: those of /etc/resolv.conf
    std::string trust_anchor_file;              // for DNSSEC; empty: nothing is validated
    std::chrono::milliseconds timeout{20'000};  // of one look-up in its turn, over all servers and retries
    std::size_t max_records = 100;              // of one answer; the rest is ignored
    std::size_t lookups = 64;                   // at once; one party has a quarter of them at most
};

// How many sockets so many look-ups at once may open. Where we ask the domains' own servers, one look-up may need the
// addresses of several of these.
constexpr std::size_t sockets_for(std::size_t lookups) { return 4 * lookups; }

// Used on one thread: its executor's, where look-ups resume too. The context is made at the first look-up.
class Resolver {
  public:
    Resolver(asio::any_io_executor executor, ResolverOptions options);
    ~Resolver();  // as stop()
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // Look-ups end as temporary: those under way, those that wait, and later ones. Whoever awaits one may own this.
    void stop();

    asio::awaitable<RawAnswer> lookup(Party party, std::string name, RecordType type);

    // Addresses of a host, IPv4 first; "found" if there is one of either family. Both families are asked at once, and
    // before what else of these parties waits: usually another look-up has named the host.
    struct Addresses {
        Status status = Status::temporary;
        std::vector<asio::ip::address> addresses;
        std::string why;
    };
    asio::awaitable<Addresses> addresses(std::set<Party> parties, std::string host);
    // If others wait for these addresses, and this party's work for theirs: in its turn, too.
    void join_addresses(const Party& party, const std::string& host);

  private:
    // All at once; the answers are in the order of the types.
    asio::awaitable<std::vector<RawAnswer>> lookup_all(std::set<Party> parties, std::string name,
                                                       std::vector<RecordType> types, Questions::Place place);

    struct Implementation;
    std::shared_ptr<Implementation> implementation_;
};

// A domain as A-labels (RFC 5890), lower case, without a final dot; nothing if it is no domain name.
std::optional<std::string> to_a_labels(std::string_view domain);
// The path with its domain as A-labels, the local part untouched. Unchanged if the domain is ASCII or no domain name.
std::string with_ascii_domain(std::string_view path);

}  // namespace dns
