// Accounts by their ids, and refusals of the store as errors. RFC 8620 §1.6.2, §3.6.2.
#include "web/jmap/call.h"

namespace jmap {
namespace {

// For a refusal that is not a record's own: a method turns those of records into SetErrors.
const char* error_type(storage::Reason reason) {
    using storage::Reason;
    switch (reason) {
        case Reason::not_permitted:
            return "forbidden";
        case Reason::no_such_account:
            return "accountNotFound";
        case Reason::throttled:
        case Reason::unavailable:
        case Reason::storage_full:
        case Reason::in_use:
            return "serverUnavailable";
        default:
            return "serverFail";
    }
}

}  // namespace

CallAccount Call::account() {
    CallAccount account{.id_text = arguments.id("accountId"), .id = context.identity.account};
    if (account.id_text != account_id_text(account.id)) throw MethodError("accountNotFound");
    return account;
}

void Call::check_log_in(const storage::Refusal& refusal) {
    if (refusal.reason == storage::Reason::logged_out) throw LogInEnded();
}

void Call::refused(const storage::Refusal& refusal) {
    check_log_in(refusal);
    throw MethodError(error_type(refusal.reason), refusal.text);
}

std::string account_id_text(storage::AccountId account) { return "A" + std::to_string(account.value); }

}  // namespace jmap
