// One row for each account that has sent something: read and written once for a message.
#include "storage/sending.h"

#include <algorithm>
#include <string>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/login_networks.h"
#include "storage/times.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr std::int64_t hour_seconds = 3600;
constexpr std::int64_t day_seconds = 24 * hour_seconds;

// As it is now: what has ended counts no more. A clock that was set back ends it, too.
SendingCount current(SendingCount count, std::int64_t seconds, std::int64_t now) {
    const bool lasts = count.from != 0 && count.from <= now && now < count.from + seconds;
    return lasts ? count : SendingCount{};
}

Sending find_sending(Connection& connection, AccountId account, std::int64_t now) {
    Sending sending{.account = account, .hour = {}, .day = {}};
    auto row = connection.statement(
        "SELECT hour_from, hour_messages, hour_recipients, day_from, day_messages, day_recipients, told_at FROM "
        "sending "
        "WHERE account_id = ?");
    if (!row.bind(account).step()) return sending;
    const auto count = [&](int first) {
        return SendingCount{.from = row.column<std::int64_t>(first),
                            .messages = row.column<std::uint64_t>(first + 1),
                            .recipients = row.column<std::uint64_t>(first + 2)};
    };
    sending.hour = current(count(0), hour_seconds, now);
    sending.day = current(count(3), day_seconds, now);
    sending.told_at = row.column<std::int64_t>(6);
    return sending;
}

// One of the limits, applied to what there would be with the message.
struct Bound {
    std::uint64_t most;
    std::uint64_t sent;
    std::uint64_t more;
    std::int64_t ends_at;
    const char* what;
};

Result<std::monostate> check(const Bound& bound) {
    if (bound.most == 0 || bound.sent + bound.more <= bound.most) return std::monostate();
    const std::string limit = std::to_string(bound.most) + " " + bound.what;
    if (bound.more > bound.most) {
        return refuse(Reason::not_deliverable,
                      "This account may send to " + limit + ", fewer than this message has: send it in parts");
    }
    return refuse(Reason::sending_limit,
                  "This account has sent its " + limit + ": sending goes on at " + time_in_words(bound.ends_at));
}

SendingCount counted(SendingCount count, std::uint64_t recipients, std::int64_t now) {
    if (count.from == 0) count.from = now;
    ++count.messages;
    count.recipients += recipients;
    return count;
}

}  // namespace

Query<Sending> get_sending(AccountId account, std::int64_t now) {
    return [=](Snapshot& snapshot) -> Result<Sending> {
        return find_sending(engine::connection_of(snapshot), account, now);
    };
}

Operation<std::monostate> lift_sending_limits(AccountId account) {
    return {Durability::synced, [=](Batch& batch) -> std::optional<Result<std::monostate>> {
                batch.connection().run("DELETE FROM sending WHERE account_id = ?", account);
                batch.connection().run("DELETE FROM login_network WHERE account_id = ?", account);
                return std::monostate();
            }};
}

Result<std::monostate> count_sending(Batch& batch, AccountId account, const SendingLimits& limits,
                                     std::uint64_t recipients, std::int64_t now) {
    Result<std::monostate> few = check_login_networks(batch, account, limits.login_networks_per_hour, now);
    if (!few) return few;
    Connection& connection = batch.connection();
    const Sending before = find_sending(connection, account, now);
    const std::int64_t hour_ends = before.hour.from + hour_seconds;
    const std::int64_t day_ends = before.day.from + day_seconds;
    const Bound bounds[] = {
        {limits.recipients_per_day, before.day.recipients, recipients, day_ends, "recipients a day"},
        {limits.messages_per_day, before.day.messages, 1, day_ends, "messages a day"},
        {limits.recipients_per_hour, before.hour.recipients, recipients, hour_ends, "recipients an hour"},
        {limits.messages_per_hour, before.hour.messages, 1, hour_ends, "messages an hour"},
    };
    for (const Bound& bound : bounds) {
        Result<std::monostate> fits = check(bound);
        if (!fits) return fits;
    }
    const SendingCount hour = counted(before.hour, recipients, now);
    const SendingCount day = counted(before.day, recipients, now);
    connection.run(
        "INSERT INTO sending (account_id, hour_from, hour_messages, hour_recipients, day_from, day_messages, "
        "day_recipients) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id) DO UPDATE SET hour_from = "
        "excluded.hour_from, hour_messages = excluded.hour_messages, hour_recipients = excluded.hour_recipients, "
        "day_from = excluded.day_from, day_messages = excluded.day_messages, day_recipients = excluded.day_recipients",
        account, hour.from, hour.messages, hour.recipients, day.from, day.messages, day.recipients);
    return std::monostate();
}

bool may_tell(const Sending& sending, std::int64_t now) {
    return sending.told_at == 0 || now >= sending.told_at + day_seconds || now < sending.told_at;
}

Result<std::monostate> mark_sending_told(Batch& batch, AccountId account, std::int64_t now) {
    Connection& connection = batch.connection();
    if (!may_tell(find_sending(connection, account, now), now))
        return refuse(Reason::conflict, "the account's owner was told already");
    connection.run(
        "INSERT INTO sending (account_id, told_at) VALUES (?, ?) ON CONFLICT (account_id) DO UPDATE SET told_at = "
        "excluded.told_at",
        account, now);
    return std::monostate();
}

}  // namespace storage
