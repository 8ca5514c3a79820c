// Reading and choosing entries of metadata. RFC 5464 §3.2 (names ignore case), §4.2.
// Requested names are answered as the client wrote them, names found below them as they were created. Too long values
// are left out and counted.
#include "protocols/imap/mailbox/metadata_entries.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "protocols/base/text.h"

namespace imap {
namespace {

using Depth = wire::GetMetadata::Depth;

// By their names, in lower case: who is below one of them is behind it.
using EntriesByName = std::map<std::string, const storage::MetadataEntry*>;

bool is_direct_inferior(std::string_view name, std::size_t superior_octets) {
    return name.find('/', superior_octets + 1) == std::string_view::npos;
}

constexpr std::size_t octets_of_a_row = 160;  // in the tables that answer_metadata makes

// With the copy of its name by which it is found.
std::size_t octets_of(const storage::MetadataEntry& entry) {
    return sizeof entry + octets_of_a_row + 2 * entry.name.capacity() + entry.value.capacity();
}

}  // namespace

// Counted as soon as they are there: no more of these are unaccounted than the store has readers.
storage::Query<HeldMetadata> hold_metadata(storage::AccountId account, storage::MailboxId mailbox,
                                           std::size_t answer_octets, std::shared_ptr<net::Allowance> allowance) {
    return [=](storage::Snapshot& snapshot) -> storage::Result<HeldMetadata> {
        storage::Result<std::vector<storage::MetadataEntry>> entries =
            storage::list_metadata(account, mailbox)(snapshot);
        if (!entries) return std::unexpected(std::move(entries.error()));
        HeldMetadata held{*std::move(entries), answer_octets, net::Hold(net::Resource::memory, allowance)};
        for (const storage::MetadataEntry& entry : held.entries) held.octets += octets_of(entry);
        if (held.memory.set(held.octets)) return held;
        return storage::refuse(storage::Reason::too_many, "your account is doing too much at once: try again later");
    };
}

std::size_t octets_to_answer(const std::vector<std::string>& names) {
    std::size_t octets = 0;
    for (const std::string& name : names)
        octets += octets_of_a_row + 2 * name.capacity();  // as asked, and in lower case
    return octets;
}

MetadataAnswer answer_metadata(const MetadataQuestion& question, const std::vector<storage::MetadataEntry>& entries) {
    EntriesByName by_name;
    for (const storage::MetadataEntry& entry : entries) by_name.emplace(base::lower(entry.name), &entry);
    MetadataAnswer answer;
    std::set<const storage::MetadataEntry*> told;
    const auto tell = [&](std::string_view name, const storage::MetadataEntry& entry) {
        if (!told.insert(&entry).second) return;
        if (question.max_size && entry.value.size() > *question.max_size) {
            answer.longest_left_out = std::max<std::uint64_t>(answer.longest_left_out, entry.value.size());
        } else {
            answer.values.push_back({name, entry.value});
        }
    };
    std::set<std::string> asked;
    for (const std::string& name : question.names) {
        std::string folded = base::lower(name);
        if (!asked.insert(folded).second) continue;
        const auto exact = by_name.find(folded);
        if (exact != by_name.end()) tell(name, *exact->second);
        if (question.depth == Depth::zero) {
            if (exact == by_name.end()) answer.values.push_back({name, std::nullopt});
            continue;
        }
        folded += '/';
        for (auto below = by_name.lower_bound(folded); below != by_name.end(); ++below) {
            if (!below->first.starts_with(folded)) break;
            const bool meant = question.depth == Depth::infinity || is_direct_inferior(below->first, name.size());
            if (meant) tell(below->second->name, *below->second);
        }
    }
    return answer;
}

}  // namespace imap
