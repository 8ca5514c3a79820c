// Shows SORT and THREAD each message: its row and its summary. Runs on the store's reader threads, a bounded batch in
// one snapshot. The receiver keeps what it needs (sort_table.h). A summary of an older version is made again from the
// header section.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "protocols/mime/summary_view.h"
#include "storage/messages.h"

namespace imap {

// Valid only during the call.
struct ScannedMessage {
    const storage::ScannedRow& row;
    const mime::SummaryView& summary;                 // damaged if it was not requested
    const std::function<std::string()>& read_header;  // the header section, for what is not in the summary
};
// Returns false to stop.
using TakeScanned = std::function<bool(const ScannedMessage&)>;

struct ScanPlan {
    bool with_summary = true;
    std::size_t messages = 0;       // in one batch
    std::size_t header_octets = 0;  // the most that is read of a header section
};
struct ScanBatch {
    storage::Uid done;    // all targets up to here were shown
    bool enough = false;  // the receiver has stopped
};
storage::Query<ScanBatch> scan_batch(storage::Access access, ScanPlan plan, storage::UidSet targets, TakeScanned take);

}  // namespace imap
