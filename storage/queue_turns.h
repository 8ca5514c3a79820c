// Whose turn it is in the queue: the rows of queue_flow and queue_lane, which say when something is due for each sender
// in a lane, and for each lane. Round robin: after its turn, a lane or sender comes after all that became due before.
// For storage/queue*.cpp only.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "storage/engine/connection.h"

namespace storage {

// The lane of a domain (lower case): from its route, or its own.
std::string lane_of(engine::Connection& connection, std::string_view domain);

// Collects lanes and senders whose recipients change, and updates their rows.
class Turns {
  public:
    Turns(engine::Connection& connection, std::int64_t now) : connection_(connection), now_(now) {}

    void touch(std::string lane, std::string sender) { touched_.emplace(std::move(lane), std::move(sender)); }
    // The same for a message's pending recipients.
    void touch_message(std::int64_t message);
    // Call once after all changes of the operation. served: those touched have had their turn.
    void settle(bool served);

  private:
    void settle_flow(const std::string& lane, const std::string& sender, bool served);
    void settle_lane(const std::string& lane, bool served);

    engine::Connection& connection_;
    std::int64_t now_;
    std::set<std::pair<std::string, std::string>> touched_;
};

}  // namespace storage
