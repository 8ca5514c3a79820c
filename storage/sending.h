// How much each account has sent lately, and the limits that stop a stolen password. Counted in the commit that accepts
// a message, so that all sessions and servers count together. An hour begins with the first message after the last
// hour has ended, and so does a day.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

// 0: any number.
struct SendingLimits {
    std::uint64_t messages_per_hour = 0;
    std::uint64_t messages_per_day = 0;
    std::uint64_t recipients_per_hour = 0;
    std::uint64_t recipients_per_day = 0;
    std::uint64_t login_networks_per_hour = 0;  // from which it may log in (login_networks.h)
};

// What an account has sent since `from`; RFC 5321's recipients, here and elsewhere.
struct SendingCount {
    std::int64_t from = 0;  // 0: nothing
    std::uint64_t messages = 0;
    std::uint64_t recipients = 0;
};
struct Sending {
    AccountId account;
    SendingCount hour;
    SendingCount day;
    std::int64_t told_at =
        0;  // when owner and postmaster were told that a limit is reached; 0: not since it was lifted
};

// In the current hour and day; nothing if it has sent nothing in them.
Query<Sending> get_sending(AccountId account, std::int64_t now);
// Counts anew from here on, log-ins too; the owner is told again. Refuses nothing.
Operation<std::monostate> lift_sending_limits(AccountId account);

// Counts a message with so many recipients, or refuses sending_limit, or too_large a number of recipients for good
// (not_deliverable), having counted nothing. For operations.
Result<std::monostate> count_sending(engine::Batch& batch, AccountId account, const SendingLimits& limits,
                                     std::uint64_t recipients, std::int64_t now);

// The operation, which also counts a message; refused as by count_sending, and then not run.
template <class T>
Operation<T> within_sending_limits(AccountId account, const SendingLimits& limits, std::uint64_t recipients,
                                   std::int64_t now, Operation<T> operation) {
    auto run = [=, run = std::move(operation.run)](engine::Batch& batch) mutable -> std::optional<Result<T>> {
        Result<std::monostate> counted = count_sending(batch, account, limits, recipients, now);
        if (!counted) return std::unexpected(std::move(counted.error()));
        return run(batch);
    };
    return {operation.durability, std::move(run), operation.octets, operation.account, std::move(operation.take_back)};
}

// Whether a telling is due: none was since the account's limits were lifted, or within a day.
bool may_tell(const Sending& sending, std::int64_t now);
// Marks it told in the batch that tells; refuses conflict if it was told meanwhile.
Result<std::monostate> mark_sending_told(engine::Batch& batch, AccountId account, std::int64_t now);
template <class T>
Operation<T> telling_of_limits(AccountId account, std::int64_t now, Operation<T> operation) {
    auto run = [=, run = std::move(operation.run)](engine::Batch& batch) mutable -> std::optional<Result<T>> {
        Result<std::monostate> marked = mark_sending_told(batch, account, now);
        if (!marked) return std::unexpected(std::move(marked.error()));
        return run(batch);
    };
    return {operation.durability, std::move(run), operation.octets, operation.account, std::move(operation.take_back)};
}

}  // namespace storage
