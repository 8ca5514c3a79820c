// One entry for each kind of line, until its minute is over.
#include "server/auth/repeated_lines.h"

#include <utility>

namespace server::auth {

std::optional<std::uint64_t> RepeatedLines::tell(std::string_view event, std::string_view address) {
    const std::string key = std::string(event) + " " + std::string(address);
    const locking::Lock lock(mutex_);
    const auto now = clock_();
    auto found = kinds_.find(key);
    if (found == kinds_.end()) {
        if (kinds_.size() >= kinds_most) return 0;
        Kind fresh{.left_out = {.event = std::string(event), .address = std::string(address)}, .began = now};
        found = kinds_.emplace(key, std::move(fresh)).first;
    }
    Kind& kind = found->second;
    if (now - kind.began >= window) {
        kind.written = 0;
        kind.began = now;
    }
    if (kind.written >= written_most) {
        ++kind.left_out.lines;
        return std::nullopt;
    }
    ++kind.written;
    return std::exchange(kind.left_out.lines, 0);
}

std::vector<RepeatedLines::LeftOut> RepeatedLines::take_ended() {
    std::vector<LeftOut> ended;
    const locking::Lock lock(mutex_);
    const auto now = clock_();
    for (auto at = kinds_.begin(); at != kinds_.end();) {
        Kind& kind = at->second;
        if (now - kind.began < window) {
            ++at;
            continue;
        }
        if (kind.left_out.lines != 0) ended.push_back(std::move(kind.left_out));
        at = kinds_.erase(at);
    }
    return ended;
}

}  // namespace server::auth
