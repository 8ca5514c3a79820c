// Leases: accounts in turn, of each its lanes in turn, within a lane the senders in turn, and of each sender the
// message that is due first.
#include "storage/queue_leases.h"

#include <algorithm>
#include <utility>

#include "storage/queue_rows.h"
#include "storage/queue_turns.h"
#include "storage/slices.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr std::size_t slice_recipients = 1000;
constexpr std::size_t turn_recipients = 100;  // of one message in one turn: as many as any server takes (RFC 5321
                                              // §4.5.3.1.8)
constexpr std::size_t most_accounts = 1000;   // looked at in one lease

// An account's mail, in the order of its turns.
struct Visit {
    AccountId account;
    bool begun = false;
    std::vector<std::string> lanes{};    // the last one's turn comes first
    std::vector<std::string> senders{};  // of the lane whose turn it is, likewise
    std::vector<std::string> again{};    // of these, those that have had a turn
};

class Leasing {
  public:
    Leasing(Connection& connection, const LeaseWishes& wishes)
        : connection_(connection),
          wishes_(wishes),
          room_(wishes.room),
          held_(wishes.held),
          free_(wishes.recipients),
          turns_(connection, wishes.now) {}

    Leased run() {
        std::vector<Visit> visits;
        const std::vector<AccountId> accounts = due_accounts();
        for (const AccountId account : accounts) visits.push_back({.account = account});
        if (accounts.size() == most_accounts) {
            leased_.all_seen = false;
            // Those that get nothing now must not hide the others the next time.
            for (const AccountId account : accounts) turns_.touch_account(account);
        }
        while (!visits.empty()) {
            std::erase_if(visits, [this](Visit& visit) { return !take_turn(visit); });
        }
        turns_.settle(true);
        tell_what_waits();
        return std::move(leased_);
    }

  private:
    // Full for this account: there would be less left for the others than it has.
    bool is_full(AccountId account) { return leased_.messages.size() >= wishes_.messages || held_[account] >= free_; }

    std::size_t& room_of(const std::string& lane) {
        return room_.try_emplace(lane, wishes_.messages_per_lane).first->second;
    }

    std::vector<AccountId> due_accounts() {
        std::vector<AccountId> accounts;
        auto rows = connection_.statement(
            "SELECT account_id FROM queue_account WHERE due_at <= ? ORDER BY due_at, turn, account_id LIMIT ?");
        rows.bind(wishes_.now, most_accounts);
        while (rows.step()) accounts.push_back(rows.column<AccountId>(0));
        return accounts;
    }

    // The account's lanes that have waited longest.
    std::vector<std::string> due_lanes(AccountId account) {
        // One message may be due in all of these lanes: more may be due in others.
        const std::size_t most = wishes_.room.size() + wishes_.messages + 1;
        std::vector<std::string> lanes;
        auto rows = connection_.statement(
            "SELECT lane FROM queue_lane WHERE account_id = ? AND due_at <= ? ORDER BY due_at, turn, lane LIMIT ?");
        rows.bind(account, wishes_.now, most);
        while (rows.step()) lanes.push_back(rows.column<std::string>(0));
        if (lanes.size() == most) leased_.all_seen = false;
        return lanes;
    }

    std::vector<std::string> due_senders(AccountId account, const std::string& lane, std::size_t most) {
        std::vector<std::string> senders;
        auto rows = connection_.statement(
            "SELECT sender FROM queue_flow WHERE account_id = ? AND lane = ? AND due_at <= ? ORDER BY due_at, turn, "
            "sender LIMIT ?");
        rows.bind(account, lane, wishes_.now, most);
        while (rows.step()) senders.push_back(rows.column<std::string>(0));
        return senders;
    }

