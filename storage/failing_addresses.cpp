// One row for each address of an account that has failed. An expired row says nothing any more.
#include "storage/failing_addresses.h"

#include <utility>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/failing_address_rows.h"
#include "storage/normal_names.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr std::size_t longest_shown_reply = 500;  // octets: enough to see why

SuppressedAddress suppressed_of(const engine::Statement& row) {
    auto [account, address, failures, last_at, last_reply, since, until] =
        row.row<std::string, std::string, std::uint32_t, std::int64_t, std::string, std::int64_t, std::int64_t>();
    return {.account = std::move(account),
            .address = std::move(address),
            .failures = failures,
            .last_at = last_at,
            .last_reply = std::move(last_reply),
            .since = since,
            .until = until};
}

// What was counted before now, unless it has expired.
struct Before {
    bool known = false;  // there is a row
    std::uint32_t failures = 0;
    std::int64_t since = 0;
};
Before find_before(Connection& connection, AccountId account, const std::string& address, std::int64_t now) {
    auto row = connection.statement(
        "SELECT failures, since, expires_at FROM failing_address WHERE account_id = ? AND address = ?");
    if (!row.bind(account, address).step()) return {};
    const auto [failures, since, expires_at] = row.row<std::uint32_t, std::int64_t, std::int64_t>();
    if (expires_at <= now) return {.known = true};
    return {.known = true, .failures = failures, .since = since};
}

// All but the newest.
void forget_oldest(Connection& connection, AccountId account, std::uint64_t keep) {
    connection.run(
        "DELETE FROM failing_address WHERE account_id = ? AND address IN (SELECT address FROM failing_address WHERE "
        "account_id = ? ORDER BY expires_at DESC, address LIMIT 1000 OFFSET ?)",
        account, account, keep);
}

}  // namespace

void note_failing_address(Connection& connection, AccountId account, std::string_view given, std::string_view reply,
                          std::int64_t now, const SuppressionOptions& options) {
    if (options.after == 0) return;
    const std::string address = ascii_lower(given);
    const Before before = find_before(connection, account, address, now);
    const std::uint32_t failures = before.failures + 1;
    const std::int64_t since = before.since != 0 ? before.since : failures >= options.after ? now : 0;
    connection.run(
        "INSERT INTO failing_address (account_id, address, failures, last_at, last_reply, since, expires_at) VALUES "
        "(?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id, address) DO UPDATE SET failures = excluded.failures, last_at = "
        "excluded.last_at, last_reply = excluded.last_reply, since = excluded.since, expires_at = excluded.expires_at",
        account, address, failures, now, whole_characters(reply, longest_shown_reply), since,
        now + options.lasts.count());
    if (!before.known) forget_oldest(connection, account, options.rows);
}

void forget_failing_address(Connection& connection, AccountId account, std::string_view address) {
    connection.run("DELETE FROM failing_address WHERE account_id = ? AND address = ?", account, ascii_lower(address));
}

Query<std::optional<SuppressedAddress>> find_suppressed(AccountId account, std::string address, std::int64_t now) {
    return [=, address = ascii_lower(address)](Snapshot& snapshot) -> Result<std::optional<SuppressedAddress>> {
        auto row = engine::connection_of(snapshot).statement(
            "SELECT a.name, address, failures, last_at, last_reply, since, expires_at FROM failing_address JOIN "
            "account "
            "AS a ON a.id = account_id WHERE account_id = ? AND address = ? AND since != 0 AND expires_at > ?");
        if (!row.bind(account, address, now).step()) return std::nullopt;
        return suppressed_of(row);
    };
}

Query<std::vector<SuppressedAddress>> list_suppressed(std::optional<std::string> account, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<std::vector<SuppressedAddress>> {
        std::vector<SuppressedAddress> suppressed;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT a.name, address, failures, last_at, last_reply, since, expires_at FROM failing_address JOIN "
            "account "
            "AS a ON a.id = account_id WHERE since != 0 AND expires_at > ? AND (? = '' OR a.name = ?) ORDER BY a.name, "
            "address");
        rows.bind(now, account.value_or(""), account.value_or(""));
        while (rows.step()) suppressed.push_back(suppressed_of(rows));
        return suppressed;
    };
}

Operation<std::uint64_t> lift_suppressed(std::optional<std::string> account, std::optional<std::string> address,
                                         std::int64_t now) {
    const std::string of = account.value_or("");
    const std::string to = ascii_lower(address.value_or(""));
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::uint64_t>> {
                const auto lifted = batch.connection().run(
                    "DELETE FROM failing_address WHERE since != 0 AND expires_at > ? AND (? = '' OR address = ?) AND "
                    "(? = '' OR account_id = (SELECT id FROM account WHERE name = ?))",
                    now, to, to, of, of);
                return static_cast<std::uint64_t>(lifted);
            }};
}

Operation<bool> forget_failing_addresses(std::int64_t now, std::size_t most) {
    return {Durability::prompt, [=](Batch& batch) -> std::optional<Result<bool>> {
                const auto gone = batch.connection().run(
                    "DELETE FROM failing_address WHERE (account_id, address) IN (SELECT account_id, address FROM "
                    "failing_address WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
                    now, most);
                return static_cast<std::size_t>(gone) == most;
            }};
}

}  // namespace storage
