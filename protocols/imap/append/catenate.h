// Octets of stored messages, found by URL. RFC 4469 §3: the same as from FETCH of BODY[section], without setting \Seen.
// Runs on the store's reader threads.
#pragma once

#include <cstddef>
#include <string>

#include "protocols/imap/wire/parse/message_url.h"
#include "protocols/mime/part.h"
#include "storage/messages.h"

namespace imap {

struct CatenatedPart {
    bool loaded = false;
    std::string octets;  // if loaded
    storage::MailboxId mailbox;
    storage::BlobId blob;  // else a range of this content, to be read in pieces
    mime::OctetRange range;
    std::uint64_t size() const { return loaded ? octets.size() : range.size; }
};

struct CatenateLimits {
    std::size_t chunk_octets = 0;   // a larger part is not loaded
    std::size_t header_octets = 0;  // of a header section: only so much is searched for fields
};

// Needs `read`; for Store::read_long, since it may have to read the whole message. Refuses no_such_mailbox,
// not_permitted, no_such_message (also if UIDVALIDITY differs, or the message has no such part).
storage::Query<CatenatedPart> find_catenated_part(storage::AccountId account, wire::MessageUrl url,
                                                  CatenateLimits limits);

}  // namespace imap
