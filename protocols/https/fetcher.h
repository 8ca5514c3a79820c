// What may be fetched from web servers: an interface, so that whoever needs it can be tested without a network.
// https::Client asks real servers. HTTP: RFC 9110, 9112; which certificates are right: RFC 9525.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace https {

struct Request {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string body{};                                 // of any method but GET and HEAD
    std::size_t max_octets = 64u << 10;                 // of the response's body, and of its header section
    std::chrono::milliseconds connect_timeout{30'000};  // to find the host's addresses, connect and shake hands
    std::chrono::milliseconds timeout{60'000};          // in all, from the call of fetch()
    std::string trusted{};                              // PEM file of authorities; empty: the system's
    std::vector<asio::ip::address> addresses{};         // of the URL's host, found by our resolver; empty: libcurl asks
    std::string party{};                                // whose request it is: parties take turns
    unsigned redirects = 0;                             // that are followed, to https alone; their hosts are asked for
    bool plain = false;                                 // http:// is allowed, too
};

struct Response {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers{};  // names in lower case
    std::string body{};

    // The first field of this name (lower case), or empty.
    std::string_view header(std::string_view name) const;
};

enum class Fault : std::uint8_t {
    request,     // the request cannot be made: URL, header fields
    no_address,  // the host's name has no address, or cannot be asked for now
    connect,     // no server there
    tls,         // no handshake, or the certificate is not right for the host: expired, another name, not trusted
    timeout,
    too_large,  // more than max_octets
    protocol,   // the connection broke, or what came is no HTTP, or a redirect too many
    stopped,    // we end, or too much waits
};

// Why there is no response.
struct Failure {
    Fault fault = Fault::protocol;
    std::string text;  // one line for the log
};

using Outcome = std::expected<Response, Failure>;

class Fetcher {
  public:
    virtual ~Fetcher() = default;
    // Thread-safe; resumes on the caller's executor. Whatever the server answers is a response, errors too. Never
    // throws for what a server does.
    virtual asio::awaitable<Outcome> fetch(Request request) = 0;
};

}  // namespace https
