// Asynchronous DNS look-ups by libunbound. RFC 1035, RFC 5321 §5.1 (what a mail server asks for). Names are A-labels
// here (to_a_labels). mail_hosts.h turns the answers into the hosts to deliver to.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dns {

enum class RecordType : std::uint16_t { a = 1, mx = 15, txt = 16, aaaa = 28, tlsa = 52 };

enum class Status : std::uint8_t {
    found,
    no_data,       // the name exists, records of that type do not
    no_such_name,  // NXDOMAIN
    temporary,     // no server answered, or only with failures: ask again later
};

struct Answer {
    Status status = Status::temporary;
    std::vector<std::string> records;  // RDATA as on the wire, names in it uncompressed
    bool secure = false;               // validated by DNSSEC
    std::string why;                   // status temporary: one line for the log
};

struct ResolverOptions {
    std::vector<std::string> servers;           // "address" or "address@port"; empty: those of /etc/resolv.conf
    std::string trust_anchor_file;              // for DNSSEC; empty: nothing is validated
    std::chrono::milliseconds timeout{20'000};  // of one look-up, over all servers and retries
    std::size_t max_records = 100;              // of one answer; the rest is ignored
};

// Used on one thread: its executor's, where look-ups resume too. The context is made at the first look-up.
class Resolver {
  public:
    Resolver(asio::any_io_executor executor, ResolverOptions options);
    ~Resolver();  // look-ups under way end as temporary
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    asio::awaitable<Answer> lookup(std::string name, RecordType type);
    // All at once; the answers are in the order of the types.
    asio::awaitable<std::vector<Answer>> lookup_all(std::string name, std::vector<RecordType> types);

    // Addresses of a host, IPv4 first; "found" if there is one of either family. Both families are asked at once.
    struct Addresses {
        Status status = Status::temporary;
        std::vector<asio::ip::address> addresses;
        std::string why;
    };
    asio::awaitable<Addresses> addresses(std::string host);

  private:
    struct Implementation;
    std::shared_ptr<Implementation> implementation_;
};

// A domain as A-labels (RFC 5890), lower case, without a final dot; nothing if it is no domain name.
std::optional<std::string> to_a_labels(std::string_view domain);
// The path with its domain as A-labels, the local part untouched. Unchanged if the domain is ASCII or no domain name.
std::string with_ascii_domain(std::string_view path);

}  // namespace dns
