// The memory of what SORT and THREAD compare: so much for one command, and so much for all of them together.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/base/budget.h"

namespace imap {

// Why a table takes no more: one command would hold too much, or all of them together do.
enum class TableFault : std::uint8_t { too_much, busy };

inline std::string_view text_of(TableFault fault) {
    return fault == TableFault::too_much ? "There are too many messages to put them in order at once"
                                         : "Too many messages are being put in order for others: try again later";
}

class TableMemory {
  public:
    // all: of all commands; nullptr: one is by itself.
    TableMemory(std::uint64_t most, base::Budget* all) : most_(most) {
        if (all != nullptr) share_.emplace(*all);
    }

    // False, from then on: fault() says why.
    bool grow_to(std::uint64_t octets) {
        if (octets > most_) {
            fault_ = TableFault::too_much;
        } else if (share_ && !share_->grow_to(octets)) {
            fault_ = TableFault::busy;
        }
        return !fault_;
    }
    std::optional<TableFault> fault() const { return fault_; }
    // Of what is put together from several, each may have its own.
    void allow_more(std::uint64_t octets) { most_ += octets; }

  private:
    std::uint64_t most_;
    std::optional<base::Budget::Share> share_;
    std::optional<TableFault> fault_;
};

}  // namespace imap
