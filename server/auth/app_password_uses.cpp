// There are no more of them than app passwords.
#include "server/auth/app_password_uses.h"

#include <utility>

namespace server::auth {

namespace {

constexpr std::int64_t noted_seconds = 3'600;

}  // namespace

void AppPasswordUses::note(const storage::AppPassword& password, std::int64_t now, const std::string& address) {
    const bool known =
        password.used_from == address && now >= password.used_at && now - password.used_at < noted_seconds;
    if (known) return;
    const locking::Lock lock(mutex_);
    uses_[password.id] = {password.id, now, address};
}

std::vector<storage::AppPasswordUse> AppPasswordUses::take() {
    std::map<storage::AppPasswordId, storage::AppPasswordUse> uses;
    {
        const locking::Lock lock(mutex_);
        uses.swap(uses_);
    }
    std::vector<storage::AppPasswordUse> taken;
    taken.reserve(uses.size());
    for (auto& [id, use] : uses) taken.push_back(std::move(use));
    return taken;
}

}  // namespace server::auth
