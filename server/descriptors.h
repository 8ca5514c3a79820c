// File descriptors: each connection takes one, and most systems begin with 1024 although more are allowed.
#pragma once

#include <cstdint>

#include "protocols/services/event_log.h"
#include "server/config/config.h"

namespace server {

// Raises the process's limit to the highest that it is allowed; returns it.
std::uint64_t raise_descriptor_limit();

// How many connections to the mail doors so many descriptors allow, beside those of the web, the queue, the store, and
// of clients that are being turned away; at least one. Pure.
std::uint32_t connections_that_fit(std::uint64_t descriptors, const Config& config);

// Lowers [limits] connections to what fits, and warns that it did: over that limit clients are told so, but without a
// descriptor nobody is accepted at all.
void fit_connections(Config& config, std::uint64_t descriptors, services::EventLog& log);

}  // namespace server
