// Limits the memory for keys of SORT and THREAD: of one command, and of all together.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/base/budget.h"

namespace imap {

// Why a table is full: the limit of one command, or that of all.
enum class TableFault : std::uint8_t { too_much, busy };

inline std::string_view text_of(TableFault fault) {
    return fault == TableFault::too_much ? "There are too many messages to put them in order at once"
                                         : "Too many messages are being put in order for others: try again later";
}

class TableMemory {
  public:
    // all: the budget of all commands; nullptr: none.
    TableMemory(std::uint64_t most, base::Budget* all) : most_(most) {
        if (all != nullptr) share_.emplace(*all);
    }

    // If it returns false, it does so from then on: fault() says why.
    bool grow_to(std::uint64_t octets) {
        if (octets > most_) {
            fault_ = TableFault::too_much;
        } else if (share_ && !share_->grow_to(octets)) {
            fault_ = TableFault::busy;
        }
        return !fault_;
    }
    std::optional<TableFault> fault() const { return fault_; }
    // For a table that takes in others: each may use its own amount.
    void allow_more(std::uint64_t octets) { most_ += octets; }

  private:
    std::uint64_t most_;
    std::optional<base::Budget::Share> share_;
    std::optional<TableFault> fault_;
};

}  // namespace imap
