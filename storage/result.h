// How a wish that cannot be granted travels: a Refusal with a reason that each door's refusals.cpp turns into its
// reply. Faults of the machine (I/O error, corrupt file) are exceptions; a full disk is a Refusal, since the peer must
// be told.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace storage {

// Why a wish was refused. Doors map each of these to a reply in one table (refusals.cpp); text is for logs and people.
enum class Reason {
    no_such_account,
    no_such_domain,
    no_such_alias,
    no_such_mailbox,
    no_such_message,  // the UID or blob is gone
    no_such_queue_message,
    already_exists,
    invalid_name,   // a name that the store cannot hold or the protocol forbids
    has_children,   // a mailbox with inferiors cannot be deleted
    in_use,         // the maildrop is locked by another POP3 session
    not_permitted,  // rights: not your mailbox, not your address
    over_quota,
    too_large,     // message over the size limit
    too_many,      // recipients, keywords, mailboxes ... over a configured limit
    storage_full,  // the disk or the configured maximum is full
    authentication_failed,
    throttled,        // too many failures or too much traffic from there: come back later
    unavailable,      // cannot be done just now
    not_deliverable,  // policy says no for good
    conflict,         // the state asked for is not the state there is
};

struct [[nodiscard]] Refusal {
    Reason reason{};
    std::string text;  // one line, for the log and for people; no secrets
};

template <class T>
using Result = std::expected<T, Refusal>;

// Shorthand for `return refuse(Reason::over_quota, "…")` in any function that returns a Result.
inline std::unexpected<Refusal> refuse(Reason reason, std::string text) {
    return std::unexpected(Refusal{reason, std::move(text)});
}

}  // namespace storage
