// Octets of messages that are in the store already, found by their URL. RFC 4469 §3: as a FETCH of BODY[section] would
// give them, without setting \Seen. Runs on the store's reader threads and knows no session.
#pragma once

#include <cstddef>
#include <string>

#include "protocols/imap/wire/parse/message_url.h"
#include "protocols/mime/part.h"
#include "storage/messages.h"

namespace imap {

struct CatenatedPart {
    bool loaded = false;
    std::string octets;    // where loaded
    storage::BlobId blob;  // else these of its octets, to be read in pieces
    mime::OctetRange range;
    std::uint64_t size() const { return loaded ? octets.size() : range.size; }
};

struct CatenateLimits {
    std::size_t chunk_octets = 0;   // a part above this is not loaded
    std::size_t header_octets = 0;  // looked at of a header section for its fields
};

// Needs `read`. Refuses no_such_mailbox, not_permitted, no_such_message (also where UIDVALIDITY is another, or the
// message has no such part).
storage::Query<CatenatedPart> find_catenated_part(storage::AccountId account, wire::MessageUrl url,
                                                  CatenateLimits limits);

}  // namespace imap
