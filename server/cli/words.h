// Words for people: counts and sizes. What scripts read is JSON, and exact.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/queue.h"

namespace server::cli {

// "1 message is", "0 messages are": the number with the form that belongs to it.
inline std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
    return fmt::format("{} {}", count, count == 1 ? one : many);
}

// "3.2 MiB".
std::string rounded_size(std::uint64_t octets);

// Replies come from other servers: they must not control the administrator's terminal.
std::string on_terminal(std::string text);

// "pending", "delivered" ...
std::string_view word_of_state(storage::RecipientState state);

// The same for how an attempt ended: one that left the recipient pending is "deferred".
std::string_view word_of_attempt(storage::RecipientState outcome);

}  // namespace server::cli
