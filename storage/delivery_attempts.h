// What each attempt to send a queued message came to: for administrators and the trace. Rows stay after the message has
// left the queue, until they are forgotten. record_attempt (queue.h) writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "storage/queue.h"

namespace storage {

// An attempt for one recipient.
struct DeliveryAttempt {
    QueueMessageId message;      // perhaps no longer in the queue
    QueueRecipientId recipient;  // likewise
    std::string forward_path;    // without <>
    std::int64_t at = 0;         // when it ended
    std::string host;            // the other server; empty: none was spoken to
    std::string address;         // its address
    std::string tls;             // version and cipher; empty: no TLS
    // What the session's security rests on: "none", "opportunistic", "dane", "sts", "route", "requiretls".
    std::string protection;
    RecipientState outcome = RecipientState::pending;  // pending: to be tried again
    std::string status;
    std::string reply;
};

// So many are kept of one recipient, the newest.
constexpr std::uint32_t most_attempts_kept = 20;

// Of one message, in the order of time: the newest ones, so many at most.
Query<std::vector<DeliveryAttempt>> attempts_of(QueueMessageId message, std::size_t most);

// Forgets attempts that ended before this time: one slice, of so many rows; true if there may be more.
Operation<bool> forget_attempts(std::int64_t before, std::size_t slice);

}  // namespace storage
