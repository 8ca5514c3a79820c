// Whose turn it is in the queue: the rows of queue_flow and queue_lane, which say for each sender in a lane, and for
// each lane, when something of theirs is due. Round robin: who was served queues up behind those that became due
// before. For storage/queue*.cpp only.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "storage/engine/connection.h"

namespace storage {

// The lane of a domain (lower case): a route's, or one of its own.
std::string lane_of(engine::Connection& connection, std::string_view domain);

// Collects lanes and senders whose recipients change, and puts their rows right.
class Turns {
  public:
    Turns(engine::Connection& connection, std::int64_t now) : connection_(connection), now_(now) {}

    void touch(std::string lane, std::string sender) { touched_.emplace(std::move(lane), std::move(sender)); }
    // The same for those of a message's recipients that are pending.
    void touch_message(std::int64_t message);
    // Once behind all changes of the operation. Served: those touched had their turn.
    void settle(bool served);

  private:
    void settle_flow(const std::string& lane, const std::string& sender, bool served);
    void settle_lane(const std::string& lane, bool served);

    engine::Connection& connection_;
    std::int64_t now_;
    std::set<std::pair<std::string, std::string>> touched_;
};

}  // namespace storage
