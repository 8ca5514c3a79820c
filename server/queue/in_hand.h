// What the runner has leased and not finished: by recipient, message, lane and account. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "storage/queue.h"

namespace server::queue {

class InHand {
  public:
    // Adds those recipients of the message that are not in hand yet, and removes the others from it.
    void take(storage::QueueMessage& message);
    void give_back(const storage::QueueMessage& message);

    std::size_t messages() const { return messages_.size(); }
    std::size_t count() const { return recipients_.size(); }
    const std::map<storage::AccountId, std::size_t>& accounts() const { return accounts_; }  // recipients of each
    std::size_t messages_of(const std::string& lane) const;
    const std::map<std::string, std::map<storage::QueueMessageId, std::size_t>>& lanes() const { return lanes_; }
    std::vector<storage::QueueRecipientId> recipients() const;

  private:
    std::map<storage::QueueRecipientId, std::string> recipients_;  // with their lanes
    std::map<storage::QueueMessageId, std::size_t> messages_;      // with the number of their recipients here
    std::map<std::string, std::map<storage::QueueMessageId, std::size_t>> lanes_;
    std::map<storage::AccountId, std::size_t> accounts_;
};

}  // namespace server::queue
