// What one client believes of the mailbox it has selected, and what it must still be told. Pure: it is given what the
// store says and hands out what may be said now. RFC 9051 §5.2, §5.5, §7.5.1; \Recent: RFC 3501 §2.3.2; MODSEQ: RFC
// 7162.
//
// An expunged message keeps its number until its EXPUNGE is sent, and that may not be while a command that uses message
// numbers runs; new messages and flags may always be told. What this client did itself is not told twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

// What is to be told, in this order.
struct Updates {
    std::vector<ExpungeRun> expunged;
    storage::UidSet vanished;             // the UIDs of `expunged`
    std::optional<std::uint32_t> exists;  // new messages came: how many there are now
    std::uint32_t first_new = 0;          // the first of them; 0: none is new
    std::optional<std::uint32_t> recent;
    std::vector<FlagUpdate> flags;
    bool empty() const { return expunged.empty() && !exists && !recent && flags.empty(); }
};

class SelectedMailbox {
  public:
    struct Identity {
        storage::MailboxId id;
        storage::AccountId owner;
        std::string name;
        std::uint32_t uid_validity = 0;
        bool read_only = false;                        // EXAMINE
        storage::Rights rights = storage::right::all;  // this client's (RFC 4314)
    };
    SelectedMailbox(Identity identity, const storage::MailboxView& view);

    storage::MailboxId id() const { return identity_.id; }
    const std::string& name() const { return identity_.name; }
    std::uint32_t uid_validity() const { return identity_.uid_validity; }
    storage::AccountId owner() const { return identity_.owner; }
    bool read_only() const { return identity_.read_only; }
    storage::Rights rights() const { return identity_.rights; }
    void set_rights(storage::Rights rights) { identity_.rights = rights; }
    // Whether anything at all can be changed here (RFC 4314 §5.2).
    bool writable() const;

    const MessageNumbers& numbers() const { return numbers_; }
    storage::Uid uid_next() const { return uid_next_; }
    // Everything up to here has been taken in.
    storage::ModSeq synced() const { return synced_; }

    // The messages that a client names, by number or by UID; sets may span UIDs that do not exist. Nothing where a
    // message number is beyond the mailbox (RFC 9051 §9, seq-number: BAD); UIDs that do not exist are silently left
    // out. "1:*" is whatever there is, nothing in an empty mailbox: so Thunderbird empties its trash, and tells the
    // user of every BAD.
    std::optional<storage::UidSet> resolve(const wire::SequenceSet& set, bool uid) const;
    // The same for a search key, where numbers beyond the mailbox are no error and match nothing (RFC 7377 §2).
    storage::UidSet resolve_within(const wire::SequenceSet& set, bool uid) const;

    // Takes in what has changed behind synced().
    void apply(const storage::MailboxChanges& changes);
    // Takes in what this client has done by itself and been told of, with the messages that vanished by it, without a
    // look at the store. False where something else has happened in between: then what has changed is to be read.
    bool apply_own(storage::ModSeqStep step, const storage::UidSet& vanished);
    // The mailbox itself was deleted: all its messages vanish, and nothing more will come.
    void apply_deletion();
    bool deleted() const { return deleted_; }

    // This client has been told, or knows by its own doing, these messages' flags at this MODSEQ.
    void reported(storage::ModSeq modseq, const storage::UidSet& uids);

    // What may be said now; what is returned counts as told.
    Updates take_updates(bool expunges_allowed);
    // Messages that are gone but keep their number for now.
    const storage::UidSet& unannounced() const { return vanished_; }
    // The client has been told of everything up to here; below synced() while expunges are held back (RFC 7162 §3.2).
    storage::ModSeq announced() const { return vanished_.empty() ? synced_ : announced_; }

    // These are \Recent here, and in no other session; messages that are still to come may be among them.
    void claim_recent(storage::RecentRange range);
    // Messages below this have been claimed, by this session or before it.
    storage::Uid recent_claimed() const { return recent_claimed_; }
    bool is_recent(storage::Uid uid) const { return recent_.contains(uid); }
    std::uint32_t recent_count() const;
    const storage::UidSet& recent() const { return recent_; }

    // SEARCH RETURN (SAVE): what "$" stands for. RFC 5182.
    void save_result(storage::UidSet uids) { saved_ = std::move(uids); }

    // Whether UIDBATCHES asks once more for what it was given last, though no more than half a batch of messages has
    // come since and no more has gone (RFC 10022 §3.1.1: not to be answered); if not, it counts as given now.
    // An empty mailbox begins anew.
    bool batches_again(const wire::UidBatches& command);

  private:
    struct Told {
        storage::ModSeq modseq;
        storage::UidSet uids;
    };
    struct Batches {
        wire::UidBatches command;
        std::uint32_t messages = 0;
        storage::Uid uid_next;
    };
    void take_flags(std::vector<FlagUpdate> newer);
    void forget_unreported();
    bool was_reported(storage::Uid uid, storage::ModSeq modseq) const;

    Identity identity_;
    MessageNumbers numbers_;
    storage::Uid uid_next_;
    storage::ModSeq synced_;
    storage::UidSet vanished_;       // gone, EXPUNGE not sent
    storage::ModSeq announced_;      // synced_ before the first of these
    std::vector<FlagUpdate> flags_;  // one a message, ascending; numbers are filled in when they are told
    std::vector<Told> told_;         // own changes that are not behind synced_ yet
    storage::UidSet recent_;
    storage::Uid recent_claimed_;
    storage::UidSet saved_;
    std::optional<Batches> batches_;  // given last
    std::uint32_t reported_exists_ = 0;
    std::uint32_t reported_recent_ = 0;
    bool deleted_ = false;
};

}  // namespace imap
