// Checks content: every blob against its hash and size, every summary and text size against a fresh parse. For
// check.cpp only.
#pragma once

#include <vector>

#include "storage/engine/connection.h"
#include "storage/upkeep/check.h"

namespace storage {

struct ContentFindings {
    std::vector<Finding> findings;
    std::vector<BlobId> stale_summaries;  // missing, or different from a fresh parse, as may be their text sizes
    std::uint64_t blobs = 0;
    std::uint64_t octets = 0;
};

// Walks all blobs by id.
ContentFindings check_content(engine::Connection& connection, const CheckOptions& options);

// The correct summary of the blob. Refuses no_such_message if its content cannot be read.
Query<Summarised> fresh_summary(BlobId blob, Summarise summarise);

}  // namespace storage
