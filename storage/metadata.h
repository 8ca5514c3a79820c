// Metadata: named values that clients store for a mailbox or for the server (RFC 5464 §3).
// Entry names are paths that begin with /private or /shared; their case does not matter (§3.2). Values are any octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

struct MetadataEntry {
    std::string name;  // as written when created
    std::string value;
};

// The mailbox's entries, or the server's for mailbox 0, that this account may see: its own /private and all /shared
// ones. By name. Needs the same rights as setting them; refuses no_such_mailbox, not_permitted.
Query<std::vector<MetadataEntry>> list_metadata(AccountId account, MailboxId mailbox);

struct MetadataChange {
    std::string name;
    std::optional<std::string> value;  // empty: removes the entry
};
inline constexpr std::uint64_t octets_per_metadata_entry = 256;  // what one costs beside its name and value
struct MetadataLimits {
    std::size_t entries = 100;               // of one account for one mailbox, or for the server
    std::uint64_t account_octets = 4 << 20;  // of all names and values of one account, and octets_per_metadata_entry
};
// All or none. Needs `lookup` and one of `read`, `keep_seen`, `write`, `insert`, `post` (RFC 5464 §3.3). Shared entries
// count for the mailbox's owner. Refuses no_such_mailbox, too_many, not_permitted (also for shared entries of the
// server, which only the administrator sets).
Operation<std::monostate> set_metadata(AccountId account, MailboxId mailbox, std::vector<MetadataChange> changes,
                                       MetadataLimits limits);

}  // namespace storage
