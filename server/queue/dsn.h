// What a delivery status notification says. RFC 3461 §5 and §6, RFC 3464. Pure: mime/compose.h writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/compose.h"
#include "storage/queue.h"

namespace server::queue {

enum class NoticeKind : std::uint8_t {
    failed,   // will not be delivered
    delayed,  // is tried again
    relayed,  // handed to a server that gives no success notices (RFC 3461 §5.2.2)
};

// A recipient a notice is about, and what the other server said.
struct Reported {
    storage::QueueRecipient recipient;
    std::string reply;   // one line
    std::string status;  // enhanced status code
    std::string remote;  // host name, or empty
};

// Whether the sender wants to hear of this (RFC 3461 §4.1): failures and delays unless it said otherwise.
bool wants_notice(NoticeKind kind, const storage::QueueRecipient& recipient);

struct NoticeFacts {
    std::string hostname;    // ours: Reporting-MTA, and of MAILER-DAEMON's address
    std::string message_id;  // of the notice, without brackets
    std::int64_t now = 0;
    std::int64_t retry_until = 0;  // kind delayed
};

// The report on these recipients of the message, to its reverse-path, which is not empty.
mime::DeliveryReport make_report(NoticeKind kind, const storage::QueueMessage& message,
                                 const std::vector<Reported>& recipients, const NoticeFacts& facts);

}  // namespace server::queue
