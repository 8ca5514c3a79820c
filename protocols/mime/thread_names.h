// By what messages of one conversation find each other. RFC 8621 §3; RFC 5256 §2.1 (base subject), §3 (references).
#pragma once

#include <string>
#include <vector>

#include "protocols/mime/summary.h"

namespace mime {

// One name for each message id that the message has or refers to: the id together with the folded base subject, so that
// a reply under another subject begins another conversation. Two messages belong together where they share a name. The
// message's own id is first; of what it refers to, the first id of In-Reply-To, the first of References and the last
// ones of these count. None where it has no ids.
std::vector<std::string> thread_names(const Summary& summary);

}  // namespace mime
