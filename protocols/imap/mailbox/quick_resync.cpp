// QRESYNC's parameter and the mailbox. RFC 7162 §3.2.5. Match data is two ascending sets of equal size: walked in
// stretches that are ranges in both, each from its end, and only as far as the mailbox has messages.
#include "protocols/imap/mailbox/quick_resync.h"

#include <algorithm>
#include <optional>

namespace imap {

using storage::Uid;
using storage::UidSet;

UidSet asked_uids(const wire::QuickResync& resync) {
    if (!resync.known_uids) return UidSet::all();
    UidSet uids;
    for (const wire::NumberRange& range : resync.known_uids->resolved(0))
        uids.insert(Uid{range.first}, Uid{range.last});
    return uids;
}

Uid known_up_to(const wire::QuickResync& resync, const MessageNumbers& numbers) {
    if (!resync.match) return {};
    Uid known;
    std::vector<wire::NumberRange> uids = resync.match->second.ranges;
    auto uid = uids.begin();
    for (wire::NumberRange range : resync.match->first.ranges) {
        while (uid != uids.end()) {
            const std::uint32_t more = std::min(range.last - range.first, uid->last - uid->first);
            const wire::NumberRange stretch{range.first, range.first + more};
            known = std::max(known, numbers.last_match(stretch, uid->first).value_or(Uid{}));
            const bool range_ends = stretch.last == range.last;
            if (uid->first + more == uid->last) {
                ++uid;
            } else {
                uid->first += more + 1;
            }
            if (range_ends) break;
            range.first += more + 1;
        }
    }
    return known;
}

UidSet behind(const UidSet& uids, Uid last) {
    if (last.value == UINT32_MAX) return {};
    UidSet rest;
    rest.insert(Uid{last.value + 1}, Uid{UINT32_MAX});
    return uids.intersected(rest);
}

}  // namespace imap
