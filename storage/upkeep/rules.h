// The rules of the store that SQL can see: one row each, with the question that finds offenders and the statement that
// mends them. For check.cpp alone.
#pragma once

#include <span>

namespace storage {

struct Rule {
    const char* table;
    const char* what;
    const char* find;    // rows of (key TEXT)
    const char* repair;  // nullptr: nothing can be computed. Changes nothing where all is well
};

// In the order in which repairs must run: what is gone first, then what is counted.
std::span<const Rule> rules();

}  // namespace storage
