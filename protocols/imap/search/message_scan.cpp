// Shows messages to SORT and THREAD.
#include "protocols/imap/search/message_scan.h"

#include <algorithm>
#include <utility>

#include "protocols/mime/readable_summary.h"
#include "protocols/mime/summary.h"
#include "storage/contents.h"

namespace imap {

using mime::SummaryView;
using storage::Result;

namespace {

// The header section with its blank line; at most `most` octets.
std::string header_section(storage::Snapshot& snapshot, storage::BlobId blob, std::size_t most) {
    constexpr std::string_view blank_line = "\r\n\r\n";
    storage::ContentReader content(snapshot, {blob});
    content.open(blob);
    std::string header;
    while (header.size() < most) {
        const std::string_view octets = content.read(header.size(), most - header.size());
        if (octets.empty()) break;
        const std::size_t from = header.size() - std::min(header.size(), blank_line.size() - 1);
        header += octets;
        const std::size_t end = header.find(blank_line, from);
        if (end == std::string::npos) continue;
        header.resize(end + blank_line.size());
        break;
    }
    return header;
}

}  // namespace

storage::Query<ScanBatch> scan_batch(storage::Access access, ScanPlan plan, storage::UidSet targets, TakeScanned take) {
    return [=, targets = std::move(targets), take = std::move(take)](storage::Snapshot& snapshot) -> Result<ScanBatch> {
        ScanBatch batch{.done = targets.ranges().back().last};
        storage::Uid last;
        storage::BlobId blob;
        const std::function<std::string()> read_header = [&] {
            return header_section(snapshot, blob, plan.header_octets);
        };
        const auto see = [&](const storage::ScannedRow& row) {
            last = row.uid;
            blob = row.blob;
            SummaryView summary(row.summary);
            std::string anew;
            if (plan.with_summary && (summary.damaged() || summary.defects().has(mime::Defect::header_too_long))) {
                anew = mime::encode_summary(mime::summarize(read_header(), mime::generous_limits()));
                summary = SummaryView(anew);
            }
            batch.enough = !take({.row = row, .summary = summary, .read_header = read_header});
            return !batch.enough;
        };
        const Result<std::size_t> shown =
            storage::scan_messages(access, targets, plan.with_summary, plan.messages, {}, see)(snapshot);
        if (!shown) return std::unexpected(shown.error());
        if (*shown == plan.messages) batch.done = last;
        return batch;
    };
}

}  // namespace imap
