// What the nouns' functions return, as values: queries for Store::read and operations for Store::write (store.h).
// Light on purpose: who only names a noun compiles no Asio, threads or files.
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

// When a write is answered: synced = after the commit is on disk; prompt = after a commit that is on disk within a
// second.
enum class Durability { synced, prompt };

// What store.read runs on a reader thread. Made by the nouns' functions; a door may put several together, which then
// see the same moment: `find_mailbox(...)(snapshot)`.
template <class T>
using Query = Function<Result<T>(Snapshot&)>;

// What store.write runs on the writer thread, in a savepoint of the batch's transaction. It returns nothing when it has
// done a slice of long work and wants to go on in a later batch, so that others do not wait behind it. A Refusal or an
// exception rolls back the slice at hand. If the batch's transaction is lost (a full disk), what it had done at once is
// run again from the start: it copies what it captured and does not consume it. What was lost with a slice is not run
// again: it fails.
template <class T>
struct Operation {
    Durability durability = Durability::synced;
    Function<std::optional<Result<T>>(engine::Batch&)> run;
    std::size_t octets = 0;  // of content that it writes: what bounds a batch
};

}  // namespace storage
