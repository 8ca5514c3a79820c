// Chooses the recipients that are tried next. An attempt is leased before it begins, so that no other process makes it
// too: the lease's end is the recipient's next_attempt_at, and an expired lease makes it due again (RFC 5321 §4.5.4).
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
    std::string holder;      // who leases; must be the same after a restart
    std::int64_t now = 0;    // Unix seconds
    std::int64_t until = 0;  // the leases' end
    std::size_t messages = 100;
    std::size_t messages_per_lane = 4;
    std::map<std::string, std::size_t> room{};  // limit of messages for these lanes instead; 0: the lane is full
    std::size_t recipients = 2000;              // may be leased now
    std::map<AccountId, std::size_t> held{};    // recipients that the holder has in hand already, by account
};

struct Leased {
    std::vector<QueueMessage> messages;       // with the recipients that were leased; `asked` as before
    std::set<std::string> waiting;            // lanes in which more is due
    bool all_seen = true;                     // false: stopped at a limit, of messages, recipients or lanes
    std::optional<std::int64_t> next_due_at;  // of the first lane without due mail
};

// Leases due recipients, in turn among accounts, among each account's lanes and, within these, among senders: those
// that have waited longest come first, and of those that have waited equally long in whole seconds the ones with fewer
// turns. Each turn takes one message, for those due recipients whose lanes are not full, but a hundred at most: the
// others' turn comes later. No account holds more than is left for all others. The cost grows with the result and with
// the lanes in `room`, not with the amount of due mail.
Operation<Leased> lease_due(LeaseWishes wishes);

// Extends the holder's leases of these recipients; those that it no longer holds are ignored.
Operation<std::monostate> extend_leases(std::string holder, std::vector<QueueRecipientId> recipients,
                                        std::int64_t until, std::int64_t now);
// The message's recipients that the holder has leased and that may still be tried: no administrator has held or dropped
// them meanwhile.
Query<std::set<QueueRecipientId>> leased_recipients(QueueMessageId message, std::string holder);
// Ends these leases of the holder without an attempt; what is not held is due now.
Operation<std::monostate> give_up_leases(std::string holder, std::vector<QueueRecipientId> recipients,
                                         std::int64_t now);
// Makes due what the holder has leased but not finished; returns how many recipients. Call at start.
Operation<std::uint64_t> release_leases(std::string holder, std::int64_t now);

// Mail for the domain (lower case; "*": all domains without a route) shares a lane.
struct QueueRoute {
    std::string domain;
    std::string lane;
    friend bool operator==(const QueueRoute&, const QueueRoute&) = default;
};
// Sets the routes (the first for a domain counts); if they have changed, pending recipients move to their new lanes.
// Those that move become due now, and so do those in the `renewed` lanes, which are sent in another way ("*": all lanes
// that no route makes).
Operation<std::monostate> set_queue_routes(std::vector<QueueRoute> routes, std::int64_t now,
                                           std::set<std::string> renewed = {});

}  // namespace storage
