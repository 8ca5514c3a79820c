// The turns of accounts, lanes and senders. Every statement is an index search, however long the queue is.
#include "storage/queue_turns.h"

#include <algorithm>
#include <optional>

namespace storage {

namespace {

using engine::Connection;

// Where an account, a lane or a sender stands. Those with the same due_at: by number, which counts the turns had in
// that second.
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

Flow flow_of(const engine::Statement& row) {
    return {row.column<AccountId>(0), row.column<std::string>(1), row.column<std::string>(2)};
}

// The flows of a lane stand together.
void Turns::settle(bool served) {
    for (const Flow& flow : touched_) settle_flow(flow, served);
    const Flow* before = nullptr;
    for (const Flow& flow : touched_) {
        if (before == nullptr || before->account != flow.account || before->lane != flow.lane)
            settle_lane(flow.account, flow.lane, served);
        before = &flow;
        accounts_.insert(flow.account);
    }
    for (const AccountId account : accounts_) settle_account(account, served);
    touched_.clear();
    accounts_.clear();
}

void Turns::settle_flow(const Flow& flow, bool served) {
    auto first = connection_.statement(
        "SELECT min(next_attempt_at) FROM queue_recipient WHERE account_id = ? AND lane = ? AND sender = ? AND state = "
        "0");
    first.bind(flow.account, flow.lane, flow.sender).step();
    const auto next = first.column<std::optional<std::int64_t>>(0);
    if (!next) {
        connection_.run("DELETE FROM queue_flow WHERE account_id = ? AND lane = ? AND sender = ?", flow.account,
                        flow.lane, flow.sender);
        return;
    }
    auto row =
        connection_.statement("SELECT due_at, turn FROM queue_flow WHERE account_id = ? AND lane = ? AND sender = ?");
    const std::optional<Turn> standing = read_turn(row.bind(flow.account, flow.lane, flow.sender));
    auto last = connection_.statement(
        "SELECT turn FROM queue_flow WHERE account_id = ? AND lane = ? AND due_at = ? ORDER BY turn DESC LIMIT 1");
    const Turn turn = new_turn(*next, standing, now_, served, last.bind(flow.account, flow.lane, now_));
    if (standing == turn) return;
    row.reset();
    connection_.run(
        "INSERT INTO queue_flow (account_id, lane, sender, due_at, turn) VALUES (?, ?, ?, ?, ?) ON CONFLICT "
        "(account_id, lane, sender) DO UPDATE SET due_at = excluded.due_at, turn = excluded.turn",
        flow.account, flow.lane, flow.sender, turn.due_at, turn.number);
}

void Turns::settle_lane(AccountId account, const std::string& lane, bool served) {
    auto first = connection_.statement("SELECT min(due_at) FROM queue_flow WHERE account_id = ? AND lane = ?");
    first.bind(account, lane).step();
    const auto next = first.column<std::optional<std::int64_t>>(0);
    if (!next) {
        connection_.run("DELETE FROM queue_lane WHERE account_id = ? AND lane = ?", account, lane);
        return;
    }
    auto row = connection_.statement("SELECT due_at, turn FROM queue_lane WHERE account_id = ? AND lane = ?");
    const std::optional<Turn> standing = read_turn(row.bind(account, lane));
    auto last = connection_.statement(
        "SELECT turn FROM queue_lane WHERE account_id = ? AND due_at = ? ORDER BY turn DESC LIMIT 1");
    const Turn turn = new_turn(*next, standing, now_, served, last.bind(account, now_));
    if (standing == turn) return;
    row.reset();
    connection_.run(
        "INSERT INTO queue_lane (account_id, lane, due_at, turn) VALUES (?, ?, ?, ?) ON CONFLICT (account_id, lane) DO "
        "UPDATE SET due_at = excluded.due_at, turn = excluded.turn",
        account, lane, turn.due_at, turn.number);
}

void Turns::settle_account(AccountId account, bool served) {
    auto first = connection_.statement("SELECT min(due_at) FROM queue_lane WHERE account_id = ?");
    first.bind(account).step();
    const auto next = first.column<std::optional<std::int64_t>>(0);
    if (!next) {
        connection_.run("DELETE FROM queue_account WHERE account_id = ?", account);
        return;
    }
    auto row = connection_.statement("SELECT due_at, turn FROM queue_account WHERE account_id = ?");
    const std::optional<Turn> standing = read_turn(row.bind(account));
    auto last = connection_.statement("SELECT turn FROM queue_account WHERE due_at = ? ORDER BY turn DESC LIMIT 1");
    const Turn turn = new_turn(*next, standing, now_, served, last.bind(now_));
    if (standing == turn) return;
    row.reset();
    connection_.run(
        "INSERT INTO queue_account (account_id, due_at, turn) VALUES (?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET "
        "due_at = excluded.due_at, turn = excluded.turn",
        account, turn.due_at, turn.number);
}

}  // namespace storage
