// Search keys that the UID alone decides, made one: sets of messages are joined by AND, OR and NOT before any message
// is looked at, so that a thousand of them cost a message no more than one. RFC 9051 §6.4.4. Pure.
#pragma once

#include "protocols/imap/search/program.h"

namespace imap {

// The same question with as few nodes as may be: of the parts of an AND or OR that name messages one is left, and
// nested ANDs and ORs are one. Linear in the ranges of all sets, times the logarithm of their number. A node that the
// UID decides is a set of UIDs, or ALL, when this is done.
void fold(SearchNode& node);

// Those of the set that are not in the other one; linear in the ranges of both.
storage::UidSet without(const storage::UidSet& uids, const storage::UidSet& other);

// Keys that a message is judged by, one by one.
std::size_t count_tests(const SearchNode& node);

}  // namespace imap
