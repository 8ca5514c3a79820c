// Limits the memory for keys of SORT and THREAD: of one command, of one account, and of all together.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "protocols/base/budget.h"
#include "protocols/net/allowance.h"

namespace imap {

// Why a table is full: the limit of one command, that of all, or that of the account.
enum class TableFault : std::uint8_t { too_much, busy, account };

inline std::string_view text_of(TableFault fault) {
    if (fault == TableFault::too_much) return "There are too many messages to put them in order at once";
    if (fault == TableFault::busy) return "Too many messages are being put in order for others: try again later";
    return "Your account is doing too much at once: try again later";
}

class TableMemory {
  public:
    // all: the budget of all commands; nullptr: none. allowance: of the connection.
    TableMemory(std::uint64_t most, base::Budget* all, std::shared_ptr<net::Allowance> allowance)
        : most_(most), of_account_(net::Resource::memory, std::move(allowance)) {
        if (all != nullptr) share_.emplace(*all);
    }

    // If it returns false, it does so from then on: fault() says why.
    bool grow_to(std::uint64_t octets) {
        if (fault_ || octets <= granted_) return !fault_;
        if (octets > most_) {
            fault_ = TableFault::too_much;
        } else if (share_ && !share_->grow_to(octets)) {
            fault_ = TableFault::busy;
        } else if (!of_account_.set(octets)) {
            fault_ = TableFault::account;
        } else {
            granted_ = octets;
        }
        return !fault_;
    }
    std::optional<TableFault> fault() const { return fault_; }
    // For a table that takes in others: each may use its own amount.
    void allow_more(std::uint64_t octets) { most_ += octets; }

  private:
    std::uint64_t most_;
    std::uint64_t granted_ = 0;
    std::optional<base::Budget::Share> share_;
    net::Hold of_account_;
    std::optional<TableFault> fault_;
};

}  // namespace imap
