// Who did what: changes by the command line, sharing, suspensions, log-ins. Written with the change itself where there
// is one, and kept for a while (StoreOptions::audit). Nothing but `mailstead audit` reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

// Each kind is bounded by itself: guesses at passwords do not push out changes.
enum class AuditKind : std::uint8_t { change, login, failure };

struct AuditEntry {
    std::int64_t at = 0;  // Unix seconds; of the first, if it stands for several
    AuditKind kind = AuditKind::change;
    std::string actor;    // an account, or the user of the system who gave a command
    std::string action;   // "account.quota", "acl.set", "login", "login-failed"
    std::string subject;  // the account, domain, alias, address or message that it is about
    std::string detail;   // what changed, in short; of a log-in the protocol and mechanism; never a secret
    std::string address;  // of the client; empty: none
    std::uint64_t count = 1;
    friend bool operator==(const AuditEntry&, const AuditEntry&) = default;
};

// For operations: notes the entry in their own savepoint. Does nothing if the store keeps no audit. Texts are cut to a
// sensible length, and are made UTF-8 without NUL.
void note_in_audit(engine::Batch& batch, const AuditEntry& entry);

// The same operation, which also notes the entry once it succeeds.
template <class T>
Operation<T> audited(Operation<T> operation, AuditEntry entry) {
    return {operation.durability,
            [run = std::move(operation.run), entry = std::move(entry)](engine::Batch& batch) mutable {
                std::optional<Result<T>> done = run(batch);
                if (done && *done) note_in_audit(batch, entry);
                return done;
            },
            operation.octets, operation.account, std::move(operation.take_back)};
}

// The same in a file that has an audit and that nobody else has open, for upkeep/.
void note_in_audit(Snapshot& file, const AuditEntry& entry);

// Notes several at once, without a sync of their own: for log-ins.
Operation<std::monostate> note_in_audit(std::vector<AuditEntry> entries);

struct AuditFilter {
    std::int64_t since = 0;            // Unix seconds
    std::optional<std::string> about;  // actor or subject
    std::size_t most = 1'000;
};
// The newest that fit, in their order.
Query<std::vector<AuditEntry>> read_audit(AuditFilter filter);

// Forgets what is too old or too much, a slice at a time; true if there may be more.
Operation<bool> trim_audit(std::int64_t now, std::size_t slice = 1'000);

}  // namespace storage
