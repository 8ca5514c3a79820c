// What FETCH reads from the store: rows, summaries, and octets of sections, in bounded batches of one snapshot each.
// RFC 3501 §6.4.5 (sections, partial), RFC 3516 (BINARY). Runs on the store's reader threads. Items that need only row
// and summary are written right there, directly from the database's memory. Content too large for a batch is streamed
// by the session (fetch/fetcher.h).
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
        stored,            // the octets of range, unchanged
        header_fields,     // some fields of the header section at range
        decoded,           // the body at range, transfer encoding decoded
        unknown_encoding,  // it cannot be decoded (UNKNOWN-CTE)
    };
    Kind kind = Kind::nothing;
    mime::OctetRange range;  // in the stored message; for `stored`, the partial is applied already
    mime::TransferEncoding encoding = mime::TransferEncoding::identity;
};
ContentSource find_content_source(const wire::FetchItem& item, const mime::SummaryView& summary);

// <offset.count> of something with `size` octets; empty if beyond the end (CLIENTS.md 7).
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
    std::vector<FetchedContent> contents;  // one for each step that needs content
};

// Consecutive items that are answered in the same way.
struct FetchStep {
    enum class How : std::uint8_t {
        rendered,  // written by the reader, which needs no session for it
        flags,
        mod_seq,  // known only after setting \Seen
        content,  // octets of the message
    };
    How how = How::rendered;
    bool of_list_fields = false;         // content that is usually in summaries
    std::vector<wire::FetchItem> items;  // several only if they are rendered
};

struct FetchPlan {
    FetchPlan(storage::Access access, const std::vector<wire::FetchItem>& items);

    storage::Access access;
    std::vector<FetchStep> steps;
    std::size_t rendered_steps = 0;
    bool with_summary = false;
    bool with_ids = false;
    bool with_sound_summary = false;  // make a summary again if this version cannot read it
    bool with_whole_summary = false;  // make a summary again if limits have cut it
    bool light = true;                // rows and summaries are usually enough
    bool utf8 = false;                // as in FetchWriter
    storage::ModSeq changed_since;
    std::size_t batch_messages = 0;
    std::size_t batch_octets = 0;
    std::size_t chunk_octets = 0;   // larger sections are streamed
    std::size_t header_octets = 0;  // of a header section: only so much is searched for fields
};

struct FetchBatch {
    std::vector<FetchedMessage> messages;  // ascending UID
    std::string rendered;                  // of all messages, step by step
    std::vector<std::size_t> ends;         // the end of each message's rendered steps in it
    storage::Uid done;                     // all targets up to here are included, or do not exist
    bool stopped = false;                  // before a message whose summary has to be made again, which takes long

    std::string_view rendered_step(std::size_t number) const {
        const std::size_t begin = number == 0 ? 0 : ends[number - 1];
        return std::string_view(rendered).substr(begin, ends[number] - begin);
    }
};
// summaries_anew: if the first one has to be made again, that is done; for Store::read_long.
storage::Query<FetchBatch> read_fetch_batch(std::shared_ptr<const FetchPlan> plan, storage::UidSet targets,
                                            bool summaries_anew);

// The fields that the item names, of the header section there: what a batch had no room for.
storage::Query<std::string> read_header_fields(std::shared_ptr<const FetchPlan> plan, storage::BlobId blob,
                                               mime::OctetRange section, const wire::FetchItem& item);

}  // namespace imap
