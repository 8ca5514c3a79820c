// Where an account's devices want to hear that something has changed: RFC 8620 §7.2. server/push tells them. Times are
// Unix seconds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/log_in.h"
#include "storage/query.h"

namespace storage {

struct PushSubscription {
    std::string id;  // random
    LogIn log_in;    // that made it: it ends with that
    std::string device;
    std::string url;
    std::string p256dh;  // octets of the keys (RFC 8291); both empty: none are given
    std::string auth;
    std::string verification_code;  // that the device must have been pushed (§7.2.2)
    bool verified = false;
    std::int64_t expires_at = 0;
    std::optional<std::vector<std::string>> types;  // nullopt: all
};

// The account's, by id: neither expired nor made by a log-in that has ended.
Query<std::vector<PushSubscription>> list_push_subscriptions(AccountId account, std::int64_t now);
// Accounts that have some, those of which nothing is left included.
Query<std::vector<AccountId>> accounts_with_push();

// Adds it, and forgets what has expired. Announces the account. Refuses too_many if the account has `most` already.
Operation<std::monostate> add_push_subscription(PushSubscription subscription, std::size_t most, std::int64_t now);

struct PushUpdate {
    std::optional<std::int64_t> expires_at;
    std::optional<std::optional<std::vector<std::string>>> types;
    bool verified = false;  // true: from now on
};
// false: there is none with this id. Announces the account.
Operation<bool> update_push_subscription(AccountId account, std::string id, PushUpdate update);
Operation<bool> remove_push_subscription(AccountId account, std::string id);

// Our key (RFC 8292), PEM: the one that is kept, or else `fresh`, which is kept from now on.
Operation<std::string> keep_push_key(std::string fresh);
Query<std::optional<std::string>> find_push_key();

// What of an account is told by a push, from which states are made.
struct PushFacts {
    ModSeq modseq;               // of all changes
    std::uint64_t arrivals = 0;  // raised when a message comes to the INBOX or another mailbox without special use
};
// Refuses no_such_account.
Query<PushFacts> push_facts(AccountId account);

}  // namespace storage
