// Whose turn it is in the queue: the rows of queue_account, queue_lane and queue_flow, which say when something is due
// for each account, each of its lanes, and each sender in that. Round robin: after its turn, each comes after all that
// became due before. For storage/queue*.cpp only.
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "storage/engine/connection.h"
#include "storage/types.h"

namespace storage {

// The lane of a domain (lower case): from its route, or its own.
std::string lane_of(engine::Connection& connection, std::string_view domain);

// What has one turn: an account's mail from one sender in one lane.
struct Flow {
    AccountId account;  // 0: nobody's
    std::string lane;
    std::string sender;
    friend auto operator<=>(const Flow&, const Flow&) = default;
};
// From a row of account_id, lane, sender.
Flow flow_of(const engine::Statement& row);

// Collects flows whose recipients change, and updates their rows.
class Turns {
  public:
    Turns(engine::Connection& connection, std::int64_t now) : connection_(connection), now_(now) {}

    void touch(Flow flow) { touched_.insert(std::move(flow)); }
    void touch_account(AccountId account) { accounts_.insert(account); }
    // Call once after all changes of the operation. served: those touched have had their turn.
    void settle(bool served);

  private:
    void settle_flow(const Flow& flow, bool served);
    void settle_lane(AccountId account, const std::string& lane, bool served);
    void settle_account(AccountId account, bool served);

    engine::Connection& connection_;
    std::int64_t now_;
    std::set<Flow> touched_;
    std::set<AccountId> accounts_;
};

}  // namespace storage
