// Which failures say that the address is bad, for good: what is sent to it again can only fail again. RFC 3463 §3.2,
// §3.3. Pure.
#pragma once

#include <string_view>

namespace server::queue {

// By the enhanced status code of a permanent failure. What is said of the sender (5.1.7, 5.1.8), of this message (size,
// content), of a mailbox that is full, or of a policy (5.7.x) says nothing about the address, and neither does a reply
// without such a code: a bare 550 may be a policy, too (RFC 5321 §4.2.3).
bool says_address_is_bad(std::string_view status);

}  // namespace server::queue
