// The lists and the one timer of deadlines.h.
// If a wait ends early, its timer is left to fire, find nothing, and be set again: that is rarer and cheaper than
// resetting it at each wait. The entries decide what a passed deadline means.
#include "protocols/net/deadlines.h"

namespace net {

asio::execution_context::id Deadlines::id;

Deadlines::Deadlines(asio::execution_context& context) : asio::execution_context::service(context) {
    timer_.emplace(static_cast<asio::io_context&>(context));
}

void Deadlines::detach() {
    if (--attached_ > 0 || !timer_) return;
    timer_->cancel();
    armed_.reset();
}

void Deadlines::enter(Entry& entry, std::chrono::milliseconds limit) {
    entry.at_ = Clock::now() + limit;
    List& list = lists_[limit];
    entry.list_ = &list;
    entry.next_ = nullptr;
    entry.previous_ = list.last;
    (list.last != nullptr ? list.last->next_ : list.first) = &entry;
    list.last = &entry;
    if (!armed_ || entry.at_ < *armed_) arm(entry.at_);
}

void Deadlines::leave(Entry& entry) { unlink(entry); }

void Deadlines::unlink(Entry& entry) {
    if (entry.list_ == nullptr) return;
    (entry.previous_ != nullptr ? entry.previous_->next_ : entry.list_->first) = entry.next_;
    (entry.next_ != nullptr ? entry.next_->previous_ : entry.list_->last) = entry.previous_;
    entry.list_ = nullptr;
}

void Deadlines::arm(Clock::time_point at) {
    if (!timer_) return;
    armed_ = at;
    timer_->expires_at(at);
    timer_->async_wait([this](const std::error_code& error) {
        if (!error) fire();
    });
}

void Deadlines::fire() {
    armed_.reset();
    const Clock::time_point now = Clock::now();
    std::optional<Clock::time_point> earliest;
    for (auto list = lists_.begin(); list != lists_.end();) {
        while (list->second.first != nullptr && list->second.first->at_ <= now) {
            Entry& entry = *list->second.first;
            unlink(entry);
            entry.expired();
        }
        const Entry* first = list->second.first;
        if (first != nullptr && (!earliest || first->at_ < *earliest)) earliest = first->at_;
        list = first == nullptr ? lists_.erase(list) : std::next(list);
    }
    if (earliest) arm(*earliest);
}

void Deadlines::shutdown() noexcept {
    timer_.reset();
    for (auto& [limit, list] : lists_) {
        while (list.first != nullptr) {
            Entry& entry = *list.first;
            unlink(entry);
            entry.abandoned();
        }
    }
}

}  // namespace net
