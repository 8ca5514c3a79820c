// What tells devices of changes, as the config has it.
#pragma once

#include <memory>

#include "protocols/dns/resolver.h"
#include "protocols/https/fetcher.h"
#include "server/config/config.h"
#include "server/push/pusher.h"

namespace server {

// All but the config must outlive it.
std::unique_ptr<push::Pusher> open_pusher(const Config& config, storage::Store& store, services::EventLog& log,
                                          https::Fetcher& fetcher, dns::Resolver& resolver,
                                          std::function<std::int64_t()> now);

}  // namespace server
