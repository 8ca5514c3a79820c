// What the functions of accounts.h, mailboxes.h, messages.h ... return: queries for Store::read and operations for
// Store::write (store.h). Kept light: including it compiles no Asio, threads or files.
#pragma once

#include <cstddef>
#include <optional>

#include "storage/function.h"
#include "storage/result.h"
#include "storage/snapshot.h"
#include "storage/types.h"

namespace storage {

namespace engine {
class Batch;  // the writer's open transaction: connection, cached counters, announcements of change
}
class Store;  // store.h. NOLINT(bugprone-forward-declaration-namespace): STORE is a command of IMAP too

// When a write is answered. synced: after its commit is on disk. prompt: after the commit, which is on disk within a
// second.
enum class Durability { synced, prompt };

// Run by store.read on a reader thread. A caller may combine several, which then see the same moment:
// `find_mailbox(...)(snapshot)`.
template <class T>
using Query = Function<Result<T>(Snapshot&)>;

// Run by store.write on the writer thread, in a savepoint of the batch's transaction. An operation that returns nothing
// has done one slice of long work and continues in a later batch, so that others need not wait. A Refusal or an
// exception rolls back the current slice. If the batch's transaction is lost (disk full), work done in one slice is run
// again from the start: so it must copy what it captured, not consume it. Work of several slices is not run again: it
// fails. What must be all or nothing takes back its slices then; it must also be able to at the next start, since the
// process may end between two of them.
template <class T>
struct Operation {
    Durability durability = Durability::synced;
    Function<std::optional<Result<T>>(engine::Batch&)> run;
    std::size_t octets = 0;  // of content that it writes: limits the batch
    AccountId account{};     // in whose turn it is run (engine/writer.h); 0: the server's own
    // Run instead of further slices if one fails after another has been committed, slice by slice, until it returns
    // true; only then the failure is told. Empty: what is committed stays.
    Function<bool(engine::Batch&)> take_back{};
};

}  // namespace storage
