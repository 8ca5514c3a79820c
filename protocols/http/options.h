// The settings of a connection: all limits that a client can reach, and what it may use. The server fills them from the
// config.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "protocols/http/exchange.h"
#include "protocols/http/h2/connection.h"
#include "protocols/http/wire/chunked_decoder.h"
#include "protocols/http/wire/request_parser.h"
#include "protocols/services/event_log.h"

namespace http {

struct Options {
    wire::HeadLimits head;
    wire::ChunkLimits chunks;
    h2::Limits h2;  // its head is limited by `head`, its requests by `requests`

    std::uint32_t requests = 100'000;        // on one connection
    std::chrono::seconds request_time{30};   // for a head in all; for each 64 KiB of content, and of an answer
    std::chrono::seconds idle_time{60};      // between requests
    std::size_t unread_octets = 256U << 10;  // of content that its handler has not read
    // Content that nobody wants is read for so long, that the client hears our answer:
    std::size_t dropped_octets = 16U << 20;
    std::chrono::seconds linger_time{5};
    std::chrono::milliseconds last_time{1000};  // for requests in work when the server stops
};

// All must outlive the connection.
struct Services {
    Handler handler;
    services::EventLog& log;
    std::function<std::int64_t()> now;  // Unix seconds, for Date
};

}  // namespace http
