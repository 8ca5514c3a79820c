// Long work that an operation does slice by slice. For storage/*.cpp only.
#pragma once

#include <utility>

#include "storage/engine/batch.h"

namespace storage {

// Makes an Operation's `run` from `slice(batch, work)`, which does one slice, and returns the result after the last
// one. The first slice may be run again if its batch is lost, so it works on a copy of `work`. Later slices are not run
// again and do not copy: the cost would grow with the work done.
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
