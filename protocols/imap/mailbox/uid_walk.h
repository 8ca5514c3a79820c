// Walks over a set of UIDs in pieces, so that a long FETCH or SEARCH reads a bounded part at a time. Sets may span UIDs
// that do not exist. Pure. Bounds the number of ranges; the caller bounds the number of UIDs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "storage/types.h"

namespace imap {

// Splits a set into a lower and an upper half with equally many UIDs.
inline std::pair<storage::UidSet, storage::UidSet> halves(const storage::UidSet& uids) {
    std::pair<storage::UidSet, storage::UidSet> result;
    std::uint64_t left = uids.count() / 2;
    for (const storage::UidSet::Range& range : uids.ranges()) {
        const std::uint64_t count = std::uint64_t{range.last.value} - range.first.value + 1;
        const auto lower = static_cast<std::uint32_t>(std::min(left, count));
        if (lower > 0) result.first.insert(range.first, storage::Uid{range.first.value + lower - 1});
        if (lower < count) result.second.insert(storage::Uid{range.first.value + lower}, range.last);
        left -= lower;
    }
    return result;
}

class UidWalk {
  public:
    explicit UidWalk(storage::UidSet uids) : uids_(std::move(uids)) {}

    bool done() const { return at_ == uids_.ranges().size(); }

    // The next piece, not empty unless done; at most `most` UIDs.
    storage::UidSet next(std::uint64_t most = std::numeric_limits<std::uint64_t>::max()) const {
        storage::UidSet slice;
        const std::size_t end = std::min(uids_.ranges().size(), at_ + ranges_at_once);
        for (std::size_t i = at_; i < end && most > 0; ++i) {
            const storage::UidSet::Range& range = uids_.ranges()[i];
            const storage::Uid first = std::max(range.first, from_);
            const std::uint64_t count = std::min(most, std::uint64_t{range.last.value} - first.value + 1);
            slice.insert(first, storage::Uid{static_cast<std::uint32_t>(first.value + count - 1)});
            most -= count;
        }
        return slice;
    }

    // All UIDs up to this one are done.
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
