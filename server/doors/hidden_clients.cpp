// Counts until the answer is known, then stops looking.
#include "server/doors/hidden_clients.h"

namespace server {

bool HiddenClients::tell(std::string_view address) {
    const auto octets = auth::parse_address(address);
    if (!octets || auth::is_this_machine(*octets)) return false;
    const locking::Lock lock(mutex_);
    if (settled_) return false;
    if (!only_) only_ = *octets;
    if (*only_ != *octets || !auth::is_private(*octets)) {
        settled_ = true;
        return false;
    }
    settled_ = ++connections_ == enough;
    return settled_;
}

}  // namespace server
