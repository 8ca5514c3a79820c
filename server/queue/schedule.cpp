// When a message is tried again. RFC 5321 §4.5.4.1.
#include "server/queue/schedule.h"

#include <algorithm>

namespace server::queue {

std::int64_t Schedule::next_attempt_at(std::uint32_t attempts, std::int64_t queued_at, std::int64_t now) const {
    const std::size_t index = std::min<std::size_t>(attempts == 0 ? 0 : attempts - 1, waits.size() - 1);
    const std::int64_t wait = waits.empty() ? 300 : waits[index].count();
    return std::max(now + 1, std::min(now + wait, queued_at + lifetime.count()));
}

}  // namespace server::queue
