// What a delivery status notification says. RFC 3461 §5 and §6, RFC 3464. Pure: mime/compose.h writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/compose.h"
#include "storage/queue.h"

namespace server::delivery {

enum class NoticeKind : std::uint8_t {
    failed,     // will not be delivered
    delayed,    // is tried again
    relayed,    // handed to a server that gives no success notices (RFC 3461 §5.2.2)
    delivered,  // lies in the recipient's mailbox here (RFC 3461 §5.2.3)
    expanded,   // sent on to the several addresses of an alias, without more success notices (RFC 3461 §5.2.7.3)
};

// A message that a notice tells of.
struct ReportedMessage {
    std::string reverse_path;
    std::string envelope_id;  // ENVID
    storage::DsnReturn dsn_return = storage::DsnReturn::unspecified;
    bool smtputf8 = false;
    std::string session;  // that received it
    std::int64_t arrived_at = 0;
    std::uint64_t size_octets = 0;
    std::optional<storage::BlobId> blob;  // its content; or, while it is not stored yet,
    std::string header_section;           // the beginning of it
};

// A recipient a notice is about, and what became of the message there.
struct Reported {
    std::string forward_path;
    std::string original_recipient;  // ORCPT
    std::uint8_t notify = 0;         // storage::dsn_notify bits
    std::string reply;               // what people are told: of the other server, or our words; one line
    std::string status;              // enhanced status code
    std::string remote;              // the other server's host name, or empty
    std::string said;                // what that server replied, word for word on one line; empty: nothing
};

// Whether the sender wants to hear of this (RFC 3461 §4.1): failures and delays unless it said otherwise, success only
// if it said so.
bool wants_notice(NoticeKind kind, std::uint8_t notify);

struct NoticeFacts {
    std::string hostname;    // ours: Reporting-MTA, and of MAILER-DAEMON's address
    std::string message_id;  // of the notice, without brackets
    std::int64_t now = 0;
    std::int64_t retry_until = 0;  // kind delayed
};

// The report on these recipients of the message, to its reverse-path, which is not empty.
mime::DeliveryReport make_report(NoticeKind kind, const ReportedMessage& message,
                                 const std::vector<Reported>& recipients, const NoticeFacts& facts);

}  // namespace server::delivery
