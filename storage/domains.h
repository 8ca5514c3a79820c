// Domains that are ours, and aliases: who gets what is sent to an address here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

// Names are U-labels in UTF-8, lower case. The first domain added is the default domain (server/README.md "Identity").
Operation<std::monostate> add_domain(std::string name, std::int64_t now);  // already_exists, invalid_name
Operation<std::monostate> remove_domain(std::string name);                 // no_such_domain, in_use (has accounts)
Query<std::vector<std::string>> list_domains();
Query<std::string> default_domain();  // refuses no_such_domain when there is none

struct Alias {
    std::string name;  // "local@domain", or "@domain" for a catch-all
    std::vector<std::string> targets;
};
// Adds targets to the alias, making it if need be. Refuses no_such_domain, already_exists (an account of that name).
Operation<std::monostate> add_alias(std::string name, std::vector<std::string> targets);
Operation<std::monostate> remove_alias(std::string name, std::vector<std::string> targets);  // none: all of them
Query<std::vector<Alias>> list_aliases();

// Where mail for an address of ours goes: accounts here, addresses elsewhere. Aliases are followed to a depth of 10,
// each target once; loops end. "+detail" (RFC 5233) is tried after the full local part.
struct ResolvedRecipient {
    struct Local {
        AccountId account;
        MailboxId inbox;
        std::string account_name;
        std::string detail;                          // behind "+", or empty
        std::optional<std::uint64_t> room_octets{};  // what its quota still takes: 0 when it is full; empty: any
        // As far as the quota was known then; accept_message has the last word.
        bool takes(std::uint64_t octets) const { return !room_octets || (*room_octets > 0 && octets <= *room_octets); }
    };
    std::vector<Local> local;
    std::vector<std::string> remote;
    std::vector<std::string> missing;  // addresses of ours that an alias leads to and nobody has
};
// Refuses no_such_domain when the domain is not ours (relay), no_such_account when nobody here has that address.
Query<ResolvedRecipient> resolve_recipient(std::string address);

// True if the account may use this address as sender: its name, its name with "+detail", an alias that leads to it.
Query<bool> may_send_as(AccountId account, std::string address);

}  // namespace storage
