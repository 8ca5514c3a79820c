// What the intake does for mailing lists beside IncomingMessage's part in to_list.cpp.
#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "server/delivery/intake/incoming_message.h"

namespace server::delivery {

// A list has refused the message that others have: its sender is told, if it is our own user; else the log.
asio::awaitable<void> tell_of_refusal(IntakeServices house, std::shared_ptr<const IntakeOptions> options,
                                      services::IntakeEnvelope envelope, std::int64_t now, std::string list,
                                      storage::Refusal refusal);

}  // namespace server::delivery
