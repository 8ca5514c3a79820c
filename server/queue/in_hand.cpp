#include "server/queue/in_hand.h"

#include <algorithm>

namespace server::queue {
namespace {

template <class Map, class Key>
void count_down(Map& map, const Key& key) {
    const auto found = map.find(key);
    if (found != map.end() && --found->second == 0) map.erase(found);
}

}  // namespace

void InHand::take(storage::QueueMessage& message) {
    std::erase_if(message.recipients, [&](const storage::QueueRecipient& recipient) {
        if (!recipients_.try_emplace(recipient.id, recipient.lane).second) return true;
        ++messages_[message.id];
        ++lanes_[recipient.lane][message.id];
        ++accounts_[message.account];
        return false;
    });
}

void InHand::give_back(const storage::QueueMessage& message) {
    for (const storage::QueueRecipient& recipient : message.recipients) {
        const auto found = recipients_.find(recipient.id);
        if (found == recipients_.end()) continue;
        count_down(messages_, message.id);
        count_down(accounts_, message.account);
        const auto lane = lanes_.find(found->second);
        count_down(lane->second, message.id);
        if (lane->second.empty()) lanes_.erase(lane);
        recipients_.erase(found);
    }
}

std::size_t InHand::messages_of(const std::string& lane) const {
    const auto found = lanes_.find(lane);
    return found == lanes_.end() ? 0 : found->second.size();
}

std::vector<storage::QueueRecipientId> InHand::recipients() const {
    std::vector<storage::QueueRecipientId> ids;
    for (const auto& [id, lane] : recipients_) ids.push_back(id);
    return ids;
}

}  // namespace server::queue
