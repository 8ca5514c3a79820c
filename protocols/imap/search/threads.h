// Threads of messages: ORDEREDSUBJECT and REFERENCES. RFC 5256 §3. Pure; what is known of each message comes from
// thread_table.h. Time is n log n in messages and references, and nothing recurses, however deep threads are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "protocols/base/slices.h"
#include "protocols/imap/wire/response/response.h"

namespace imap {

// What threading needs of a message. Texts are numbers: equal ones have the same.
struct ThreadMessage {
    static constexpr std::uint32_t no_id = UINT32_MAX;

    std::uint32_t uid = 0;
    std::int64_t sent_date = 0;  // RFC 5256 §2.2
    std::uint32_t subject = 0;   // its base subject; 0 is the empty one
    bool is_reply_or_forward = false;
    std::uint32_t id = no_id;          // its message id; no_id: it has none that is valid
    std::uint32_t references_end = 0;  // in the list of all references; they begin where the message's before end
};

// What threading holds of each message and each id, besides what it is given and what it writes; octets.
inline constexpr std::size_t threading_octets = 56;

// Messages in ascending order of UIDs; numbers in the result are UIDs. In slices that take a few milliseconds; what is
// given outlives them.
base::Slices thread_by_subject(std::span<const ThreadMessage> messages, std::vector<wire::ThreadNode>& threads);

// Ids are below id_count, in messages as in references.
base::Slices thread_by_references(std::span<const ThreadMessage> messages, std::span<const std::uint32_t> references,
                                  std::uint32_t id_count, std::vector<wire::ThreadNode>& threads);

}  // namespace imap
