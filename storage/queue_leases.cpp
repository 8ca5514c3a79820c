// Leases: lanes in turn, senders within a lane in turn, and of each sender the message that is due first.
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
constexpr std::size_t most_recipients = 2000;  // after so many, a lease takes no further message

class Leasing {
  public:
    Leasing(Connection& connection, const LeaseWishes& wishes)
        : connection_(connection), wishes_(wishes), room_(wishes.room), turns_(connection, wishes.now) {}

    Leased run() {
        const std::size_t most = wishes_.room.size() + wishes_.messages + 1;
        const std::vector<std::string> lanes = due_lanes(most);
        // One message may be due in all of these lanes: more may be due in others.
        if (lanes.size() == most) leased_.all_seen = false;
        for (const std::string& lane : lanes) {
            if (is_full()) {
                leased_.all_seen = false;
                break;
            }
            seen_.insert(lane);
            lease_lane(lane);
        }
        turns_.settle(true);
        tell_what_waits();
        return std::move(leased_);
    }

  private:
    bool is_full() const { return leased_.messages.size() >= wishes_.messages || recipients_ >= most_recipients; }

    std::size_t& room_of(const std::string& lane) {
        return room_.try_emplace(lane, wishes_.messages_per_lane).first->second;
    }

    // The lanes that have waited longest.
    std::vector<std::string> due_lanes(std::size_t most) {
        std::vector<std::string> lanes;
        auto rows =
            connection_.statement("SELECT lane FROM queue_lane WHERE due_at <= ? ORDER BY due_at, turn, lane LIMIT ?");
        rows.bind(wishes_.now, most);
        while (rows.step()) lanes.push_back(rows.column<std::string>(0));
        return lanes;
    }

    std::vector<std::string> due_senders(const std::string& lane, std::size_t most) {
        std::vector<std::string> senders;
        auto rows = connection_.statement(
            "SELECT sender FROM queue_flow WHERE lane = ? AND due_at <= ? ORDER BY due_at, turn, sender LIMIT ?");
        rows.bind(lane, wishes_.now, most);
        while (rows.step()) senders.push_back(rows.column<std::string>(0));
        return senders;
    }

    void lease_lane(const std::string& lane) {
        std::vector<std::string> senders = due_senders(lane, room_of(lane));
        while (!senders.empty()) {
            std::vector<std::string> again;
            for (std::string& sender : senders) {
                if (room_of(lane) == 0 || is_full()) return;
                if (lease_one(lane, sender)) again.push_back(std::move(sender));
            }
            senders = std::move(again);
        }
    }

    // The sender's message in this lane that is due first.
    bool lease_one(const std::string& lane, const std::string& sender) {
        auto first = connection_.statement(
            "SELECT message_id FROM queue_recipient WHERE lane = ? AND sender = ? AND state = 0 AND next_attempt_at <= "
            "? ORDER BY next_attempt_at LIMIT 1");
        turns_.touch(lane, sender);
        if (!first.bind(lane, sender, wishes_.now).step()) return false;
        const QueueMessageId id = first.column<QueueMessageId>(0);
        first.reset();
        Result<QueueMessage> message = find_queue_message(connection_, id);
        if (!message) {  // a recipient without a message, which no attempt can finish: `mailstead check` reports it
            connection_.run("UPDATE queue_recipient SET next_attempt_at = ? WHERE message_id = ?", wishes_.until, id);
            return true;
        }
        lease(*message);
        recipients_ += message->recipients.size();
        leased_.messages.push_back(*std::move(message));
        return true;
    }

    void lease(QueueMessage& message) {
        std::set<std::string> lanes;
        for (QueueRecipient& recipient : queue_recipients(connection_, message.id)) {
            if (recipient.state != RecipientState::pending || recipient.next_attempt_at > wishes_.now) continue;
            if (!lanes.contains(recipient.lane)) {
                if (room_of(recipient.lane) == 0) continue;
                --room_of(recipient.lane);
                lanes.insert(recipient.lane);
                turns_.touch(recipient.lane, message.reverse_path);
            }
            connection_.run("UPDATE queue_recipient SET holder = ?, next_attempt_at = ?, asked = 0 WHERE id = ?",
                            wishes_.holder, wishes_.until, recipient.id);
            message.recipients.push_back(std::move(recipient));
        }
    }

