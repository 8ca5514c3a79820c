// Accounts, their credentials and quotas. Names are "local@domain", lower case, domain as U-label in UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

// Stored SCRAM keys (RFC 5802 §3): the password can only be found by guessing.
struct ScramKeys {
    std::string salt;
    std::uint32_t iterations = 0;
    std::string stored_key;
    std::string server_key;
};

struct Credentials {
    std::string argon2id;     // encoded form, "$argon2id$v=19$..."
    ScramKeys scram_sha_256;  // RFC 7677
};

struct Account {
    AccountId id;
    std::string name;
    std::optional<std::uint64_t> quota_octets;  // empty: unlimited
    std::uint64_t used_octets = 0;
    std::uint64_t messages = 0;
    std::int64_t created_at = 0;
    std::optional<std::uint64_t> quota_messages;  // empty: unlimited
    bool uid_only = false;                        // UIDONLY is offered to its clients (RFC 9586)
    bool suspended = false;                       // nobody can log in to it
};
// Whether the account's quota has room for this much more.
bool fits_quota(const Account& account, std::uint64_t octets, std::uint64_t messages);

// Makes the account with INBOX and Sent, Drafts, Trash, Junk, Archive (RFC 6154), all subscribed.
// Refuses already_exists, no_such_domain, invalid_name.
Operation<AccountId> add_account(std::string name, Credentials credentials, std::int64_t now);

// Removes the account with its mailboxes and aliases that point only to it. Refuses no_such_account.
Operation<std::monostate> remove_account(std::string name);

// Refuses no_such_account.
Operation<std::monostate> set_credentials(std::string name, Credentials credentials);
// Suspended: all its log-ins end, and none is possible until it is resumed. It still gets mail, and what it has queued
// is sent. Refuses no_such_account; conflict if it is so already.
Operation<std::monostate> suspend_account(std::string name, bool suspended);
// Ends the account's log-ins, on all doors and servers. Refuses no_such_account.
Operation<std::monostate> end_log_ins(std::string name);
Operation<std::monostate> set_quota(std::string name, std::optional<std::uint64_t> octets);
Operation<std::monostate> set_message_quota(std::string name, std::optional<std::uint64_t> messages);

// Whether to offer UIDONLY. Refuses no_such_account.
Operation<std::monostate> offer_uid_only(std::string name, bool offered);
Operation<std::monostate> withdraw_uid_only(AccountId account);

Query<std::vector<Account>> list_accounts();
Query<Account> oldest_account();                // the account created first; refuses no_such_account
Query<Account> find_account(std::string name);  // refuses no_such_account
Query<Account> get_account(AccountId id);       // refuses no_such_account

struct AccountCredentials {
    Account account;
    Credentials credentials;
    std::int64_t generation = 0;  // increases with each change of the credentials
};
Query<AccountCredentials> find_credentials(std::string name);  // refuses no_such_account

// The same password's credentials anew, made with other costs: if the stored hash is still `argon2id`, which is told.
// Log-ins stay valid.
Operation<bool> renew_credentials(AccountId account, std::string argon2id, Credentials credentials);

// How many accounts' credentials have which costs.
struct CredentialCost {
    std::string argon2_parameters;       // "$argon2id$v=19$m=19456,t=2,p=1$"
    std::uint32_t scram_iterations = 0;  // 0: there are no SCRAM keys
    std::uint64_t accounts = 0;
};
Query<std::vector<CredentialCost>> credential_costs();

// The current generation of these accounts' credentials; deleted accounts are left out.
struct AccountGeneration {
    AccountId account;
    std::int64_t generation = 0;
};
Query<std::vector<AccountGeneration>> credential_generations(std::vector<AccountId> accounts);

}  // namespace storage
