// Asynchronous DNS look-ups by libunbound, validated by DNSSEC. RFC 1035, RFC 4033 §5, RFC 5321 §5.1 (what a mail
// server asks for). Names are A-labels here (to_a_labels). Each look-up is some party's, and they take turns
// (questions.h). party_source.h gives typed records to those who judge mail, mail_hosts.h the hosts to deliver to.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/dns/answer.h"
#include "protocols/dns/questions.h"
#include "protocols/dns/silence.h"

namespace dns {

struct ResolverOptions {
    std::vector<std::string> servers;  // "address" or "address@port"; empty: those of /etc/resolv.conf
    // DNSKEY or DS records, as in a zone file, trusted in place of the root's: names below none of them are insecure.
    std::string trust_anchor_file;
    // Without a file: trust the root's keys. Servers that do not pass on the root's signatures (many at home, in
    // private networks) prove nothing: until they do, their answers are insecure. Once they have, what is not signed is
    // bogus.
    bool trust_root = false;
    std::chrono::milliseconds timeout{20'000};  // of one look-up in its turn, over all servers and retries
    std::size_t max_records = 100;              // of one answer; the rest is ignored
    std::size_t lookups = 64;                   // at once; one party has a quarter of them at most
    SilencePatience silence{};
    // One line for the administrator's log, on the resolver's executor.
    std::function<void(std::string_view event, const std::string& what)> tell{};
};

// How many sockets so many look-ups at once may open. Where we ask the domains' own servers, one look-up may need the
// addresses of several of these.
constexpr std::size_t sockets_for(std::size_t lookups) { return 4 * lookups; }

// May be used on any thread: it works on its executor's, and whoever awaits an answer resumes on their own; what is
// remembered (answer_cache.h) is answered there at once. The
// contexts of libunbound are made at the first look-up.
class Resolver {
  public:
    // Throws std::runtime_error if the trust anchors cannot be read.
    Resolver(asio::any_io_executor executor, ResolverOptions options);
    // On the executor's thread, or when that does not run. What waits ends as in stop().
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // Look-ups end as unavailable, with these words: those under way, those that wait, and later ones. Whoever awaits
    // one may own this.
    void stop(std::string why = "the resolver ends");

    // CNAMEs are followed. While no name server answers it is unavailable at once.
    asio::awaitable<RawAnswer> lookup(Party party, std::string name, RecordType type);

    // The same, for what an earlier look-up of these parties has led to: it comes before what else of theirs waits.
    asio::awaitable<RawAnswer> follow_up(std::set<Party> parties, std::string name, RecordType type);

    // Addresses of a host, IPv4 first; found if there is one of either family, and secure if all of them are. Both
    // families are asked at once, and before what else of these parties waits: usually another look-up has named the
    // host.
    asio::awaitable<Answer<asio::ip::address>> addresses(std::set<Party> parties, std::string host);
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
