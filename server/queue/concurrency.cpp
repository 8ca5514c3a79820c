// Growing, shrinking, pausing. The runner decides what each verdict means for the current mail.
#include "server/queue/concurrency.h"

#include <algorithm>

namespace server::queue {

void Concurrency::configure(std::uint32_t most, std::int64_t back_off) {
    most_ = most;
    back_off_ = back_off;
    window_ = std::clamp<std::uint32_t>(window_, 1, std::max<std::uint32_t>(most_, 1));
}

std::uint32_t Concurrency::window(std::int64_t now) const { return now < resumes_at_ ? 0 : window_; }

void Concurrency::succeeded(std::int64_t now) {
    last_success_ = now;
    proven_ = true;
    dead_ = false;
    pauses_ = 0;
    breaks_ = 0;
    resumes_at_ = 0;
    if (++credit_ < growth_ || window_ >= most_) return;
    credit_ = 0;
    ++window_;
}

Concurrency::Verdict Concurrency::refused(std::int64_t now, std::uint32_t others) {
    if (others > 0) {
        shrink(others);
        return Verdict::fewer;
    }
    shrink(1);
    if (!has_delivered_lately(now) || pauses_ >= most_pauses) return die(now);
    resumes_at_ = now + (std::int64_t{1} << pauses_++);
    return Verdict::later;
}

Concurrency::Verdict Concurrency::broke(std::int64_t now, std::uint32_t others) {
    shrink(std::max<std::uint32_t>(1, others));
    // While others are connected, it is the message rather than the next hop.
    return ++breaks_ >= most_breaks && others == 0 ? die(now) : Verdict::fewer;
}

void Concurrency::revive() {
    resumes_at_ = 0;
    dead_ = false;
}

void Concurrency::shrink(std::uint32_t to) {
    window_ = std::min(window_, std::max<std::uint32_t>(1, to));
    credit_ = 0;
    growth_ = std::clamp(growth_ * 2, slow_growth, slowest_growth);
}

Concurrency::Verdict Concurrency::die(std::int64_t now) {
    window_ = 1;
    credit_ = 0;
    growth_ = 1;
    pauses_ = 0;
    breaks_ = 0;
    proven_ = false;
    dead_ = true;
    resumes_at_ = now + back_off_;
    return Verdict::dead;
}

}  // namespace server::queue
