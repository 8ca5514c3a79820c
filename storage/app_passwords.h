// App passwords: one for each program of an account, made by us with 100 bits and more, so that a plain hash of it
// hides it as well as argon2id would, and finds it at once. server/auth makes and reads them; log_in.h ends their
// log-ins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/accounts.h"
#include "storage/query.h"
#include "storage/types.h"

namespace storage {

// What a program may do that logs in with it. The number stands in the store.
enum class AppPasswordScope : std::uint8_t {
    all = 0,      // every door
    mail = 1,     // IMAP, POP3 and sending by SMTP
    receive = 2,  // IMAP and POP3
    send = 3,     // SMTP
};

struct AppPassword {
    AppPasswordId id;
    std::string label;  // one of the account; ignores ASCII case
    AppPasswordScope scope{};
    std::int64_t created_at = 0;
    std::optional<std::int64_t> expires_at;  // empty: never
    std::int64_t used_at = 0;                // about; 0: never
    std::string used_from;                   // the client's address then
};

struct NewAppPassword {
    std::string label;
    AppPasswordScope scope{};
    std::string sha256;       // of the password's letters and digits
    ScramKeys scram_sha_256;  // of the password as it was shown; empty: no SCRAM with it
    std::int64_t created_at = 0;
    std::optional<std::int64_t> expires_at;
};

// Refuses no_such_account; invalid_name, if it is no label; already_exists; too_many, if the account has `most`.
Operation<AppPasswordId> add_app_password(std::string account, NewAppPassword password, std::size_t most);
// Ends the sessions that logged in with it. Refuses no_such_account and no_such_credential.
Operation<std::monostate> remove_app_password(std::string account, std::string label);
// All of the account; how many there were. Refuses no_such_account.
Operation<std::uint64_t> remove_app_passwords(std::string account);
// Removes those that have expired.
struct ExpiredAppPassword {
    std::string account;
    std::string label;
};
Operation<std::vector<ExpiredAppPassword>> remove_expired_app_passwords(std::int64_t now);
// Whether there are any.
Query<bool> app_passwords_have_expired(std::int64_t now);

// The account's, the oldest first.
Query<std::vector<AppPassword>> app_passwords_of(AccountId account);
// The account's one with this hash, if it has not expired.
Query<std::optional<AppPassword>> find_app_password(AccountId account, std::string sha256, std::int64_t now);
// The one with this label, with the keys of its SCRAM.
struct AppPasswordKeys {
    AppPassword password;
    ScramKeys scram_sha_256;
};
Query<std::optional<AppPasswordKeys>> find_app_password_keys(AccountId account, std::string label, std::int64_t now);
// Those among these that are no more.
Query<std::vector<AppPasswordId>> missing_app_passwords(std::vector<AppPasswordId> asked);

struct AppPasswordUse {
    AppPasswordId id;
    std::int64_t at = 0;
    std::string address;
};
// Prompt. Those that are gone are passed over.
Operation<std::monostate> note_app_password_uses(std::vector<AppPasswordUse> uses);

// 1 to 64 octets of UTF-8 without control characters, '@' and '%' (a log-in's name may hold it), nor spaces around it.
bool is_app_password_label(std::string_view label);

}  // namespace storage
