// Browsers' log-ins that are over (storage/web_sessions.h): nothing is read by them any more, they only lie there.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>

#include "protocols/services/event_log.h"
#include "storage/store.h"

namespace server {

// Removes them, and writes the last line of each into the log. To be called now and then.
asio::awaitable<void> look_after_web_sessions(storage::Store& store, services::EventLog& log, std::int64_t now);

}  // namespace server