    void tell_what_waits() {
        auto due = connection_.statement("SELECT 1 FROM queue_lane WHERE lane = ? AND due_at <= ?");
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
    Turns turns_;
    std::set<std::string> seen_;
    Leased leased_;
    std::size_t recipients_ = 0;  // of leased_
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

// Moves recipients after `reached` to their lanes; false if those were the last.
bool move_some(Connection& connection, QueueRecipientId& reached, std::int64_t now) {
    struct Row {
        QueueRecipientId id;
        std::string domain;
        std::string lane;
        std::string sender;
    };
    std::vector<Row> some;
    auto rows = connection.statement(
        "SELECT id, domain, lane, sender FROM queue_recipient WHERE id > ? AND state = 0 ORDER BY id LIMIT ?");
    rows.bind(reached, slice_recipients);
    while (rows.step())
        some.push_back({rows.column<QueueRecipientId>(0), rows.column<std::string>(1), rows.column<std::string>(2),
                        rows.column<std::string>(3)});
    rows.reset();
    Turns turns(connection, now);
    for (const Row& row : some) {
        const std::string lane = lane_of(connection, row.domain);
        reached = row.id;
        if (lane == row.lane) continue;
        connection.run("UPDATE queue_recipient SET lane = ? WHERE id = ?", lane, row.id);
        turns.touch(row.lane, row.sender);
        turns.touch(lane, row.sender);
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
                "UPDATE queue_recipient SET next_attempt_at = ? WHERE id = ? AND holder = ? AND state = 0 RETURNING "
                "lane, sender");
            if (!changed.bind(until, recipients[extended], holder).step()) continue;
            turns.touch(changed.column<std::string>(0), changed.column<std::string>(1));
        }
        turns.settle(false);
        if (extended < recipients.size()) return std::nullopt;
        return std::monostate();
    };
    return {Durability::prompt, in_slices(std::size_t{0}, std::move(slice))};
}

Operation<std::uint64_t> release_leases(std::string holder, std::int64_t now) {
    auto slice = [=, holder = std::move(holder)](Batch& batch,
                                                 std::uint64_t& released) -> std::optional<Result<std::uint64_t>> {
        Connection& connection = batch.connection();
        Turns turns(connection, now);
        // `holder != ''` as the index has it, which SQLite does not find out by itself.
        auto rows = connection.statement(
            "UPDATE queue_recipient SET next_attempt_at = ?, holder = '' WHERE id IN (SELECT id FROM queue_recipient "
            "WHERE holder = ? AND holder != '' AND state = 0 LIMIT ?) RETURNING lane, sender");
        rows.bind(now, holder, slice_recipients);
        std::size_t here = 0;
        for (; rows.step(); ++here) turns.touch(rows.column<std::string>(0), rows.column<std::string>(1));
        rows.reset();
        turns.settle(false);
        released += here;
        if (here == slice_recipients) return std::nullopt;
        if (released > 0) batch.queue_changed();
        return released;
    };
    return {Durability::prompt, in_slices(std::uint64_t{0}, std::move(slice))};
}

Operation<std::monostate> set_queue_routes(std::vector<QueueRoute> routes, std::int64_t now) {
    std::map<std::string, std::string> by_domain;
    for (QueueRoute& route : routes) by_domain.try_emplace(std::move(route.domain), std::move(route.lane));
    routes.clear();
    for (const auto& [domain, lane] : by_domain) routes.push_back({domain, lane});
    auto slice = [=, routes = std::move(routes)](Batch& batch, Moving& work) -> std::optional<Result<std::monostate>> {
        if (!work.begun && !set_routes(batch.connection(), routes)) return std::monostate();
        work.begun = true;
        if (move_some(batch.connection(), work.reached, now)) return std::nullopt;
        batch.connection().run("DELETE FROM state WHERE name = 'queue_moving'");
        batch.queue_changed();
        return std::monostate();
    };
    return {Durability::synced, in_slices(Moving(), std::move(slice))};
}

}  // namespace storage
