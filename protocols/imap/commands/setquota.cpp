// SETQUOTA. RFC 9208 §4.1.3.
// Quotas are the administrator's to set, at the command line, and no administrator logs in here: always refused.
// QUOTASET is not announced, and clients that try all the same learn why.
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::SetQuota /*command*/) {
    answer_no("Quotas are set by the administrator", "NOPERM");
    co_return;
}

}  // namespace imap
