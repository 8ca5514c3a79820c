#include "server/queue/fairness.h"

#include <algorithm>
#include <map>

namespace server::queue {

bool may_have_more(std::uint32_t own, std::uint32_t left) { return left > 0 && own <= std::uint64_t{3} * left; }

std::size_t place_in_turn(std::span<const storage::AccountId> waiting, storage::AccountId account) {
    const auto own = std::ranges::count(waiting, account);
    std::map<storage::AccountId, std::ptrdiff_t> ahead;
    std::size_t place = 0;
    while (place < waiting.size() && ++ahead[waiting[place]] <= own + 1) ++place;
    return place;
}

}  // namespace server::queue
