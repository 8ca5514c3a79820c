// Long work that an Operation does slice by slice. For storage/*.cpp only.
#pragma once

#include <utility>

#include "storage/engine/batch.h"

namespace storage {

// An Operation's `run` around `slice(batch, work)`, which does one slice and says what came of all when it was the
// last. The first slice may have to be run again, where its batch is lost, and so is done on a copy of `work`; no later
// one is, so that the work does not grow with what it has done already.
template <class Work, class Slice>
auto in_slices(Work begun, Slice slice) {
    return [work = std::move(begun), slice = std::move(slice), begun = false](engine::Batch& batch) mutable {
        if (begun) return slice(batch, work);
        Work first = work;
        auto outcome = slice(batch, first);
        begun = !outcome;
        if (begun) work = std::move(first);
        return outcome;
    };
}

}  // namespace storage
