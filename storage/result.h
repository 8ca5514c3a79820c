// A refused request is a value: a Refusal with a reason, which each protocol's refusals.cpp turns into its reply.
// Machine errors (I/O error, corrupt file) are exceptions; a full disk is a Refusal, since the peer must be told.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace storage {

// Why a request was refused. Each protocol has one table of replies for these (refusals.cpp).
enum class Reason {
    no_such_account,
    no_such_domain,
    no_such_alias,
    no_such_mailbox,
    no_such_message,  // the UID or blob does not exist
    no_such_queue_message,
    no_such_session,
    no_such_credential,  // no app password of that label
    already_exists,
    invalid_name,   // a name that the store or the protocol does not allow
    has_children,   // a mailbox with inferiors cannot be deleted
    in_use,         // the maildrop is locked by another POP3 session
    not_permitted,  // rights: not your mailbox, not your address
    over_quota,
    too_large,     // message over the size limit
    mail_loop,     // too many Received fields: the message goes round in circles
    too_many,      // recipients, keywords, mailboxes ... over a configured limit
    storage_full,  // the disk or the configured maximum is full
    authentication_failed,
    app_password_needed,  // the password is right, but with a second factor mail programs need one of their own
    out_of_scope,         // the app password is right, but not for this
    logged_out,           // the account was removed or suspended, or its password changed, since the session's log-in
    sending_limit,        // the account has sent as much as it may: sending goes on later
    throttled,            // too many failures or too much traffic from this client: come back later
    unavailable,          // not possible just now
    not_deliverable,      // refused for good by policy
    not_convertible,      // its content cannot be made what can be stored
    conflict,             // the state is not the expected one
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
