// A log-in as the store knows it: an account, and the generation of the credentials that opened it. Whatever a session
// reads or writes is checked against it in the same snapshot or commit, so that a removed, suspended or re-passworded
// account can do nothing more, whichever process changed it. session_store.h does so for all that a session asks.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

#include "storage/query.h"

namespace storage {

struct LogIn {
    AccountId account;
    std::int64_t generation = 0;   // of the credentials (accounts.h)
    AppPasswordId app_password{};  // that opened it; 0: the account's own password (app_passwords.h)
};

// Refuses logged_out unless the credentials are still those of the log-in, and its app password has not been removed.
Result<std::monostate> check_log_in(Snapshot& snapshot, const LogIn& log_in);
Result<std::monostate> check_log_in(engine::Batch& batch, const LogIn& log_in);

// The same as a query of its own.
Query<std::monostate> valid_log_in(LogIn log_in);

// The query, refused with logged_out if the log-in is no longer valid in the snapshot in which it runs.
template <class T>
Query<T> while_valid(const LogIn& log_in, Query<T> query) {
    return [log_in, query = std::move(query)](Snapshot& snapshot) mutable -> Result<T> {
        Result<std::monostate> valid = check_log_in(snapshot, log_in);
        if (!valid) return std::unexpected(std::move(valid.error()));
        return query(snapshot);
    };
}

// The same for an operation, in the account's turn; one of several slices is checked in each.
template <class T>
Operation<T> while_valid(const LogIn& log_in, Operation<T> operation) {
    auto run = [log_in, run = std::move(operation.run)](engine::Batch& batch) mutable -> std::optional<Result<T>> {
        Result<std::monostate> valid = check_log_in(batch, log_in);
        if (!valid) return std::unexpected(std::move(valid.error()));
        return run(batch);
    };
    return {operation.durability, std::move(run), operation.octets, log_in.account, std::move(operation.take_back)};
}

}  // namespace storage
