// Does a message match? Judged with as little as possible: first its UID and row, then its summary, its header section,
// and its decoded text only where nothing less decides. RFC 3501 §6.4.4.
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
    storage::Uid uid;
    storage::ModSeq modseq;
    std::uint8_t score = 100;  // relevancy, 1 to 100 (RFC 6203 §4)
};
// Where the UIDs alone decide (Evidence::uid): no row need be read. Linear in what is found.
std::vector<SearchMatch> match_by_uid(const SearchProgram& program);
storage::UidSet uids_of(const std::vector<SearchMatch>& ascending);
struct SearchBatch {
    std::vector<SearchMatch> matches;  // ascending
    storage::Uid done;                 // all targets up to here have been judged
};
struct SearchLimits {
    std::size_t messages = 0;  // judged in one batch
    std::size_t octets = 0;    // of content read for one batch
};
storage::Query<SearchBatch> search_batch(storage::MailboxId mailbox, std::shared_ptr<const SearchProgram> program,
                                         storage::UidSet targets, SearchLimits limits);

}  // namespace imap
