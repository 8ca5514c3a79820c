// Where new results of a SORT belong among those that are in order already. RFC 5267 §4.3.3. Only the messages that a
// binary search asks for are looked at. Runs on a reader thread, in one snapshot.
#pragma once

#include <vector>

#include "protocols/imap/search/message_scan.h"
#include "protocols/imap/search/sort_table.h"
#include "protocols/imap/wire/command.h"
#include "storage/messages.h"

namespace imap {

struct InsertPlan {
    storage::MailboxId mailbox;
    ScanPlan scan;
    std::vector<wire::SortCriterion> criteria;
    SortTable::Limits limits;
};
// `order` with those of `added` that are there, each in its place.
storage::Query<std::vector<storage::Uid>> insert_results(InsertPlan plan, std::vector<storage::Uid> order,
                                                         storage::UidSet added);

}  // namespace imap
