// Choosing entries of metadata. RFC 5464 §3.2 (names ignore case), §4.2.
// Requested names are answered as the client wrote them, names found below them as they were created. Too long values
// are left out and counted.
#include "protocols/imap/mailbox/metadata_entries.h"

#include <algorithm>

#include "protocols/base/text.h"

namespace imap {
namespace {

using Depth = wire::GetMetadata::Depth;

bool is_below(std::string_view name, std::string_view superior, Depth depth) {
    if (depth == Depth::zero || name.size() <= superior.size() || name[superior.size()] != '/') return false;
    if (!base::istarts_with(name, superior)) return false;
    return depth == Depth::infinity || name.find('/', superior.size() + 1) == std::string_view::npos;
}

}  // namespace

MetadataAnswer answer_metadata(const MetadataQuestion& question, const std::vector<storage::MetadataEntry>& entries) {
    MetadataAnswer answer;
    const auto tell = [&](std::string_view name, const std::string& value) {
        if (question.max_size && value.size() > *question.max_size) {
            answer.longest_left_out = std::max<std::uint64_t>(answer.longest_left_out, value.size());
            return;
        }
        const auto is_told = [&](const wire::MetadataValue& told) { return base::iequals(told.name, name); };
        if (std::ranges::none_of(answer.values, is_told)) answer.values.push_back({name, value});
    };
    for (const std::string& name : question.names) {
        bool exists = false;
        for (const storage::MetadataEntry& entry : entries) {
            if (base::iequals(entry.name, name)) {
                exists = true;
                tell(name, entry.value);
            } else if (is_below(entry.name, name, question.depth)) {
                tell(entry.name, entry.value);
            }
        }
        if (!exists && question.depth == Depth::zero) answer.values.push_back({name, std::nullopt});
    }
    return answer;
}

}  // namespace imap
