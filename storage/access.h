// Who reaches which mailbox with what rights, for storage/*.cpp only: inside a query or operation.
// RFC 4314 §2 (how entries combine), §6 (what may not be seen is not there); RFC 2342 §2 (other users' namespace).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/result.h"
#include "storage/rights.h"
#include "storage/types.h"

namespace storage {

// Stands for everybody where entries of rights name an account (RFC 4314 §2).
inline constexpr AccountId anyone{};

// Where a name leads that an account uses: whose mailbox that is or would be, and its name there.
struct NamedMailbox {
    AccountId owner;
    std::string name;
};
// Nothing for names of no one: "Other Users" itself, unknown accounts, the account itself among the others.
std::optional<NamedMailbox> mailbox_named_by(engine::Connection& connection, AccountId actor, const std::string& name);

// Why nothing is found under a name: there is nothing (no_such_mailbox), or never can be (invalid_name).
std::unexpected<Refusal> no_such_mailbox(const std::string& name);

// The rights of `actor` on a mailbox of `owner`: what its own entry and "anyone" give (an owner without an entry has
// all), less what their negative entries take; an owner keeps right::of_owner.
Rights rights_on(engine::Connection& connection, AccountId actor, AccountId owner, MailboxId mailbox);

// All mailboxes of which `actor` has rights by some entry, its own ones among them.
std::unordered_map<MailboxId, Rights> rights_by_entries(engine::Connection& connection, AccountId actor);

// Refuses what these rights do not allow: not_permitted where the mailbox may be seen, else no_such_mailbox.
// `needed` 0: any right that shows that it is there.
Result<std::monostate> check_rights(Rights rights, Rights needed);
Result<std::monostate> check_rights(engine::Connection& connection, AccountId actor, AccountId owner, MailboxId mailbox,
                                    Rights needed);
// The same in an operation, and what rights there are; the house itself has all. Refuses no_such_mailbox also where
// there is none.
Result<Rights> check_rights(engine::Batch& batch, const Actor& actor, MailboxId mailbox, Rights needed);

// What is left of flags that one wants to set, where these are one's rights (RFC 4314 §4).
NamedFlags allowed_flags(const NamedFlags& flags, Rights rights);

// A mailbox made below `superior` begins with its rights (RFC 4314 §4).
void inherit_rights(engine::Connection& connection, MailboxId mailbox, MailboxId superior);

}  // namespace storage
