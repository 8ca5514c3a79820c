// Limits of one IMAP command: every size, count and depth that a client controls. Filled from the config.
#pragma once

#include <cstddef>
#include <cstdint>

namespace imap::wire {

// Every field is a number of octets or a count.
struct ReceiverLimits {
    std::size_t max_literal = 64U << 10;   // one gathered literal (never an APPEND's message)
    std::size_t max_command = 256U << 10;  // all lines and gathered literals of a command
    std::size_t max_literals = 1000;       // gathered literals in a command
    std::uint64_t max_skip = 16U << 20;    // non-synchronizing literals refused; with more, the session ends
    std::size_t max_depth = 100;           // nested lists and search keys
    std::size_t max_ranges = 20000;        // in one sequence-set
    std::size_t max_search_keys = 2000;
    std::size_t max_items = 1000;  // in any other list: flags, fetch items, header fields, patterns, ...
};

}  // namespace imap::wire
