// What the runner has leased and not brought to an end: by recipient, message and lane. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "storage/queue.h"

namespace server::queue {

class InHand {
  public:
    // Adds those recipients of the message that are not in hand; they alone are left in it.
    void take(storage::QueueMessage& message);
    void give_back(const storage::QueueMessage& message);

    std::size_t messages() const { return messages_.size(); }
    std::size_t messages_of(const std::string& lane) const;
    const std::map<std::string, std::map<storage::QueueMessageId, std::size_t>>& lanes() const { return lanes_; }
    std::vector<storage::QueueRecipientId> recipients() const;

  private:
    std::map<storage::QueueRecipientId, std::string> recipients_;  // and their lanes
    std::map<storage::QueueMessageId, std::size_t> messages_;      // and their recipients here
    std::map<std::string, std::map<storage::QueueMessageId, std::size_t>> lanes_;
};

}  // namespace server::queue
