// The turns of lanes and senders. Every statement is an index search, however long the queue is.
#include "storage/queue_turns.h"

#include <algorithm>
#include <optional>

namespace storage {

namespace {

using engine::Connection;

// The new turn: `next` is when the first recipient is due, `standing` the turn stored so far.
std::int64_t turn_at(std::int64_t next, std::optional<std::int64_t> standing, std::int64_t now, bool served) {
    if (next > now) return next;
    if (served) return now;
    return standing && *standing <= now ? *standing : now;
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
    auto row = connection_.statement("SELECT due_at FROM queue_flow WHERE lane = ? AND sender = ?");
    std::optional<std::int64_t> standing;
    if (row.bind(lane, sender).step()) standing = row.column<std::int64_t>(0);
    row.reset();
    const std::int64_t turn = turn_at(*next, standing, now_, served);
    if (standing == turn) return;
    connection_.run(
        "INSERT INTO queue_flow (lane, sender, due_at) VALUES (?, ?, ?) ON CONFLICT (lane, sender) DO UPDATE SET "
        "due_at = excluded.due_at",
        lane, sender, turn);
}

void Turns::settle_lane(const std::string& lane, bool served) {
    auto first = connection_.statement("SELECT min(due_at) FROM queue_flow WHERE lane = ?");
    first.bind(lane).step();
    const auto next = first.column<std::optional<std::int64_t>>(0);
    if (!next) {
        connection_.run("DELETE FROM queue_lane WHERE lane = ?", lane);
        return;
    }
    auto row = connection_.statement("SELECT due_at FROM queue_lane WHERE lane = ?");
    std::optional<std::int64_t> standing;
    if (row.bind(lane).step()) standing = row.column<std::int64_t>(0);
    row.reset();
    const std::int64_t turn = turn_at(*next, standing, now_, served);
    if (standing == turn) return;
    connection_.run(
        "INSERT INTO queue_lane (lane, due_at) VALUES (?, ?) ON CONFLICT (lane) DO UPDATE SET due_at = excluded.due_at",
        lane, turn);
}

}  // namespace storage
