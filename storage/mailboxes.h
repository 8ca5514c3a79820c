// Mailboxes of an account (RFC 9051 §2.3, §5.1), and those of others that it may reach (RFC 4314; rights.h has how they
// are named). Names are UTF-8 with '/' between levels; INBOX in capitals. The account is the one that acts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"
#include "storage/rights.h"

namespace storage {

inline constexpr char hierarchy_delimiter = '/';

// RFC 6154 §2, RFC 8457.
enum class SpecialUse : std::uint8_t { none, all, archive, drafts, flagged, junk, sent, trash, important };

struct Mailbox {
    MailboxId id;
    AccountId account;  // its owner
    std::string name;   // as the account that asked calls it
    std::uint32_t uid_validity = 0;
    Uid uid_next;
    ModSeq highest_modseq;
    Uid recent_from;  // UIDs from here on have been in no session's SELECT (\Recent, RFC 3501 §2.3.2)
    SpecialUse special_use = SpecialUse::none;
    bool subscribed = false;
    std::uint32_t messages = 0;
    std::uint32_t unseen = 0;
    std::uint32_t deleted = 0;
    std::uint64_t size_octets = 0;
    std::uint64_t deleted_octets = 0;  // of the deleted ones: what expunging them frees
    bool from_inbox = false;           // made by a RENAME of INBOX
    Rights rights = right::all;        // of the account that asked
};

// Every mailbox of the account, sorted by name, INBOX first, with counters.
Query<std::vector<Mailbox>> list_mailboxes(AccountId account);
// Mailboxes of others that the account may look up, sorted by name.
Query<std::vector<Mailbox>> list_shared_mailboxes(AccountId account);
// Subscribed names, also those whose mailbox does not exist (RFC 9051 §6.3.7), sorted.
Query<std::vector<std::string>> list_subscriptions(AccountId account);
// Refuses no_such_mailbox; not_permitted, where it may be seen and these rights are not all there.
Query<Mailbox> find_mailbox(AccountId account, std::string name, Rights needed = 0);
Query<Mailbox> get_mailbox(MailboxId id);  // as its owner sees it; refuses no_such_mailbox

// Creates missing superiors too (RFC 9051 §6.3.4); all begin with the rights of the mailbox that they are made below,
// where `create_mailboxes` is needed. Refuses already_exists, invalid_name, too_many, not_permitted.
Operation<Mailbox> create_mailbox(AccountId account, std::string name, SpecialUse use = SpecialUse::none);
// Refuses no_such_mailbox, has_children, not_permitted (INBOX; without `delete_mailbox`).
Operation<std::monostate> delete_mailbox(AccountId account, std::string name);
struct Renamed {
    std::optional<MailboxId> emptied;  // INBOX, where that was renamed and had messages
    ModSeqStep emptied_step;           // from the last change by others on
};
// Renames with all inferiors, creating the new superiors. INBOX: its messages move to a new mailbox (RFC 9051 §6.3.6).
// UIDVALIDITY, UIDs and rights are kept, and subscriptions follow. Needs `delete_mailbox`, and `create_mailboxes` where
// it is to lie. A mailbox stays its owner's. Refuses no_such_mailbox, already_exists, invalid_name, not_permitted.
Operation<Renamed> rename_mailbox(AccountId account, std::string from, std::string to, std::int64_t now);
Operation<std::monostate> subscribe_mailbox(AccountId account, std::string name, bool subscribed);
// UIDs [first, end): \Recent to the one session that has claimed them, and to no other (RFC 3501 §2.3.2).
struct RecentRange {
    Uid first;
    Uid end;
    friend bool operator==(const RecentRange&, const RecentRange&) = default;
};
// Claims all that no session has claimed, up to UIDNEXT, in one step. What the claimer has not read yet is its too: so
// a message that arrives between read and claim is recent to someone.
Operation<RecentRange> take_recent(MailboxId mailbox);

}  // namespace storage
