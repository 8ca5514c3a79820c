// What FETCH reads of the store: rows, summaries, and the octets of sections, a bounded batch at a time in one
// snapshot. RFC 3501 §6.4.5 (sections, partial), RFC 3516 (BINARY). Runs on the store's reader threads and knows no
// session. Content too large for a batch is left to the session, which streams it (fetch.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocols/imap/wire/command.h"
#include "protocols/mime/summary_view.h"
#include "protocols/mime/transfer_encoding.h"
#include "storage/messages.h"

namespace imap {

// Where an item's octets come from.
struct ContentPlace {
    enum class Source : std::uint8_t {
        nothing,           // no such part: NIL
        stored,            // the octets of range, as they are
        header_fields,     // of the header section at range, some fields
        decoded,           // of the body at range, the transfer encoding undone
        unknown_encoding,  // it cannot be undone (UNKNOWN-CTE)
    };
    Source source = Source::nothing;
    mime::OctetRange range;  // in the stored message; for `stored`, the partial is applied already
    mime::TransferEncoding encoding = mime::TransferEncoding::identity;
};
ContentPlace place_content(const wire::FetchItem& item, const mime::SummaryView& summary);

// <offset.count> of something that has `size` octets; past the end it is empty (CLIENTS.md 7).
mime::OctetRange clip(std::uint64_t size, const std::optional<wire::Partial>& partial);

// One content item of one message.
struct FetchedContent {
    ContentPlace place;
    bool loaded = false;     // octets and size are there; else the session streams it
    std::string octets;      // what is to be sent
    std::uint64_t size = 0;  // of all that BINARY.SIZE asks for
};
struct FetchedMessage {
    storage::Message row;
    std::vector<FetchedContent> contents;  // in the order of FetchPlan::contents
};

struct FetchPlan {
    storage::MailboxId mailbox;
    std::vector<wire::FetchItem> contents;  // the items that need octets of the message
    bool with_summary = false;
    bool with_sound_summary = false;  // one that this version cannot read is made anew
    storage::ModSeq changed_since;
    std::size_t batch_messages = 0;
    std::size_t batch_octets = 0;
    std::size_t chunk_octets = 0;   // a section above this is streamed
    std::size_t header_octets = 0;  // looked at of a header section for its fields
};

struct FetchBatch {
    std::vector<FetchedMessage> messages;  // ascending UID
    storage::Uid done;                     // all targets up to here are in it, or do not exist
};
storage::Query<FetchBatch> read_fetch_batch(std::shared_ptr<const FetchPlan> plan, storage::UidSet targets);

}  // namespace imap
