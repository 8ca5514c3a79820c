#include "protocols/dns/silence.h"

namespace dns {

bool Silence::wants_probe(Time asked_at, Time now) const {
    if (probing_) return false;
    return silent_ || (now - asked_at >= patience_.question && now >= believed_until_);
}

Silence::News Silence::probe_ended(bool answered, Time now) {
    probing_ = false;
    if (answered) believed_until_ = now + patience_.believed;
    if (silent_ != answered) return News::none;
    silent_ = !answered;
    return silent_ ? News::begins : News::ends;
}

}  // namespace dns
