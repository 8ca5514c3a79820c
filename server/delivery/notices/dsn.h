// The content of a delivery status notification. RFC 3461 §5 and §6, RFC 3464. Pure: mime/compose.h writes it.
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
    delayed,    // will be tried again
    relayed,    // passed to a server that sends no success notices (RFC 3461 §5.2.2)
    delivered,  // is in the recipient's mailbox here (RFC 3461 §5.2.3)
    expanded,   // sent on to several addresses of an alias, without further success notices (RFC 3461 §5.2.7.3)
};

// The message that a notice is about.
struct ReportedMessage {
    std::string reverse_path;
    std::string envelope_id;  // ENVID
    storage::DsnReturn dsn_return = storage::DsnReturn::unspecified;
    bool smtputf8 = false;
    std::string session;  // session that received it
    std::int64_t arrived_at = 0;
    std::int64_t release_at = 0;  // before which its sender wanted it not sent (RFC 4865); 0: no such time
    std::uint64_t size_octets = 0;
    std::optional<storage::BlobId> blob;  // its content; or, if it is not stored yet,
    std::string header_section;           // its header section
    storage::TlsWish tls_wish = storage::TlsWish::by_policy;
};

// A recipient that a notice is about, with the result.
struct Reported {
    std::string forward_path;
    std::string original_recipient;  // ORCPT
    std::uint8_t notify = 0;         // storage::dsn_notify bits
    std::string reply;               // for people: of the other server, or our own text; one line
    std::string status;              // enhanced status code
    std::string remote;              // the other server's host name, or empty
    std::string said;                // the server's reply unchanged, on one line; empty: none
    std::string protection{};        // what protected the session with it (storage::DeliveryAttempt), or empty
};

// Whether the sender wants such a notice (RFC 3461 §4.1): failures and delays by default, success only if requested.
bool wants_notice(NoticeKind kind, std::uint8_t notify);

struct NoticeFacts {
    std::string hostname;    // ours: for Reporting-MTA and MAILER-DAEMON's address
    std::string message_id;  // of the notice, without brackets
    std::int64_t now = 0;
    std::int64_t retry_until = 0;  // kind delayed
};

// The action that a report names (RFC 3464 §2.3.3): "failed", "delayed" ...
std::string_view action_of(NoticeKind kind);

// The report on these recipients of the message, to its reverse-path, which must not be empty.
mime::DeliveryReport make_report(NoticeKind kind, const ReportedMessage& message,
                                 const std::vector<Reported>& recipients, const NoticeFacts& facts);

}  // namespace server::delivery
