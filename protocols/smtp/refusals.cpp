// One table from reason to reply, another from fault to reply. RFC 5321 §4.2, RFC 3463 §3, RFC 2034 §4. The texts tell
// the peer what to do; the log says why. The session counts and logs refusals.
#include "protocols/smtp/refusals.h"

#include <algorithm>

namespace smtp {

namespace {

using storage::Reason;

struct ReasonRow {
    Reason reason;
    int code;
    std::string_view status;
    std::string_view text;  // if the refusal has none
};

constexpr ReasonRow reasons[] = {
    {Reason::no_such_account, 550, "5.1.1", "No such user here"},
    {Reason::no_such_alias, 550, "5.1.1", "No such user here"},
    {Reason::no_such_domain, 550, "5.1.2", "No such domain here"},
    {Reason::invalid_name, 553, "5.1.3", "Not an address that can be used"},
    {Reason::not_permitted, 550, "5.7.1", "Not permitted"},
    {Reason::over_quota, 452, "4.2.2", "Mailbox full"},  // RFC 3463 §3.3: a persistent transient failure
    {Reason::too_large, 552, "5.3.4", "Message too large"},
    {Reason::mail_loop, 554, "5.4.6", "The message goes round in circles"},  // RFC 3463 §3.5
    {Reason::too_many, 452, "4.5.3", "Too many recipients"},
    {Reason::storage_full, 452, "4.3.1", "Insufficient system storage, try again later"},
    {Reason::authentication_failed, 535, "5.7.8", "Authentication credentials invalid"},
    {Reason::app_password_needed, 534, "5.7.9", "Application-specific password required"},
    {Reason::out_of_scope, 535, "5.7.8", "This app password is not for sending mail"},
    {Reason::logged_out, 530, "5.7.0", "Your log-in has ended, log in again"},
    {Reason::sending_limit, 452, "4.7.1", "Sending limit reached, try again later"},
    {Reason::throttled, 454, "4.7.0", "Too many attempts, try again later"},
    {Reason::unavailable, 451, "4.3.2", "Not available just now, try again later"},
    {Reason::not_convertible, 554, "5.6.3", "Message refused: it cannot be converted"},  // RFC 3463 §3.7
    {Reason::not_deliverable, 554, "5.7.1", "Message refused"},
};

struct FaultRow {
    wire::CommandFault::Kind kind;
    int code;
    std::string_view status;
    std::string_view text;
};

using Fault = wire::CommandFault::Kind;
constexpr FaultRow faults[] = {
    {Fault::unknown_command, 500, "5.5.2", ""},
    {Fault::syntax, 501, "5.5.4", "Syntax error: "},
    {Fault::reverse_path, 501, "5.1.7", "Syntax error in the reverse-path: "},
    {Fault::forward_path, 501, "5.1.3", "Syntax error in the forward-path: "},
    {Fault::unknown_parameter, 555, "5.5.4", ""},
    {Fault::bad_parameter, 501, "5.5.4", "Syntax error in a parameter: "},
};

}  // namespace

wire::Reply reply_for(const storage::Refusal& refusal) {
    const auto* row = std::ranges::find(reasons, refusal.reason, &ReasonRow::reason);
    if (row == std::end(reasons)) return replies::local_error();
    return {row->code, std::string(row->status), refusal.text.empty() ? std::string(row->text) : refusal.text};
}

wire::Reply reply_for(const wire::CommandFault& fault) {
    const auto* row = std::ranges::find(faults, fault.kind, &FaultRow::kind);
    return {row->code, std::string(row->status), std::string(row->text) + fault.error.what};
}

namespace replies {

wire::Reply out_of_order(std::string_view what_comes_first) { return {503, "5.5.1", std::string(what_comes_first)}; }

wire::Reply binary_needs_chunks() { return {503, "5.5.1", "BODY=BINARYMIME needs BDAT in place of DATA"}; }

wire::Reply line_too_long() { return {500, "5.5.2", "Line too long"}; }

wire::Reply bare_line_end() {
    return {554, "5.6.0", "Message refused: it has a CR or LF of its own, lines end with CRLF (RFC 5321 2.3.8)"};
}

wire::Reply message_too_large(std::uint64_t max_octets) {
    return {552, "5.3.4", "Message too large: at most " + std::to_string(max_octets) + " octets"};
}

wire::Reply authentication_required(bool tls_first) {
    return {530, "5.7.0", tls_first ? "Authentication required, after STARTTLS" : "Authentication required"};
}

wire::Reply forbidden_destination() { return {550, "5.1.2", "This server sends no mail to this address literal"}; }

wire::Reply list_takes_no_bounces() { return {550, "5.7.1", "A mailing list takes no bounces (MAIL FROM:<>)"}; }

wire::Reply takes_only_notices() {
    return {550, "5.7.1", "This address takes only bounces (MAIL FROM:<>) of mail that was sent on from here"};
}

wire::Reply relay_denied() { return {550, "5.7.1", "Relaying denied: this address is not ours"}; }

wire::Reply sender_not_yours() { return {553, "5.7.1", "This sender address is not yours"}; }

wire::Reply utf8_not_declared() { return {553, "5.6.7", "Such an address needs SMTPUTF8 in MAIL"}; }

wire::Reply too_many_recipients() { return {452, "4.5.3", "Too many recipients, send the rest in another message"}; }

wire::Reply too_busy() { return {452, "4.3.1", "Too busy for that just now, try again later"}; }

wire::Reply tls_first() { return {530, "5.7.10", "REQUIRETLS needs TLS here, too: STARTTLS first"}; }

wire::Reply no_future_release() { return {555, "5.5.4", "No message is held here for later"}; }

wire::Reply bad_release_time(std::int64_t most_seconds) {
    return {554, "5.5.4", "A message is held for " + std::to_string(most_seconds) + " seconds at most from now on"};
}

wire::Reply suppressed(std::string why) { return {550, "5.1.1", std::move(why)}; }

wire::Reply no_valid_recipients() { return {554, "5.5.1", "No valid recipients"}; }

wire::Reply local_error() { return {451, "4.3.0", "Something is wrong here, try again later"}; }

wire::Reply closing(std::string_view hostname, std::string_view status, std::string_view why) {
    return {421, std::string(status), std::string(hostname) + " " + std::string(why)};
}

wire::Reply farewell(std::string_view hostname, services::EndReason reason) {
    using services::EndReason;
    if (reason == EndReason::timeout) return closing(hostname, "4.4.2", "Nothing came for too long, closing");
    if (reason == EndReason::shutdown) return closing(hostname, "4.3.2", "Service shutting down");
    if (reason == EndReason::logged_out) return closing(hostname, "4.7.0", "Your log-in was ended, log in again");
    if (reason == EndReason::crowded_out) return closing(hostname, "4.3.2", "Too busy for this connection, try later");
    return closing(hostname, "4.3.0", "Something is wrong here, closing");
}

}  // namespace replies

}  // namespace smtp
