// The table from the store's reasons to response codes. RFC 5530 §3; LIMIT for limits that are reached.
#include "protocols/imap/connection/refusals.h"

namespace imap {

std::string_view refusal_code(storage::Reason reason) {
    using storage::Reason;
    switch (reason) {
        case Reason::no_such_account:
        case Reason::no_such_domain:
        case Reason::no_such_alias:
        case Reason::no_such_mailbox:
        case Reason::no_such_queue_message:
        case Reason::no_such_session:
        case Reason::no_such_credential:
            return "NONEXISTENT";
        case Reason::no_such_message:
            return "EXPUNGEISSUED";
        case Reason::already_exists:
            return "ALREADYEXISTS";
        case Reason::invalid_name:
            return "CANNOT";
        case Reason::has_children:
            return "HASCHILDREN";
        case Reason::in_use:
            return "INUSE";
        case Reason::not_permitted:
            return "NOPERM";
        case Reason::over_quota:
            return "OVERQUOTA";
        case Reason::too_large:
        case Reason::too_many:
        case Reason::storage_full:
            return "LIMIT";
        case Reason::authentication_failed:
            return "AUTHENTICATIONFAILED";
        case Reason::app_password_needed:
            return "CONTACTADMIN";
        case Reason::out_of_scope:
            return "NOPERM";
        case Reason::logged_out:
            return "EXPIRED";
        case Reason::sending_limit:
        case Reason::throttled:
        case Reason::unavailable:
            return "UNAVAILABLE";
        case Reason::mail_loop:
        case Reason::not_deliverable:
        case Reason::not_convertible:
            return "CANNOT";
        case Reason::conflict:
            return "INUSE";
    }
    return "";
}

}  // namespace imap
