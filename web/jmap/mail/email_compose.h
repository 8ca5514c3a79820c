// A new message from an Email object: RFC 8621 §4.6. Pure: date, message id, randomness and the octets of blobs are
// passed in.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "protocols/mime/date_time.h"
#include "storage/types.h"
#include "web/jmap/wire/set.h"

namespace jmap {

struct ComposeMaterial {
    mime::DateTime now;
    std::string message_id;                    // "id@host", for a message without one
    std::string random;                        // for boundaries: at least 16 octets
    std::map<std::string, std::string> blobs;  // octets by blobId
};

// The blobs that the object refers to.
std::set<std::string> blob_ids_in(const Json& email);

// The message, CRLF line ends throughout; all that is wrong is told: invalidProperties, blobNotFound. What is no field
// of the message (mailboxIds, keywords, receivedAt) is not looked at.
std::expected<std::string, SetError> compose_email(const Json& email, const ComposeMaterial& material);

// "keywords" as flags; nullopt: that is not String[Boolean] with names that IMAP can have (§4.1.1).
std::optional<storage::NamedFlags> flags_of(const Json& keywords);

// A Date (RFC 8620 §1.4), with its zone.
std::optional<mime::DateTime> parse_date(std::string_view text);

}  // namespace jmap
