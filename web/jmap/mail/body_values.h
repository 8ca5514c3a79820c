// The text of a part: EmailBodyValue, RFC 8621 §4.1.4. Pure: the caller supplies the octets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "protocols/mime/readable_summary.h"
#include "web/jmap/mail/body_parts.h"
#include "web/jmap/wire/i_json.h"

namespace jmap {

// The value in at most `most` octets of UTF-8.
Json body_value(const BodyPart& part, const mime::ReadOctets& read, std::size_t most);

// The size of the part's content after its transfer encoding is decoded.
std::uint64_t decoded_size(const BodyPart& part, const mime::ReadOctets& read);

// Shows the decoded content in pieces, until `take` returns false.
void read_decoded(const BodyPart& part, const mime::ReadOctets& read,
                  const std::function<bool(std::string_view)>& take);

}  // namespace jmap
