// Threads of messages: ORDEREDSUBJECT and REFERENCES. RFC 5256 §3. Pure; thread_table.h supplies the messages. Time is
// n log n in messages and references; no recursion, for any depth.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "protocols/base/slices.h"
#include "protocols/imap/wire/response/response.h"

namespace imap {

// What threading needs of a message. Texts are numbers: equal texts have the same number.
struct ThreadMessage {
    static constexpr std::uint32_t no_id = UINT32_MAX;

    std::uint32_t uid = 0;
    std::int64_t sent_date = 0;  // RFC 5256 §2.2
    std::uint32_t subject = 0;   // its base subject; 0 is the empty one
    bool is_reply_or_forward = false;
    std::uint32_t id = no_id;          // its message id; no_id: none, or not valid
    std::uint32_t references_end = 0;  // in the list of all references; they begin at the previous message's end
};

// Memory that threading uses per message and per id, besides input and output; octets.
inline constexpr std::size_t threading_octets = 56;

// Messages must ascend by UID; numbers in the result are UIDs. In slices of a few milliseconds; the arguments must
// outlive them.
base::Slices thread_by_subject(std::span<const ThreadMessage> messages, std::vector<wire::ThreadNode>& threads);

// All ids, of messages and references, are below id_count.
base::Slices thread_by_references(std::span<const ThreadMessage> messages, std::span<const std::uint32_t> references,
                                  std::uint32_t id_count, std::vector<wire::ThreadNode>& threads);

}  // namespace imap
