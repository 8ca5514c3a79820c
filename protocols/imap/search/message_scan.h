// What SORT and THREAD see of each message: its row and its summary, in passing. Runs on the store's reader threads, a
// bounded batch in one snapshot. What is kept of it is the taker's (sort_table.h).
// A summary of an older version is made anew from the header section.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "protocols/mime/summary_view.h"
#include "storage/messages.h"

namespace imap {

// Lives as long as the call that it is given to.
struct ScannedMessage {
    const storage::ScannedRow& row;
    const mime::SummaryView& summary;                 // damaged where it was not asked for
    const std::function<std::string()>& read_header;  // its header section, for what the summary leaves open
};
// False: no more.
using TakeScanned = std::function<bool(const ScannedMessage&)>;

struct ScanPlan {
    bool with_summary = true;
    std::size_t messages = 0;       // in one batch
    std::size_t header_octets = 0;  // most that is read of a header section
};
struct ScanBatch {
    storage::Uid done;    // all targets up to here have been shown
    bool enough = false;  // the taker wants no more
};
storage::Query<ScanBatch> scan_batch(storage::MailboxId mailbox, ScanPlan plan, storage::UidSet targets,
                                     TakeScanned take);

}  // namespace imap
