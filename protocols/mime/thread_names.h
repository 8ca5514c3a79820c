// The names by which messages are put into threads. RFC 8621 §3; RFC 5256 §2.1 (base subject), §3 (references).
#pragma once

#include <string>
#include <vector>

#include "protocols/mime/summary.h"

namespace mime {

// One name for each message id that the message has or refers to: the id with the folded base subject, so that a reply
// under another subject starts another thread. Two messages that share a name are in one thread. The message's own id
// is first; then the first id of In-Reply-To, the first of References and the last few. Empty if there are no ids.
std::vector<std::string> thread_names(const Summary& summary);

}  // namespace mime
