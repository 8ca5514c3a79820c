// The summary to read of a message at hand: the stored one, or one made anew from the message's text where the stored
// one is of another version, or was cut by the limits of delivery (Defects::cut). Answers then come from the text (RFC
// 9051 §6.4.4, §7.5.2). Where the octets come from is the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "protocols/mime/part.h"

namespace mime {

// Octets of the message from offset on: at most length of them, and fewer as the source likes, but none only at its
// end. The view lives until the next call.
using ReadOctets = std::function<std::string_view(std::uint64_t offset, std::uint64_t length)>;

// What is kept of one message that is read anew: enough for all but the maddest, in mebibytes of memory and not in tens
// of them, so that an answer about its parts and addresses stays small. What meets these is still marked.
ParseLimits generous_limits();

// Whether the stored summary alone is not enough.
bool needs_text(std::string_view stored);

// `stored`, or what it became in `anew`. Reads the whole message where it must: memory stays bounded, time is linear.
std::string_view readable_summary(std::string_view stored, const ReadOctets& read, std::string& anew);

}  // namespace mime
