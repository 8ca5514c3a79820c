// How far the store says that the selected mailbox has come. Noted on the writer's thread, asked by the session: its
// own change, whose outcome it knows, sends it to no second look.
#pragma once

#include <atomic>
#include <cstdint>

#include "storage/store.h"
#include "storage/types.h"

namespace imap {

class MailboxWatch {
  public:
    explicit MailboxWatch(storage::MailboxId mailbox) : mailbox_(mailbox.value) {}

    // From here on it is this mailbox.
    void watch(storage::MailboxId mailbox) { mailbox_.store(mailbox.value); }

    // Whether the change concerns the mailbox: its messages, or what only a look will tell, such as rights.
    bool note(const storage::Change& change) {
        if (change.mailbox.value == 0) {
            unknown_.store(true);
            return true;
        }
        if (change.mailbox.value != mailbox_.load()) return false;
        if (change.modseq.value > reached_.load()) reached_.store(change.modseq.value);
        return true;
    }

    // Whether there is something to read for who has taken in everything up to `synced`.
    bool is_ahead_of(storage::ModSeq synced) const { return unknown_.load() || reached_.load() > synced.value; }

    // Before that is read. What is noted from then on is ahead again.
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
