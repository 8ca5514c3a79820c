// All negative replies in one place: for refusals of services, for faulty lines, and for the session's own reasons.
// RFC 5321 §4.2.2 and §4.2.3, RFC 3463 (enhanced codes), RFC 4954 §6.
#pragma once

#include <string>
#include <string_view>

#include "protocols/services/end_reason.h"
#include "protocols/smtp/wire/reply.h"
#include "protocols/smtp/wire/rules.h"
#include "storage/result.h"

namespace smtp {

// For a service's refusal; the refusal's text, if it has one, is sent to the peer.
wire::Reply reply_for(const storage::Refusal& refusal);
// For a line that is not a valid command.
wire::Reply reply_for(const wire::CommandFault& fault);

namespace replies {

wire::Reply out_of_order(std::string_view what_comes_first);  // 503 5.5.1
wire::Reply binary_needs_chunks();                            // 503 5.5.1
wire::Reply line_too_long();                                  // 500 5.5.2
wire::Reply bare_line_end();                                  // 554 5.6.0
wire::Reply message_too_large(std::uint64_t max_octets);      // 552 5.3.4
wire::Reply authentication_required(bool tls_first);          // 530 5.7.0
wire::Reply forbidden_destination();                          // 550 5.1.2
wire::Reply list_takes_no_bounces();
wire::Reply takes_only_notices();
wire::Reply relay_denied();                                                                     // 550 5.7.1
wire::Reply sender_not_yours();                                                                 // 553 5.7.1
wire::Reply utf8_not_declared();                                                                // 553 5.6.7
wire::Reply too_many_recipients();                                                              // 452 4.5.3
wire::Reply too_busy();                                                                         // 452 4.3.1
wire::Reply tls_first();                                                                        // 530 5.7.10
wire::Reply no_future_release();                                                                // 555 5.5.4
wire::Reply bad_release_time(std::int64_t most_seconds);                                        // 554 5.5.4
wire::Reply suppressed(std::string why);                                                        // 550 5.1.1
wire::Reply no_valid_recipients();                                                              // 554 5.5.1
wire::Reply local_error();                                                                      // 451 4.3.0
wire::Reply closing(std::string_view hostname, std::string_view status, std::string_view why);  // 421
// The same for a session's end that the client was not told yet.
wire::Reply farewell(std::string_view hostname, services::EndReason reason);

}  // namespace replies

}  // namespace smtp
