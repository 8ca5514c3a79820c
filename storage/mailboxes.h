// Mailboxes of an account (RFC 9051 §2.3, §5.1), and those of others that it may use (RFC 4314; rights.h explains their
// names). Names are UTF-8 with '/' between levels; INBOX in upper case. The account is the one that acts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/metadata.h"
#include "storage/query.h"
#include "storage/rights.h"

namespace storage {

inline constexpr char hierarchy_delimiter = '/';

// RFC 6154 §2, RFC 8457.
enum class SpecialUse : std::uint8_t { none, all, archive, drafts, flagged, junk, sent, trash, important };

struct Mailbox {
    MailboxId id;
    AccountId account;  // its owner
    std::string name;   // as the asking account names it
    std::uint32_t uid_validity = 0;
    Uid uid_next;
    ModSeq highest_modseq;
    Uid recent_from;  // UIDs from here on were in no session's SELECT yet (\Recent, RFC 3501 §2.3.2)
    SpecialUse special_use = SpecialUse::none;
    bool subscribed = false;
    std::uint32_t messages = 0;
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    std::uint64_t size_octets = 0;
    std::uint64_t deleted_octets = 0;  // size of the deleted messages: what expunging them frees
    bool from_inbox = false;           // made by a RENAME of INBOX
    ModSeq created_modseq;             // the account's MODSEQ when it was created; 0: long ago
    ModSeq changed_modseq;             // of the last change of its name, use, order, rights or subscription
    std::uint32_t sort_order = 0;      // among its neighbours (RFC 8621 §2)
    Rights rights = right::all;        // of the asking account
};

// Every mailbox of the account, sorted by name, INBOX first, with counters.
Query<std::vector<Mailbox>> list_mailboxes(AccountId account);
// Mailboxes of others on which the account has the right `lookup`, sorted by name; of each owner the first ones, as
// many as the store lists (StoreOptions).
Query<std::vector<Mailbox>> list_shared_mailboxes(AccountId account);
// Subscribed names, even of mailboxes that do not exist (RFC 9051 §6.3.7), sorted.
Query<std::vector<std::string>> list_subscriptions(AccountId account);
// Whether these lists hold more than `most` names together, or are made of more entries of rights: cheap, whatever
// there is.
Query<bool> has_more_names(AccountId account, std::size_t most);
// Refuses no_such_mailbox, or not_permitted if it may be seen but some of the needed rights are missing.
Query<Mailbox> find_mailbox(AccountId account, std::string name, Rights needed = 0);
// With the name that its owner gives it and the actor's rights. Refuses no_such_mailbox, not_permitted.
Query<Mailbox> get_mailbox(Access access, Rights needed = 0);

// Also creates missing superiors (RFC 9051 §6.3.4); all start with the rights of the mailbox above, on which
// `create_mailboxes` is needed. Refuses already_exists, invalid_name, too_many, not_permitted.
Operation<Mailbox> create_mailbox(AccountId account, std::string name, SpecialUse use = SpecialUse::none);
// Refuses no_such_mailbox, has_children, not_permitted (INBOX; without `delete_mailbox`).
Operation<std::monostate> delete_mailbox(AccountId account, std::string name);
struct Renamed {
    std::optional<MailboxId> emptied;  // INBOX, if that was renamed and had messages
    ModSeqStep emptied_step;           // how this changed INBOX's HIGHESTMODSEQ
};
// Renames with all inferiors, creating new superiors. INBOX: its messages move to a new mailbox (RFC 9051 §6.3.6).
// UIDVALIDITY, UIDs and rights are kept, and subscriptions follow. Needs `delete_mailbox`, and `create_mailboxes` on
// the new superior. The owner stays the same. Refuses no_such_mailbox, already_exists, invalid_name, not_permitted.
// INBOX keeps its metadata and the new mailbox gets a copy of its owner's: refuses too_many if that is too much.
Operation<Renamed> rename_mailbox(AccountId account, std::string from, std::string to, std::int64_t now,
                                  MetadataLimits metadata = {});
Operation<std::monostate> subscribe_mailbox(AccountId account, std::string name, bool subscribed);
// UIDs [first, end): \Recent for the one session that has claimed them, and for no other (RFC 3501 §2.3.2).
struct RecentRange {
    Uid first;
    Uid end;
    friend bool operator==(const RecentRange&, const RecentRange&) = default;
};
// Claims all unclaimed UIDs up to UIDNEXT, in one step, also of messages that the session has not read yet: so a
// message that arrives between read and claim is recent to some session.
// Needs `read`.
Operation<RecentRange> take_recent(Access access);

}  // namespace storage
