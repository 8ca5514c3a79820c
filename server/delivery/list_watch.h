// Tells the owners of mailing lists of members that were paused because their mail came back.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "protocols/services/directory.h"
#include "protocols/services/event_log.h"
#include "protocols/services/intake.h"
#include "storage/store.h"

namespace server::delivery {

struct ListWatchServices {
    storage::Store& store;
    services::Directory& directory;
    services::Intake& intake;
    services::EventLog& log;
};

// Once for each pause; what cannot be told is logged.
asio::awaitable<void> tell_of_pauses(ListWatchServices house, std::string hostname, std::int64_t now);

}  // namespace server::delivery
