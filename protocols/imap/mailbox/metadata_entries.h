// Which entries of metadata answer a question. RFC 5464 §4.2.1 (MAXSIZE), §4.2.2 (DEPTH). Pure.
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
    std::vector<wire::MetadataValue> values;  // views what was asked and what there is
    std::uint64_t longest_left_out = 0;       // octets; 0: nothing was (LONGENTRIES)
};

// In the order asked, none twice. A name without a value is answered NIL, but where those below it were asked for too.
MetadataAnswer answer_metadata(const MetadataQuestion& question, const std::vector<storage::MetadataEntry>& entries);

}  // namespace imap
