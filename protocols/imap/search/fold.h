// Combines search keys that only need the UID: sets of messages are joined by AND, OR and NOT before any message is
// read, so that a thousand such keys cost no more per message than one. RFC 9051 §6.4.4. Pure.
#pragma once

#include "protocols/imap/search/program.h"

namespace imap {

// Reduces the number of nodes: of the sets in an AND or OR one is left, and nested ANDs and ORs are merged. Linear in
// the ranges of all sets, times the logarithm of their number. Afterwards a node that only needs the UID is a set of
// UIDs, or ALL.
void fold(SearchNode& node);

// The UIDs of one set that are not in the other; linear in the ranges of both.
storage::UidSet without(const storage::UidSet& uids, const storage::UidSet& other);

// The number of keys that a message is tested with.
std::size_t count_tests(const SearchNode& node);

}  // namespace imap
