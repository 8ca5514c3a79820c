// The writer's open transaction, as operations see it: the connection, cached counters (read once and written once for
// all operations of a batch), and announcements to be published after the commit.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/engine/connection.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace storage::engine {

// The counter columns of a mailbox row. Code that changes messages must keep them exact, through Batch::mailbox().
struct MailboxCounters {
    AccountId account;
    std::uint32_t uid_validity = 0;  // not written back
    Uid uid_next;
    ModSeq highest_modseq;
    std::uint32_t messages = 0;
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    std::uint64_t size_octets = 0;
    std::uint64_t deleted_octets = 0;  // of those with \Deleted
    // Not a column: the newest message's bucket is already marked with this MODSEQ; 0: unknown.
    ModSeq newest_bucket_modseq;
    std::int64_t newest_bucket_date = 0;  // with this or a later internal date
};

// The counter columns of an account row.
struct AccountCounters {
    std::optional<std::uint64_t> quota_octets;    // not written back
    std::optional<std::uint64_t> quota_messages;  // not written back
    std::uint64_t used_octets = 0;
    std::uint64_t messages = 0;
    ModSeq highest_modseq;
};

class Batch {
  public:
    Batch(Connection& connection, const StoreOptions& options) : connection_(connection), options_(options) {}
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;

    Connection& connection() { return connection_; }
    const StoreOptions& options() const { return options_; }

    // The row's counters, to read and to change in place; they are written before the commit, and roll back with the
    // operation. nullptr: no such row. The pointer is valid until flush() or the end of the operation. Before running
    // SQL that reads or writes these columns, or deletes the row, call flush().
    MailboxCounters* mailbox(MailboxId id);
    AccountCounters* account(AccountId id);

    // Writes changed counters and empties the cache: SQL then sees current values and may change them, until the next
    // mailbox() or account().
    void flush();

    // The account's next MODSEQ for a change in this mailbox: raises both HIGHESTMODSEQs and announces the change. The
    // mailbox must exist.
    ModSeq change_mailbox(MailboxId id);
    // The same for a change outside messages (create, rename, subscribe ...). The account must exist.
    ModSeq change_account(AccountId id);

    // Announces a change without a new MODSEQ. Published after the commit, in commit order; dropped on rollback.
    void changed(AccountId account, MailboxId mailbox, ModSeq modseq);
    // Something was put into the queue or made due.
    void queue_changed() { operation_.queue_changed = true; }

    // An id for new content, never used before.
    BlobId next_blob_id();
    // True if the id was given out in this transaction: nobody can have seen its content yet.
    bool is_new(BlobId id) const { return next_blob_id_ && id >= first_blob_id_; }

    // For the writer: around each operation, inside its savepoint; and before the commit.
    void begin_operation();
    void keep_operation();
    void undo_operation();
    void write_counters();
    struct Announcements {
        std::vector<Change> changes;
        bool queue_changed = false;
    };
    Announcements take_announcements() { return std::exchange(announcements_, {}); }

  private:
    template <class Counters>
    struct Cached {
        Counters counters;
        bool touched = false;         // given to an operation since it was last written
        std::uint64_t operation = 0;  // the last one that it was given to
    };
    template <class Id, class Counters>
    struct Table {
        std::unordered_map<Id, Cached<Counters>> rows;
        std::vector<std::pair<Id, std::optional<Cached<Counters>>>> undo;  // the values before this operation
        void restore();
    };
    struct Tables {
        Table<MailboxId, MailboxCounters> mailboxes;
        Table<AccountId, AccountCounters> accounts;
    };
    template <class Id, class Counters>
    Counters* touch(Table<Id, Counters>& table, Id id, std::optional<Counters> (Batch::*read)(Id));
    std::optional<MailboxCounters> read_mailbox(MailboxId id);
    std::optional<AccountCounters> read_account(AccountId id);
    void write_tables();

    Connection& connection_;
    const StoreOptions& options_;
    Tables tables_;
    std::optional<Tables> before_flush_;  // the values before this operation, if it has called flush()
    std::optional<std::int64_t> next_blob_id_;
    BlobId first_blob_id_;  // of this transaction, if next_blob_id_ is known
    std::uint64_t operation_number_ = 0;
    Announcements operation_;      // of the current operation
    Announcements announcements_;  // of the successful operations
};

}  // namespace storage::engine
