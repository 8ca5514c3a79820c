// The rules that SQL can check: one row each, with the query that finds violations and the statement that repairs them.
// For check.cpp only.
#pragma once

#include <span>

namespace storage {

struct Rule {
    const char* table;
    const char* what;
    const char* find;    // rows of (key TEXT)
    const char* repair;  // nullptr: not repairable. Must change nothing if all is well
};

// In the order in which repairs must run: first deletions, then counters.
std::span<const Rule> rules();

}  // namespace storage