    // Leases one message of the account; false if there is no more to be leased.
    bool take_turn(Visit& visit) {
        if (!visit.begun) {
            visit.begun = true;
            visit.lanes = due_lanes(visit.account);
            std::ranges::reverse(visit.lanes);
        }
        for (; !visit.lanes.empty(); visit.lanes.pop_back()) {
            const std::string& lane = visit.lanes.back();
            if (is_full(visit.account)) {
                if (visit.lanes.size() > 1 || !seen_.contains(lane)) leased_.all_seen = false;
                return false;
            }
            if (lease_in_lane(visit, lane)) return true;
            visit.senders.clear();
            visit.again.clear();
        }
        return false;
    }

    // Of the lane's senders, the next one's message; false if none has another, or the lane is full.
    bool lease_in_lane(Visit& visit, const std::string& lane) {
        seen_.insert(lane);
        if (visit.senders.empty() && visit.again.empty()) {
            visit.senders = due_senders(visit.account, lane, room_of(lane));
            std::ranges::reverse(visit.senders);
        }
        while (room_of(lane) > 0) {
            if (visit.senders.empty()) {
                visit.senders = std::exchange(visit.again, {});
                std::ranges::reverse(visit.senders);
            }
            if (visit.senders.empty()) return false;
            std::string sender = std::move(visit.senders.back());
            visit.senders.pop_back();
            if (!lease_one({visit.account, lane, sender})) continue;
            visit.again.push_back(std::move(sender));
            return true;
        }
        return false;
    }

    // The flow's message that is due first.
    bool lease_one(const Flow& flow) {
        auto first = connection_.statement(
            "SELECT message_id FROM queue_recipient WHERE account_id = ? AND lane = ? AND sender = ? AND state = 0 AND "
            "next_attempt_at <= ? ORDER BY next_attempt_at LIMIT 1");
        turns_.touch(flow);
        if (!first.bind(flow.account, flow.lane, flow.sender, wishes_.now).step()) return false;
        const QueueMessageId id = first.column<QueueMessageId>(0);
        first.reset();
        Result<QueueMessage> message = find_queue_message(connection_, id);
        if (!message) {  // a recipient without a message, which no attempt can finish: `mailstead check` reports it
            connection_.run("UPDATE queue_recipient SET next_attempt_at = ? WHERE message_id = ?", wishes_.until, id);
            return true;
        }
        lease(*message, flow);
        leased_.messages.push_back(*std::move(message));
        return true;
    }

    // Those in the lane whose turn it is come first.
    void lease(QueueMessage& message, const Flow& flow) {
        std::size_t& held = held_[flow.account];
        // So many that it holds no more than is left; is_full() has told that there is one.
        const std::size_t most = std::min(turn_recipients, (free_ - held + 1) / 2);
        std::set<std::string> lanes;
        for (const bool in_lane : {true, false}) {
            auto due = due_recipients(connection_, message.id, wishes_.now);
            while (message.recipients.size() < most && due.step()) {
                QueueRecipient recipient = read_recipient(due);
                if ((recipient.lane == flow.lane) != in_lane) continue;
                if (!lanes.contains(recipient.lane)) {
                    if (room_of(recipient.lane) == 0) continue;
                    --room_of(recipient.lane);
                    lanes.insert(recipient.lane);
                    turns_.touch({flow.account, recipient.lane, message.reverse_path});
                }
                message.recipients.push_back(std::move(recipient));
            }
        }
        for (const QueueRecipient& recipient : message.recipients) {
            connection_.run("UPDATE queue_recipient SET holder = ?, next_attempt_at = ?, asked = 0 WHERE id = ?",
                            wishes_.holder, wishes_.until, recipient.id);
        }
        held += message.recipients.size();
        free_ -= message.recipients.size();
    }

    void tell_what_waits() {
        auto due = connection_.statement("SELECT 1 FROM queue_lane WHERE lane = ? AND due_at <= ? LIMIT 1");
        for (const std::string& lane : seen_) {
            if (due.bind(lane, wishes_.now).step()) leased_.waiting.insert(lane);
        }
        auto next = connection_.statement("SELECT min(due_at) FROM queue_lane WHERE due_at > ?");
        next.bind(wishes_.now).step();
        leased_.next_due_at = next.column<std::optional<std::int64_t>>(0);
    }

