// The selected mailbox as one client knows it, and the changes that it has not been told of. Pure: it gets the changes
// from the store and returns what may be reported now. RFC 9051 §5.2, §5.5, §7.5.1; \Recent: RFC 3501 §2.3.2; MODSEQ:
// RFC 7162.
//
// An expunged message keeps its number until EXPUNGE is sent, which is not allowed while a command with message numbers
// runs; new messages and flags may always be reported. The client's own changes are not reported again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "protocols/base/slices.h"
#include "protocols/imap/mailbox/message_numbers.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/sequence_set.h"
#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "storage/rights.h"
#include "storage/types.h"

namespace imap {

struct FlagUpdate {
    std::uint32_t number = 0;
    storage::Uid uid;
    storage::Flags flags;
    storage::ModSeq modseq;
};

// Changes to report, in this order.
struct Updates {
    std::vector<ExpungeRun> expunged;
    storage::UidSet vanished;             // the UIDs of `expunged`
    std::optional<std::uint32_t> exists;  // if new messages came: how many there are now
    std::uint32_t first_new = 0;          // the number of the first new one; 0: none is new
    std::optional<std::uint32_t> recent;
    std::vector<FlagUpdate> flags;
};

class SelectedMailbox {
  public:
    struct Identity {
        storage::Access access;  // what the store is asked with
        storage::AccountId owner;
        std::string name;
        std::uint32_t uid_validity = 0;
        bool read_only = false;                        // EXAMINE
        storage::Rights rights = storage::right::all;  // this client's (RFC 4314)
    };
    SelectedMailbox(Identity identity, const storage::MailboxView& view);

    const storage::Access& access() const { return identity_.access; }
    storage::MailboxId id() const { return identity_.access.mailbox; }
    const std::string& name() const { return identity_.name; }
    std::uint32_t uid_validity() const { return identity_.uid_validity; }
    storage::AccountId owner() const { return identity_.owner; }
    bool read_only() const { return identity_.read_only; }
    storage::Rights rights() const { return identity_.rights; }
    void set_rights(storage::Rights rights) { identity_.rights = rights; }
    // Whether anything may be changed here (RFC 4314 §5.2).
    bool writable() const;

    const MessageNumbers& numbers() const { return numbers_; }
    storage::Uid uid_next() const { return uid_next_; }
    // All changes up to here are included.
    storage::ModSeq synced() const { return synced_; }
    // Memory that it holds, about. Quickly told.
    std::size_t octets() const;
    // The same for what take_in() needs at most, besides the changes themselves.
    static std::size_t octets_to_take_in(const storage::MailboxChanges& changes);

    // The messages that a client names, by number or by UID; sets may span UIDs that do not exist. nullopt if a message
    // number is beyond the mailbox (RFC 9051 §9, seq-number: BAD); UIDs that do not exist are ignored. "1:*" means all
    // messages, none in an empty mailbox: Thunderbird empties its trash so, and shows every BAD to the user.
    std::optional<storage::UidSet> resolve(const wire::SequenceSet& set, bool uid) const;
    // The same for a search key: numbers beyond the mailbox are allowed and match nothing (RFC 7377 §2).
    storage::UidSet resolve_within(const wire::SequenceSet& set, bool uid) const;

    // Adds the changes after synced(), in slices of a few milliseconds. Until the last slice is done, nothing else may
    // be asked of it. The changes must outlive the slices. If dropped before its end it may be started again.
    base::Slices take_in(const storage::MailboxChanges& changes);
    // Adds this client's own change, with the messages that vanished by it, without reading the store. False if others
    // have made changes in between: then they must be read.
    bool apply_own(storage::ModSeqStep step, const storage::UidSet& vanished);
    // The mailbox itself was deleted: all its messages vanish, and there will be no more changes.
    void apply_deletion();
    bool deleted() const { return deleted_; }

    // The client knows these messages' flags at this MODSEQ: they were reported, or it set them itself.
    void reported(storage::ModSeq modseq, const storage::UidSet& uids);
    // Whether the client knows the flags that the message had at this MODSEQ, or is about to be told.
    bool knows(storage::Uid uid, storage::ModSeq modseq) const {
        return modseq <= synced_ || was_reported(uid, modseq);
    }

    // What may be reported now; it then counts as reported.
    Updates take_updates(bool expunges_allowed);
    // The same in slices, as take_in.
    base::Slices take_updates(bool expunges_allowed, Updates& updates);
    // Whether there is anything for take_updates, though perhaps not now.
    bool has_updates() const {
        return !vanished_.empty() || !flags_.empty() || numbers_.size() != reported_exists_ ||
               recent_count() != reported_recent_;
    }
    // Messages that are gone but still keep their number.
    const storage::UidSet& unannounced() const { return vanished_; }
    // The client has been told of all changes up to here; below synced() while expunges are held back (RFC 7162 §3.2).
    storage::ModSeq announced() const { return vanished_.empty() ? synced_ : announced_; }

    // These are \Recent here, and in no other session; future messages may be among them.
    void claim_recent(storage::RecentRange range);
    // Messages below this were claimed, by this session or an earlier one.
    storage::Uid recent_claimed() const { return recent_claimed_; }
    bool is_recent(storage::Uid uid) const { return recent_.contains(uid); }
    std::uint32_t recent_count() const;
    const storage::UidSet& recent() const { return recent_; }

    // SEARCH RETURN (SAVE): the meaning of "$". RFC 5182.
    void save_result(storage::UidSet uids) { saved_ = std::move(uids); }
    const storage::UidSet& saved() const { return saved_; }

    // Whether UIDBATCHES asks again for what it got last, although at most half a batch of messages has come or gone
    // since (RFC 10022 §3.1.1: then it is refused). If not, this request is remembered. An empty mailbox resets it.
    bool batches_again(const wire::UidBatches& command);

  private:
    struct Batches {
        wire::UidBatches command;
        std::uint32_t messages = 0;
        storage::Uid uid_next;
    };
    base::Slices take_flags(std::vector<FlagUpdate> newer, base::Pace& pace);
    void take_counts(Updates& updates);
    void forget_unreported();
    bool was_reported(storage::Uid uid, storage::ModSeq modseq) const;

    Identity identity_;
    MessageNumbers numbers_;
    storage::Uid uid_next_;
    storage::ModSeq synced_;
    storage::UidSet vanished_;        // gone, EXPUNGE not sent
    storage::ModSeq announced_;       // synced_ before the first of these
    std::vector<FlagUpdate> flags_;   // one per message, ascending; numbers are filled in when reported
    std::size_t keyword_octets_ = 0;  // of these, at most
    // Own changes that are not in synced_ yet. There may be as many as messages.
    std::map<storage::ModSeq, storage::UidSet> told_;
    std::size_t told_octets_ = 0;  // of these sets
    storage::UidSet recent_;
    storage::Uid recent_claimed_;
    storage::UidSet saved_;
    std::optional<Batches> batches_;  // the last ones returned
    std::uint32_t reported_exists_ = 0;
    std::uint32_t reported_recent_ = 0;
    bool deleted_ = false;
};

}  // namespace imap
