// Reads and chooses the metadata entries for GETMETADATA. RFC 5464 §4.2.1 (MAXSIZE), §4.2.2 (DEPTH).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/response/response.h"
#include "protocols/net/allowance.h"
#include "storage/metadata.h"

namespace imap {

struct MetadataQuestion {
    std::vector<std::string> names;
    wire::GetMetadata::Depth depth = wire::GetMetadata::Depth::zero;
    std::optional<std::uint32_t> max_size;
};

// What a session may see of one mailbox or of the server, from one snapshot.
struct HeldMetadata {
    std::vector<storage::MetadataEntry> entries;
    std::size_t octets = 0;                   // they take, and the answer that is made of them
    net::Hold memory{net::Resource::memory};  // for these
};
// Beside the entries, the answer takes so many octets. They count as the memory of the allowance's connection: refuses
// too_many if that is not to be had.
storage::Query<HeldMetadata> hold_metadata(storage::AccountId account, storage::MailboxId mailbox,
                                           std::size_t answer_octets, std::shared_ptr<net::Allowance> allowance);
// What the answer to these names takes beside the entries.
std::size_t octets_to_answer(const std::vector<std::string>& names);

struct MetadataAnswer {
    std::vector<wire::MetadataValue> values;  // views the question and the entries
    std::uint64_t longest_left_out = 0;       // octets; 0: none was left out (LONGENTRIES)
};

// In the requested order, none twice. A name without a value is answered NIL, unless a depth was requested.
MetadataAnswer answer_metadata(const MetadataQuestion& question, const std::vector<storage::MetadataEntry>& entries);

}  // namespace imap