    Connection& connection_;
    const LeaseWishes& wishes_;
    std::map<std::string, std::size_t> room_;
    std::map<AccountId, std::size_t> held_;  // recipients of each account
    std::size_t free_;                       // for all accounts
    Turns turns_;
    std::set<std::string> seen_;
    Leased leased_;
};

struct Moving {
    bool begun = false;
    QueueRecipientId reached;
};

// False: the routes are unchanged, and all recipients have been moved to their lanes.
bool set_routes(Connection& connection, const std::vector<QueueRoute>& routes) {
    std::vector<QueueRoute> before;
    auto rows = connection.statement("SELECT domain, lane FROM queue_route ORDER BY domain");
    while (rows.step()) before.push_back({rows.column<std::string>(0), rows.column<std::string>(1)});
    rows.reset();
    auto unfinished = connection.statement("SELECT 1 FROM state WHERE name = 'queue_moving'");
    if (before == routes) return unfinished.step();
    connection.run(
        "INSERT INTO state (name, value) VALUES ('queue_moving', 1) ON CONFLICT (name) DO UPDATE SET value = 1");
    connection.run("DELETE FROM queue_route");
    for (const QueueRoute& route : routes)
        connection.run("INSERT INTO queue_route (domain, lane) VALUES (?, ?)", route.domain, route.lane);
    return true;
}

// Moves recipients after `reached` to their lanes; false if those were the last. Those that a route's change concerns
// become due, unless they are being tried.
bool move_some(Connection& connection, QueueRecipientId& reached, std::int64_t now,
               const std::set<std::string>& renewed) {
    struct Row {
        Flow flow;
        QueueRecipientId id;
        std::string domain;
    };
    std::vector<Row> some;
    auto rows = connection.statement(
        "SELECT account_id, lane, sender, id, domain FROM queue_recipient WHERE id > ? AND state = 0 ORDER BY id LIMIT "
        "?");
    rows.bind(reached, slice_recipients);
    while (rows.step()) some.push_back({flow_of(rows), rows.column<QueueRecipientId>(3), rows.column<std::string>(4)});
    rows.reset();
    Turns turns(connection, now);
    for (const Row& row : some) {
        const std::string lane = lane_of(connection, row.domain);
        reached = row.id;
        const bool is_renewed = renewed.contains(lane) || (lane == row.domain && renewed.contains("*"));
        if (lane == row.flow.lane && !is_renewed) continue;
        connection.run(
            "UPDATE queue_recipient SET lane = ?, next_attempt_at = CASE WHEN holder = '' AND next_attempt_at > ? AND "
            "not_before <= ? THEN ? ELSE next_attempt_at END WHERE id = ?",
            lane, now, now, now, row.id);
        turns.touch(row.flow);
        turns.touch({row.flow.account, lane, row.flow.sender});
    }
    turns.settle(false);
    return some.size() == slice_recipients;
}

}  // namespace

Operation<Leased> lease_due(LeaseWishes wishes) {
    // If a power failure undoes a lease, its holder is gone too, so prompt is enough.
    auto run = [wishes = std::move(wishes)](Batch& batch) -> std::optional<Result<Leased>> {
        return Leasing(batch.connection(), wishes).run();
    };
    return {Durability::prompt, std::move(run)};
}

Operation<std::monostate> extend_leases(std::string holder, std::vector<QueueRecipientId> recipients,
                                        std::int64_t until, std::int64_t now) {
    auto slice = [=, holder = std::move(holder), recipients = std::move(recipients)](
                     Batch& batch, std::size_t& extended) -> std::optional<Result<std::monostate>> {
        Connection& connection = batch.connection();
        Turns turns(connection, now);
        const std::size_t end = std::min(recipients.size(), extended + slice_recipients);
        for (; extended < end; ++extended) {
            auto changed = connection.statement(
                "UPDATE queue_recipient SET next_attempt_at = ? WHERE id = ? AND holder = ? RETURNING account_id, "
                "lane, sender");
            if (!changed.bind(until, recipients[extended], holder).step()) continue;
            turns.touch(flow_of(changed));
        }
        turns.settle(false);
        if (extended < recipients.size()) return std::nullopt;
        return std::monostate();
    };
    return {Durability::prompt, in_slices(std::size_t{0}, std::move(slice))};
}

