// For administrators: mail in the queue, chosen by sender, recipient, domain or age, is listed, tried at once, held,
// released or dropped. Each works on recipients that wait, in slices, and wakes the runner.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/queue.h"

namespace storage {

// Recipients for which all that is given holds; nothing given: all. ASCII letters' case does not matter.
struct QueueChoice {
    std::optional<QueueMessageId> message{};
    std::optional<std::string> sender{};     // the reverse-path; empty: bounces
    std::optional<std::string> recipient{};  // the forward-path
    std::optional<std::string> domain{};     // of the forward-path
    std::optional<std::int64_t> queued_before{};
};

// Messages with those of their recipients that are chosen. Without a choice also recipients whose fate is decided, in
// messages whose others wait.
Query<std::vector<QueueMessage>> list_queue(QueueChoice choice = {});

// These refuse no_such_queue_message, and return how many recipients they changed.
// Makes all pending, unleased recipients due, even if their next hops were failing.
Operation<std::uint64_t> retry_queue(QueueChoice choice, std::int64_t now);
// They are not tried until they are released, and do not expire meanwhile. An attempt that is being made is not ended.
Operation<std::uint64_t> hold_queue(QueueChoice choice, std::int64_t now);
Operation<std::uint64_t> release_queue(QueueChoice choice, std::int64_t now);

struct Dropped {
    std::uint64_t recipients = 0;
    std::uint64_t messages = 0;  // that have left with their last waiting recipient
    std::uint64_t untold = 0;    // failures of these messages' other recipients of which no sender will hear
};
// Their senders are not told.
Operation<Dropped> drop_queue(QueueChoice choice, std::int64_t now);

// What waits for a destination, and how it went lately.
struct QueueDestination {
    std::string domain;  // of the forward-paths
    std::uint64_t pending = 0;
    std::uint64_t held = 0;
    std::int64_t oldest_at = 0;   // when the oldest that waits was queued; 0: nothing waits
    std::uint64_t attempts = 0;   // since the given time, one for each recipient
    std::uint64_t delivered = 0;  // of these
    std::uint64_t failed = 0;     // for good
    std::int64_t last_at = 0;     // 0: no attempt
    std::string last_reply;       // to the last attempt
};
// Those with waiting mail or attempts since then, by domain.
Query<std::vector<QueueDestination>> queue_destinations(std::int64_t since);

}  // namespace storage
