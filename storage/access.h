// Who may access which mailbox with what rights. For storage/*.cpp only: inside a query or operation. RFC 4314 §2 (how
// entries combine), §6 (a mailbox that may not be seen does not exist); RFC 2342 §2 (other users).
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

// The account number that means "anyone" in entries of rights (RFC 4314 §2).
inline constexpr AccountId anyone{};

// What a mailbox name means for the account that uses it: the owner, and the mailbox's name there.
struct NamedMailbox {
    AccountId owner;
    std::string name;
};
// nullopt for names that belong to no account: "Other Users" itself, unknown accounts, one's own account below it.
std::optional<NamedMailbox> mailbox_named_by(engine::Connection& connection, AccountId actor, const std::string& name);

// The refusal for a name under which nothing is found: no_such_mailbox, or invalid_name if none can ever exist.
std::unexpected<Refusal> no_such_mailbox(const std::string& name);

// The rights of `actor` on a mailbox of `owner`: those of its own entry and of "anyone" (an owner without an entry has
// all), without those of negative entries; an owner always keeps right::of_owner.
Rights rights_on(engine::Connection& connection, AccountId actor, AccountId owner, MailboxId mailbox);

// All mailboxes on which some entry gives `actor` rights, its own ones among them.
std::unordered_map<MailboxId, Rights> rights_by_entries(engine::Connection& connection, AccountId actor);

// Refuses if these rights do not include `needed`: not_permitted if the mailbox may be seen, else no_such_mailbox.
// `needed` 0: any right that lets it be seen.
Result<std::monostate> check_rights(Rights rights, Rights needed);
Result<std::monostate> check_rights(engine::Connection& connection, AccountId actor, AccountId owner, MailboxId mailbox,
                                    Rights needed);
// The same in an operation; returns the actor's rights. The server itself has all. Also refuses no_such_mailbox if the
// mailbox does not exist.
Result<Rights> check_rights(engine::Batch& batch, const Access& access, Rights needed);
// The same for reading messages in a query. Who may not read is told no more than of a mailbox that is gone: a session
// that has it selected treats both alike.
Result<std::monostate> check_reading(engine::Connection& connection, const Access& access);
std::unexpected<Refusal> not_readable();

// The flags that may be set with these rights, out of `flags` (RFC 4314 §4).
NamedFlags allowed_flags(const NamedFlags& flags, Rights rights);

// A mailbox created below `superior` starts with its rights (RFC 4314 §4). True if there are any in its list.
bool inherit_rights(engine::Connection& connection, MailboxId mailbox, MailboxId superior);

// Refuses too_many if the account shares more mailboxes with others than it may. Call it after sharing one.
Result<std::monostate> check_shares(engine::Connection& connection, AccountId owner);

}  // namespace storage
