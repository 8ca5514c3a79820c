// New messages that we write: from the web page, and delivery status notifications. RFC 5322 §3.6, RFC 2045, RFC 2046;
// RFC 6522 (multipart/report), RFC 3464 and RFC 6533 (DSN). Pure: date, message id and randomness are passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/mime/address.h"
#include "protocols/mime/date_time.h"

namespace mime {

struct Attachment {
    std::string filename;                           // UTF-8; empty: no name
    std::string type = "application/octet-stream";  // "type/subtype"; anything malformed becomes this
    std::string content;                            // octets as they are; sent as base64
    std::optional<std::string> content_id;  // without brackets; makes the part inline, so that the HTML can refer to it
};

// The header of a new message. Text is UTF-8 and becomes encoded words where needed.
struct MessageHead {
    DateTime date;
    std::string message_id;  // "id@host", without brackets
    std::vector<Address> from;
    std::vector<Address> to;
    std::vector<Address> cc;
    std::vector<Address> bcc;  // written as a Bcc field: leave empty except for drafts
    std::vector<Address> reply_to;
    std::string subject;
    std::vector<std::string> in_reply_to;                   // ids, brackets kept
    std::vector<std::string> references;                    // ids, brackets kept
    std::vector<std::pair<std::string, std::string>> more;  // further fields, name and UTF-8 text
    bool utf8 = false;  // RFC 6532: addresses and names stay UTF-8 (only if every hop can do SMTPUTF8)
};

struct NewMessage {
    MessageHead head;
    std::string text;  // plain text, UTF-8, lines end in LF or CRLF; sent as 7bit or quoted-printable
    std::string html;  // empty: none; else multipart/alternative with text
    std::vector<Attachment> attachments;
};

// The message, CRLF line ends throughout. `random` makes the boundaries: at least 16 octets, never the same twice.
std::string compose(const NewMessage& message, std::string_view random);

// One recipient of a delivery status notification (RFC 3464 §2.3). Empty strings: no such field.
struct ReportedRecipient {
    std::string original_recipient;  // ORCPT as given, "rfc822;bob@example.org"
    std::string final_recipient;     // address only
    std::string action;              // "failed", "delayed", "delivered", "relayed", "expanded"
    std::string status;              // enhanced status code, "5.1.1"
    std::string remote_mta;          // host name
    std::string diagnostic;          // the other server's answer as it gave it, "550 5.1.1 no such user"
    std::optional<DateTime> last_attempt;
    std::optional<DateTime> will_retry_until;
    std::vector<std::pair<std::string, std::string>> more{};  // further fields, "X-..." (RFC 3464 §2.4)
};

// A delivery status notification (RFC 3464 §2.2).
struct DeliveryReport {
    MessageHead head;                  // from: the mailer daemon; to: the reverse-path of the message reported on
    std::string text;                  // for people to read
    std::string reporting_mta;         // host name
    std::string original_envelope_id;  // ENVID, decoded; empty: none
    std::string received_from_mta;     // host name; empty: none
    std::optional<DateTime> arrival_date;
    std::vector<std::pair<std::string, std::string>> more{};  // further fields about the message (RFC 3464 §2.4)
    std::vector<ReportedRecipient> recipients;
    bool headers_only = false;  // the returned octets are only a header section (RET=HDRS, RFC 3461 §4.3)
};

// The report. `returned` is the message reported on, or its header section. A part with 8-bit octets is labelled 8bit,
// and so is the report (RFC 2045 §6.4).
std::string compose_report(const DeliveryReport& report, std::string_view returned, std::string_view random);

}  // namespace mime
