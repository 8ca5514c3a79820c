// The DNS as the config has it.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>

#include "protocols/dns/resolver.h"
#include "server/config/config.h"
#include "server/log.h"

namespace server {

// It works on the executor, and tells the log what it makes of its servers' answers. Throws std::runtime_error if the
// trust anchors cannot be read.
std::unique_ptr<dns::Resolver> open_resolver(asio::any_io_executor executor, const Config& config, Log& log);

}  // namespace server
