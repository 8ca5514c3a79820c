// What a JMAP request is answered with: who asks, the limits of the session object (RFC 8620 §2), and the server's
// services. Nothing of HTTP: web/jmap_routes.cpp has that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "protocols/services/authenticator.h"
#include "protocols/services/directory.h"
#include "protocols/services/event_log.h"
#include "protocols/services/intake.h"
#include "storage/session_store.h"
#include "web/jmap/email_counts.h"
#include "web/jmap/wire/request.h"

namespace storage {
class SearchIndex;
}

namespace jmap {

// Named as in the session object, but for the last two.
struct Limits {
    RequestLimits request;
    std::uint64_t size_upload = 50'000'000;
    std::size_t concurrent_upload = 4;
    std::size_t concurrent_requests = 8;
    std::size_t objects_in_get = 500;
    std::size_t objects_in_set = 500;
    std::size_t objects_in_query = 5'000;     // ids in one response to a query; not in the session object
    std::size_t response_octets = 64u << 20;  // once a response has so many, further calls in it are refused
};

struct Services {
    services::Directory& directory;
    services::Intake& intake;
    services::EventLog& log;
    EmailCounts& email_counts;
    std::function<std::int64_t()> now;                    // Unix seconds
    std::function<std::string(std::size_t)> random_text;  // n unpredictable octets as hexadecimal digits
    const storage::SearchIndex* search_index = nullptr;   // nullptr: every message is read
};

// Of one request. Must outlive its answer.
struct Context {
    services::Identity identity;
    storage::SessionStore store;  // of that identity
    std::string base_url;         // "https://mail.hamburger.edu", as the client reached us
    std::string session;          // id, for the log
    std::string client_address;
    const Limits& limits;
    const Services& services;
};

}  // namespace jmap
