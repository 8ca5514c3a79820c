// A request, its answer, and who makes one of the other: what the door (serve.h) and its users agree on. RFC 9110.
// The same for HTTP/1.1 and HTTP/2.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "protocols/http/body.h"
#include "protocols/http/wire/message.h"

namespace http {

using wire::Field;
using wire::Fields;

struct Request {
    std::string method;     // as sent
    std::string path;       // without the query, not decoded
    std::string query;      // without "?", not decoded
    std::string authority;  // the host that is asked, perhaps with a port
    wire::Version version = wire::Version::http_1_1;
    Fields fields;               // names in lower case
    std::string client_address;  // textual IP address of the peer: maybe a proxy's
    bool tls = false;            // the connection is encrypted
    std::string session;         // the connection's id, for the log
    Body& body;                  // lives as long as the request is worked on
};

// The next piece of a long answer; nullopt at its end. What it awaits must end when it is cancelled (net/task.h): that
// happens when the client goes away. An empty piece is skipped.
using NextPiece = std::function<asio::awaitable<std::optional<std::string>>()>;

struct Response {
    int status = 200;
    // Without those of the connection and the framing (Content-Length, Transfer-Encoding, Connection): the door's.
    Fields fields;
    // The content: one of these.
    std::string body;
    std::shared_ptr<const std::string> shared;  // octets that many answers have in common
    NextPiece stream;                           // is asked for the next piece when the client has taken the last
    std::optional<std::uint64_t> length;        // of the stream, if it is known
};

// Answers a request. It runs on the connection's thread, beside the other requests of that connection. What it throws
// becomes 413 (BodyTooLarge), 408 (BodyLate) or 500.
using Handler = std::function<asio::awaitable<Response>(Request)>;

}  // namespace http
