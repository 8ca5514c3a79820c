// Which recipients of the queue are tried next, and by whom. An attempt is leased before it begins, so that nobody else
// makes it: the lease's end is the recipient's next_attempt_at, and one that runs out is due again (RFC 5321 §4.5.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "storage/queue.h"

namespace storage {

struct LeaseWishes {
    std::string holder;      // who leases; the same name after a restart
    std::int64_t now = 0;    // Unix seconds
    std::int64_t until = 0;  // the leases' end
    std::size_t messages = 100;
    std::size_t messages_per_lane = 4;
    std::map<std::string, std::size_t> room;  // of lanes at hand: so many messages instead; 0: the lane is full
};

struct Leased {
    std::vector<QueueMessage> messages;       // with the recipients that were leased; `asked` as it was
    std::set<std::string> waiting;            // lanes that were seen and have more that is due
    bool all_seen = true;                     // false: `messages` was the limit
    std::optional<std::int64_t> next_due_at;  // of the first lane in which nothing is due yet
};

// Leases what is due, in turn among lanes, and in each among senders: those first that have waited longest for their
// turn (in whole seconds: within one, a busy lane may come twice). A message is leased for all its recipients that are
// due and whose lanes are not full. Its cost grows with what it returns and with the lanes in `room`, not with what is
// due.
Operation<Leased> lease_due(LeaseWishes wishes);

// The holder's leases of these recipients last until then; those that it holds no more are let be.
Operation<std::monostate> extend_leases(std::string holder, std::vector<QueueRecipientId> recipients,
                                        std::int64_t until, std::int64_t now);
// What the holder has leased and not tried to the end is due now; how many recipients. At a start.
Operation<std::uint64_t> release_leases(std::string holder, std::int64_t now);

// Mail for the domain (lower case; "*": all that are not named) shares a lane.
struct QueueRoute {
    std::string domain;
    std::string lane;
    friend bool operator==(const QueueRoute&, const QueueRoute&) = default;
};
// From now on these (the first of a domain counts); where they differ from those before, what is pending moves to its
// new lane.
Operation<std::monostate> set_queue_routes(std::vector<QueueRoute> routes, std::int64_t now);

}  // namespace storage
