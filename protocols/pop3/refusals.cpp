// The table from reasons to POP3 replies.
#include "protocols/pop3/refusals.h"

#include "protocols/pop3/wire/reply.h"

namespace pop3 {

RefusalReply reply_for(storage::Reason reason) {
    namespace code = wire::code;
    using storage::Reason;
    switch (reason) {
        case Reason::authentication_failed:
            return {code::auth, "User name or password is wrong"};
        case Reason::app_password_needed:
            return {code::auth, "This account has a second factor: mail programs need an app password"};
        case Reason::out_of_scope:
            return {code::auth, "This app password is not for reading mail"};
        case Reason::logged_out:
            return {code::auth, "Your log-in has ended: log in again"};
        case Reason::throttled:
            return {code::sys_temp, "Too many failed log-ins from there: wait some minutes"};
        case Reason::in_use:
            return {code::in_use, "Another session has this maildrop open: try again when it has ended"};
        case Reason::no_such_account:
        case Reason::no_such_mailbox:
            return {code::sys_perm, "There is no maildrop for this account"};
        case Reason::no_such_message:
            return {code::none, "This message is no longer there"};
        case Reason::storage_full:
            return {code::sys_temp, "The server's disk is full: nothing was changed"};
        case Reason::not_permitted:
        case Reason::not_deliverable:
            return {code::auth, "Not permitted"};
        case Reason::conflict:
            return {code::sys_temp, "The lock on this maildrop was lost: log in again"};
        case Reason::no_such_domain:
        case Reason::no_such_alias:
        case Reason::no_such_queue_message:
        case Reason::no_such_session:
        case Reason::no_such_credential:
        case Reason::already_exists:
        case Reason::invalid_name:
        case Reason::has_children:
        case Reason::over_quota:
        case Reason::sending_limit:
        case Reason::too_large:
        case Reason::mail_loop:
        case Reason::not_convertible:
        case Reason::too_many:
        case Reason::unavailable:
            break;
    }
    return {code::sys_temp, "This cannot be done just now: try again later"};
}

}  // namespace pop3
