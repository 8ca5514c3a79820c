// The summary to answer from: the stored one, or a new one made from the message, if the stored one is of another
// version or was cut by the limits of delivery (Defects::cut). RFC 9051 §6.4.4, §7.5.2. The caller supplies the octets.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "protocols/mime/part.h"

namespace mime {

// Octets of the message from offset on: at most `length`, possibly fewer, none only at its end. The view is valid until
// the next call.
using ReadOctets = std::function<std::string_view(std::uint64_t offset, std::uint64_t length)>;

// Limits for a message that is parsed again: enough for all but absurd ones, and small enough that the summary takes a
// few mebibytes, not tens. A message that exceeds these is still marked as cut. Not in the config, but the most that
// its limits may be: whatever was in force at delivery, clients are told the same ENVELOPE and BODYSTRUCTURE for ever
// (RFC 9051 §2.3.1.1).
ParseLimits generous_limits();

// Whether the stored summary is not enough.
bool needs_text(std::string_view stored);

// `stored`, or the new summary, kept in `anew`. May read the whole message, in bounded memory and linear time.
std::string_view readable_summary(std::string_view stored, const ReadOctets& read, std::string& anew);

}  // namespace mime
