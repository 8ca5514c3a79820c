// Chooses the metadata entries for GETMETADATA. RFC 5464 §4.2.1 (MAXSIZE), §4.2.2 (DEPTH). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/response/response.h"
#include "storage/metadata.h"

namespace imap {

struct MetadataQuestion {
    std::vector<std::string> names;
    wire::GetMetadata::Depth depth = wire::GetMetadata::Depth::zero;
    std::optional<std::uint32_t> max_size;
};

struct MetadataAnswer {
    std::vector<wire::MetadataValue> values;  // views the question and the entries
    std::uint64_t longest_left_out = 0;       // octets; 0: none was left out (LONGENTRIES)
};

// In the requested order, none twice. A name without a value is answered NIL, unless a depth was requested.
MetadataAnswer answer_metadata(const MetadataQuestion& question, const std::vector<storage::MetadataEntry>& entries);

}  // namespace imap