Query<std::set<QueueRecipientId>> leased_recipients(QueueMessageId message, std::string holder) {
    return [=, holder = std::move(holder)](Snapshot& snapshot) -> Result<std::set<QueueRecipientId>> {
        std::set<QueueRecipientId> leased;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT id FROM queue_recipient WHERE message_id = ? AND state = 0 AND holder = ? ORDER BY id");
        rows.bind(message, holder);
        while (rows.step()) leased.insert(rows.column<QueueRecipientId>(0));
        return leased;
    };
}

Operation<std::monostate> give_up_leases(std::string holder, std::vector<QueueRecipientId> recipients,
                                         std::int64_t now) {
    auto run = [=, holder = std::move(holder),
                recipients = std::move(recipients)](Batch& batch) -> std::optional<Result<std::monostate>> {
        Turns turns(batch.connection(), now);
        for (const QueueRecipientId recipient : recipients) {
            auto changed = batch.connection().statement(
                "UPDATE queue_recipient SET next_attempt_at = ?, holder = '' WHERE id = ? AND holder = ? RETURNING "
                "account_id, lane, sender");
            if (changed.bind(now, recipient, holder).step()) turns.touch(flow_of(changed));
        }
        turns.settle(false);
        batch.queue_changed();
        return std::monostate();
    };
    return {Durability::prompt, std::move(run)};
}

Operation<std::uint64_t> release_leases(std::string holder, std::int64_t now) {
    auto slice = [=, holder = std::move(holder)](Batch& batch,
                                                 std::uint64_t& released) -> std::optional<Result<std::uint64_t>> {
        Connection& connection = batch.connection();
        Turns turns(connection, now);
        // `holder != ''` as the index has it, which SQLite does not find out by itself.
        auto rows = connection.statement(
            "UPDATE queue_recipient SET next_attempt_at = ?, holder = '' WHERE id IN (SELECT id FROM queue_recipient "
            "WHERE holder = ? AND holder != '' LIMIT ?) RETURNING account_id, lane, sender");
        rows.bind(now, holder, slice_recipients);
        std::size_t here = 0;
        for (; rows.step(); ++here) turns.touch(flow_of(rows));
        rows.reset();
        turns.settle(false);
        released += here;
        if (here == slice_recipients) return std::nullopt;
        if (released > 0) batch.queue_changed();
        return released;
    };
    return {Durability::prompt, in_slices(std::uint64_t{0}, std::move(slice))};
}

Operation<std::monostate> set_queue_routes(std::vector<QueueRoute> routes, std::int64_t now,
                                           std::set<std::string> renewed) {
    std::map<std::string, std::string> by_domain;
    for (QueueRoute& route : routes) by_domain.try_emplace(std::move(route.domain), std::move(route.lane));
    routes.clear();
    for (const auto& [domain, lane] : by_domain) routes.push_back({domain, lane});
    auto slice = [=, routes = std::move(routes), renewed = std::move(renewed)](
                     Batch& batch, Moving& work) -> std::optional<Result<std::monostate>> {
        if (!work.begun && !set_routes(batch.connection(), routes) && renewed.empty()) return std::monostate();
        work.begun = true;
        if (move_some(batch.connection(), work.reached, now, renewed)) return std::nullopt;
        batch.connection().run("DELETE FROM state WHERE name = 'queue_moving'");
        batch.queue_changed();
        return std::monostate();
    };
    return {Durability::synced, in_slices(Moving(), std::move(slice))};
}

}  // namespace storage
