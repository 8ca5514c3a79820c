// The turns of lanes and senders. Every statement is an index search, however long the queue is.
#include "storage/queue_turns.h"

#include <algorithm>
#include <optional>

namespace storage {

namespace {

using engine::Connection;

// Where a lane or a sender stands. Those with the same due_at: by number, which counts the turns had in that second.
struct Turn {
    std::int64_t due_at = 0;
    std::int64_t number = 0;
    bool operator==(const Turn&) const = default;
};

std::optional<Turn> read_turn(engine::Statement& row) {
    if (!row.step()) return std::nullopt;
    return Turn{.due_at = row.column<std::int64_t>(0), .number = row.column<std::int64_t>(1)};
}

// The new turn. `next` is when the first recipient is due, `standing` the turn stored so far; `last` finds the highest
// number of those that queued up in this second: who was served comes after them.
Turn new_turn(std::int64_t next, std::optional<Turn> standing, std::int64_t now, bool served, engine::Statement& last) {
    if (next > now) return {.due_at = next};
    if (served) return {.due_at = now, .number = last.step() ? last.column<std::int64_t>(0) + 1 : 1};
    return standing && standing->due_at <= now ? *standing : Turn{.due_at = now};
}

}  // namespace

std::string lane_of(Connection& connection, std::string_view domain) {
    auto route = connection.statement("SELECT lane FROM queue_route WHERE domain = ?");
    if (route.bind(domain).step() || route.bind("*").step()) return route.column<std::string>(0);
    return std::string(domain);
}

void Turns::touch_message(std::int64_t message) {
    auto rows = connection_.statement(
        "SELECT DISTINCT lane, sender FROM queue_recipient WHERE message_id = ? AND state = 0 ORDER BY lane, sender");
    rows.bind(message);
    while (rows.step()) touch(rows.column<std::string>(0), rows.column<std::string>(1));
}

void Turns::settle(bool served) {
    for (const auto& [lane, sender] : touched_) settle_flow(lane, sender, served);
    const std::string* before = nullptr;
    for (const auto& [lane, sender] : touched_) {
        if (before == nullptr || *before != lane) settle_lane(lane, served);
        before = &lane;
    }
    touched_.clear();
}

void Turns::settle_flow(const std::string& lane, const std::string& sender, bool served) {
    auto first = connection_.statement(
        "SELECT min(next_attempt_at) FROM queue_recipient WHERE lane = ? AND sender = ? AND state = 0");
    first.bind(lane, sender).step();
    const auto next = first.column<std::optional<std::int64_t>>(0);
    if (!next) {
        connection_.run("DELETE FROM queue_flow WHERE lane = ? AND sender = ?", lane, sender);
        return;
    }
    auto row = connection_.statement("SELECT due_at, turn FROM queue_flow WHERE lane = ? AND sender = ?");
    const std::optional<Turn> standing = read_turn(row.bind(lane, sender));
    auto last =
        connection_.statement("SELECT turn FROM queue_flow WHERE lane = ? AND due_at = ? ORDER BY turn DESC LIMIT 1");
    const Turn turn = new_turn(*next, standing, now_, served, last.bind(lane, now_));
    if (standing == turn) return;
    row.reset();
    connection_.run(
        "INSERT INTO queue_flow (lane, sender, due_at, turn) VALUES (?, ?, ?, ?) ON CONFLICT (lane, sender) DO UPDATE "
        "SET due_at = excluded.due_at, turn = excluded.turn",
        lane, sender, turn.due_at, turn.number);
}

void Turns::settle_lane(const std::string& lane, bool served) {
    auto first = connection_.statement("SELECT min(due_at) FROM queue_flow WHERE lane = ?");
    first.bind(lane).step();
    const auto next = first.column<std::optional<std::int64_t>>(0);
    if (!next) {
        connection_.run("DELETE FROM queue_lane WHERE lane = ?", lane);
        return;
    }
    auto row = connection_.statement("SELECT due_at, turn FROM queue_lane WHERE lane = ?");
    const std::optional<Turn> standing = read_turn(row.bind(lane));
    auto last = connection_.statement("SELECT turn FROM queue_lane WHERE due_at = ? ORDER BY turn DESC LIMIT 1");
    const Turn turn = new_turn(*next, standing, now_, served, last.bind(now_));
    if (standing == turn) return;
    row.reset();
    connection_.run(
        "INSERT INTO queue_lane (lane, due_at, turn) VALUES (?, ?, ?) ON CONFLICT (lane) DO UPDATE SET due_at = "
        "excluded.due_at, turn = excluded.turn",
        lane, turn.due_at, turn.number);
}

}  // namespace storage
