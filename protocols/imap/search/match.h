// Tests whether a message matches, reading as little as possible: first UID and row, then summary, header section, and
// decoded text only if needed. RFC 3501 §6.4.4.
// Runs on the store's reader threads, a bounded batch of messages in one snapshot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "protocols/imap/search/program.h"
#include "storage/messages.h"

namespace imap {

struct SearchMatch {
    storage::ModSeq modseq;
    storage::Uid uid;
    std::uint8_t score = 100;  // relevancy, 1 to 100 (RFC 6203 §4)
};
// If UIDs alone are enough (Evidence::uid): no row is read. Linear in the result.
std::vector<SearchMatch> match_by_uid(const SearchProgram& program);
storage::UidSet uids_of(const std::vector<SearchMatch>& ascending);
struct SearchBatch {
    std::vector<SearchMatch> matches;  // ascending
    storage::Uid done;                 // all targets up to here were tested
};
struct SearchLimits {
    std::size_t messages = 0;  // tested in one batch
    std::size_t octets = 0;    // of content read for one batch
};
storage::Query<SearchBatch> search_batch(storage::Access access, std::shared_ptr<const SearchProgram> program,
                                         storage::UidSet targets, SearchLimits limits);

}  // namespace imap
