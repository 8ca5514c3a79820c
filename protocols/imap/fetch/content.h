// What FETCH reads of the store: rows, summaries, and the octets of sections, a bounded batch at a time in one
// snapshot. RFC 3501 §6.4.5 (sections, partial), RFC 3516 (BINARY). Runs on the store's reader threads and knows no
// session. What follows from the row and the summary alone is put into words there and then, straight from the
// database's own memory. Content too large for a batch is left to the session, which streams it (fetch/fetcher.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/imap/wire/command.h"
#include "protocols/mime/summary_view.h"
#include "protocols/mime/transfer_encoding.h"
#include "storage/messages.h"

namespace imap {

// Where the octets of an item come from.
struct ContentSource {
    enum class Kind : std::uint8_t {
        nothing,           // no such part: NIL
        stored,            // the octets of range, as they are
        header_fields,     // of the header section at range, some fields
        decoded,           // of the body at range, the transfer encoding undone
        unknown_encoding,  // it cannot be undone (UNKNOWN-CTE)
    };
    Kind kind = Kind::nothing;
    mime::OctetRange range;  // in the stored message; for `stored`, the partial is applied already
    mime::TransferEncoding encoding = mime::TransferEncoding::identity;
};
ContentSource find_content_source(const wire::FetchItem& item, const mime::SummaryView& summary);

// <offset.count> of something that has `size` octets; past the end it is empty (CLIENTS.md 7).
mime::OctetRange clip(std::uint64_t size, const std::optional<wire::Partial>& partial);

// One content item of one message.
struct FetchedContent {
    ContentSource source;
    bool loaded = false;     // octets and size are there; else the session streams it
    std::string octets;      // what is to be sent
    std::uint64_t size = 0;  // of all that BINARY.SIZE asks for
};
struct FetchedMessage {
    storage::Uid uid;
    storage::Flags flags;
    storage::ModSeq modseq;
    storage::BlobId blob;
    std::vector<FetchedContent> contents;  // one for each step that needs some
};

// Items that are answered one behind the other, and how.
struct FetchStep {
    enum class How : std::uint8_t {
        rendered,  // by the reader, who needs no session for it
        flags,
        mod_seq,  // setting \Seen changes it
        content,  // octets of the message
    };
    How how = How::rendered;
    bool of_list_fields = false;         // content that summaries hold, as a rule
    std::vector<wire::FetchItem> items;  // several only where they are rendered
};

struct FetchPlan {
    FetchPlan(storage::MailboxId mailbox, const std::vector<wire::FetchItem>& items);

    storage::MailboxId mailbox;
    std::vector<FetchStep> steps;
    std::size_t rendered_steps = 0;
    bool with_summary = false;
    bool with_sound_summary = false;  // one that this version cannot read is made anew
    bool with_whole_summary = false;  // one that limits have cut is made anew
    bool light = true;                // rows and summaries say all, as a rule
    bool utf8 = false;                // as FetchWriter has it
    storage::ModSeq changed_since;
    std::size_t batch_messages = 0;
    std::size_t batch_octets = 0;
    std::size_t chunk_octets = 0;   // a section above this is streamed
    std::size_t header_octets = 0;  // looked at of a header section for its fields
};

struct FetchBatch {
    std::vector<FetchedMessage> messages;  // ascending UID
    std::string rendered;                  // of all messages, step by step
    std::vector<std::size_t> ends;         // of each message's rendered steps in it
    storage::Uid done;                     // all targets up to here are in it, or do not exist

    std::string_view rendered_step(std::size_t number) const {
        const std::size_t begin = number == 0 ? 0 : ends[number - 1];
        return std::string_view(rendered).substr(begin, ends[number] - begin);
    }
};
storage::Query<FetchBatch> read_fetch_batch(std::shared_ptr<const FetchPlan> plan, storage::UidSet targets);

}  // namespace imap
