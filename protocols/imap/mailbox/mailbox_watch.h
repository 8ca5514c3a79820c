// The latest MODSEQ of the selected mailbox that the store has announced. Set on the writer's thread, read by the
// session: after its own change, whose result it knows, the session need not read again.
#pragma once

#include <atomic>
#include <cstdint>

#include "storage/store.h"
#include "storage/types.h"

namespace imap {

class MailboxWatch {
  public:
    explicit MailboxWatch(storage::MailboxId mailbox) : mailbox_(mailbox.value) {}

    // Watches this mailbox from now on.
    void watch(storage::MailboxId mailbox) { mailbox_.store(mailbox.value); }

    // Whether the change is about this mailbox: its messages, or something that can only be read, such as rights.
    bool note(const storage::Change& change) {
        if (change.mailbox.value == 0) {
            unknown_.store(true);
            return true;
        }
        if (change.mailbox.value != mailbox_.load()) return false;
        if (change.modseq.value > reached_.load()) reached_.store(change.modseq.value);
        return true;
    }

    // Whether there is something to read for a session that has read everything up to `synced`.
    bool is_ahead_of(storage::ModSeq synced) const { return unknown_.load() || reached_.load() > synced.value; }

    // Whether something was announced that can only be read, such as rights. Call it before reading.
    bool take_unknown() { return unknown_.exchange(false); }
    // Call it before reading. Changes noted afterwards count as new.
    void take() {
        unknown_.store(false);
        reached_.store(0);
    }

  private:
    std::atomic<std::int64_t> mailbox_;
    std::atomic<decltype(storage::ModSeq::value)> reached_ = 0;
    std::atomic<bool> unknown_ = false;
};

}  // namespace imap
