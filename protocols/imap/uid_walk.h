// A walk over a set of UIDs in slices, so that a long FETCH or SEARCH asks the store for a bounded piece at a time.
// Sets may span UIDs that do not exist. Pure.
// How much a piece may hold is the asker's to say; here only the number of ranges is bounded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "storage/types.h"

namespace imap {

class UidWalk {
  public:
    explicit UidWalk(storage::UidSet uids) : uids_(std::move(uids)) {}

    bool done() const { return at_ == uids_.ranges().size(); }

    // What comes next, not empty unless done.
    storage::UidSet next() const {
        storage::UidSet slice;
        const std::size_t end = std::min(uids_.ranges().size(), at_ + ranges_at_once);
        for (std::size_t i = at_; i < end; ++i) {
            const storage::UidSet::Range& range = uids_.ranges()[i];
            slice.insert(std::max(range.first, from_), range.last);
        }
        return slice;
    }

    // All up to and with this UID is dealt with.
    void passed(storage::Uid uid) {
        while (!done() && uids_.ranges()[at_].last <= uid) ++at_;
        from_ = storage::Uid{uid.value + 1};
    }

  private:
    static constexpr std::size_t ranges_at_once = 256;
    storage::UidSet uids_;
    std::size_t at_ = 0;
    storage::Uid from_{1};
};

}  // namespace imap
