// Our domains, and aliases: who receives mail for an address here.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
Query<bool> is_our_domain(std::string domain);  // however it is written
Query<std::string> default_domain();            // refuses no_such_domain when there is none

// What DMARC says of mail to the domain is enforced, or only observed; nullopt: as the config says. no_such_domain.
Operation<std::monostate> enforce_dmarc(std::string domain, std::optional<bool> enforced);
// Whether it is, of the domains for which that was said.
Query<std::map<std::string, bool>> dmarc_by_domain();

inline constexpr unsigned alias_depth = 10;  // so many aliases are followed, one after the other

struct Alias {
    std::string name;  // "local@domain", or "@domain" for a catch-all
    std::vector<std::string> targets;
};
// Adds targets to the alias, which is created if missing. Refuses no_such_domain, already_exists (as an account).
Operation<std::monostate> add_alias(std::string name, std::vector<std::string> targets);
Operation<std::monostate> remove_alias(std::string name, std::vector<std::string> targets);  // none: all of them
Query<std::vector<Alias>> list_aliases();

// The destinations of an address of ours: accounts here, addresses elsewhere. Aliases are followed to a depth of 10,
// each target once; loops end. What is deeper counts as missing. The full local part is tried before it is split at "+"
// (RFC 5233).
struct ResolvedRecipient {
    struct Local {
        AccountId account;
        MailboxId inbox;
        std::string account_name;
        std::string detail;                          // after "+", or empty
        std::optional<std::uint64_t> room_octets{};  // what fits in its quota: 0 if it is full; nullopt: no limit
        // By the quota as of that moment; accept_message makes the final check.
        bool takes(std::uint64_t octets) const { return !room_octets || (*room_octets > 0 && octets <= *room_octets); }
        friend bool operator==(const Local&, const Local&) = default;
    };
    std::vector<Local> local;
    std::vector<std::string> remote;
    std::vector<std::string> missing;  // targets of aliases at our domains that do not exist, or are too deep
    std::vector<std::string> lists{};  // mailing lists (lists.h), by name: their members are not followed here
    std::string name{};                // the account or alias that answers to the address: "+detail" makes no other
    // Whether at least one of them has room: one full member must not refuse a whole alias (the intake notifies the
    // sender about that member).
    bool takes(std::uint64_t octets) const;
    friend bool operator==(const ResolvedRecipient&, const ResolvedRecipient&) = default;
};
// Refuses no_such_domain if the domain is not ours (relay), no_such_account if the address does not exist here,
// too_many if its aliases lead to more than 10,000 addresses here. An alias that the caller knows already is not
// followed again: of it only the name is told.
using KnownAlias = std::function<bool(const std::string& name)>;  // called on a reader thread
Query<ResolvedRecipient> resolve_recipient(std::string address, KnownAlias known = {});

// True if the account may send from this address: its name, its name with "+detail", an alias that leads to it.
Query<bool> may_send_as(AccountId account, std::string address);

}  // namespace storage
