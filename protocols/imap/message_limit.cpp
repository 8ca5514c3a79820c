// MESSAGELIMIT: how many messages one command works on. RFC 9738 §3.
// The newest are dealt with; the answer says how far that came, and the client goes on below. COPY is all or nothing,
// and so refused as a whole.
#include <algorithm>

#include "protocols/imap/search_answer.h"
#include "protocols/imap/session.h"

namespace imap {

bool Session::limit_messages(storage::UidSet& targets) {
    const std::uint32_t most = options_.message_limit;
    const MessageNumbers& numbers = selected_->numbers();
    if (most == 0 || numbers.size() <= most || numbers.count_in(targets) <= most) return false;
    limited_to_ = keep_newest(targets, most, numbers);
    return true;
}

std::string Session::limit_code() const {
    return "MESSAGELIMIT " + std::to_string(options_.message_limit) + " " + std::to_string(limited_to_->value);
}

}  // namespace imap
