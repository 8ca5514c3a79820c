// Delivery status notifications. RFC 3464; in multipart/report: RFC 6522; with UTF-8: RFC 6533.
// The queue decides when to send one, and to whom.
#include <algorithm>
#include <utility>

#include "protocols/base/text.h"
#include "protocols/mime/compose.h"
#include "protocols/mime/compose_parts.h"
#include "protocols/mime/encoded_word.h"

namespace mime {
namespace {

// For each part with 8-bit octets, and each part around one (RFC 2045 §6.4).
constexpr std::string_view eight_bit_field = "Content-Transfer-Encoding: 8bit\r\n";

// Fields of a delivery status are ASCII (RFC 3464 §2.1.1), except in RFC 6533's form.
std::string status_text(std::string_view text, bool utf8) {
    std::string out(text);
    if (!utf8) std::ranges::replace_if(out, [](char c) { return (c & 0x80) != 0; }, '?');
    return out;
}

class StatusWriter {
  public:
    explicit StatusWriter(bool utf8) : utf8_(utf8) {}

    void field(std::string_view name, std::string_view type, std::string_view text) {
        if (text.empty()) return;
        out_ += fold_field(name, std::string(type) + (type.empty() ? "" : "; ") + status_text(text, utf8_));
    }

    void date(std::string_view name, const std::optional<DateTime>& moment) {
        if (moment) field(name, "", render_date_time(*moment));
    }

    void recipient(const ReportedRecipient& recipient) {
        out_ += "\r\n";
        field("Original-Recipient", "", recipient.original_recipient);
        const bool international = utf8_ && !base::is_ascii(recipient.final_recipient);
        field("Final-Recipient", international ? "utf-8" : "rfc822", recipient.final_recipient);
        field("Action", "", recipient.action);
        field("Status", "", recipient.status);
        field("Remote-MTA", "dns", recipient.remote_mta);
        field("Diagnostic-Code", "smtp", recipient.diagnostic);
        date("Last-Attempt-Date", recipient.last_attempt);
        date("Will-Retry-Until", recipient.will_retry_until);
        for (const auto& [name, text] : recipient.more) field(name, "", text);
    }

    std::string take() { return std::move(out_); }

  private:
    std::string out_;
    bool utf8_;
};

std::string status_part(const DeliveryReport& report) {
    const bool utf8 = report.head.utf8;
    StatusWriter status(utf8);
    status.field("Original-Envelope-Id", "", report.original_envelope_id);
    status.field("Reporting-MTA", "dns", report.reporting_mta);
    status.field("Received-From-MTA", "dns", report.received_from_mta);
    status.date("Arrival-Date", report.arrival_date);
    for (const auto& [name, text] : report.more) status.field(name, "", text);
    for (const ReportedRecipient& recipient : report.recipients) status.recipient(recipient);
    const std::string fields = status.take();
    std::string out =
        utf8 ? "Content-Type: message/global-delivery-status\r\n" : "Content-Type: message/delivery-status\r\n";
    if (!base::is_ascii(fields)) out += eight_bit_field;
    return out + "\r\n" + fields;
}

// The third part: the returned octets are its body.
std::string returned_part(const DeliveryReport& report, std::string_view returned) {
    const bool utf8 = report.head.utf8;
    std::string out = "Content-Type: ";
    if (report.headers_only) {
        out += utf8 ? "message/global-headers" : "text/rfc822-headers";
    } else {
        out += utf8 ? "message/global" : "message/rfc822";
    }
    out += "\r\n";
    if (!base::is_ascii(returned)) out += eight_bit_field;
    out += "\r\n";
    out += returned;
    return out;
}

}  // namespace

std::string compose_report(const DeliveryReport& report, std::string_view returned, std::string_view random) {
    std::string body = multipart("report", "; report-type=delivery-status",
                                 {compose_text_part(report.text), status_part(report), returned_part(report, returned)},
                                 Boundaries(random).next());
    std::string out = compose_head(report.head);
    if (!base::is_ascii(body)) out += eight_bit_field;
    return out + body;
}

}  // namespace mime
