// Inserts new results of a SORT into the existing order. RFC 5267 §4.3.3. Reads only the messages that a binary search
// visits. Runs on a reader thread, in one snapshot.
#pragma once

#include <vector>

#include "protocols/imap/search/message_scan.h"
#include "protocols/imap/search/sort_table.h"
#include "protocols/imap/wire/command.h"
#include "storage/messages.h"

namespace imap {

struct InsertPlan {
    storage::Access access;
    ScanPlan scan;
    std::vector<wire::SortCriterion> criteria;
    SortTable::Limits limits;
};
// `order` with those of `added` that exist, each at its position.
storage::Query<std::vector<storage::Uid>> insert_results(InsertPlan plan, std::vector<storage::Uid> order,
                                                         storage::UidSet added);

}  // namespace imap
