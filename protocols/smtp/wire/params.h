// Parameters of MAIL and RCPT. RFC 5321 §4.1.2 (esmtp-param), RFC 1870 (SIZE), RFC 6152 and RFC 3030 §3 (BODY), RFC
// 6531 (SMTPUTF8), RFC 3461 §4 (RET, ENVID, NOTIFY, ORCPT, xtext), RFC 4954 §5 (AUTH), RFC 4865 (HOLDFOR, HOLDUNTIL),
// RFC 8689 §2 (REQUIRETLS).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/base/parsed.h"
#include "protocols/bits/dsn.h"
#include "protocols/smtp/wire/cursor.h"

namespace smtp::wire {

enum class Body { unspecified, seven_bit, eight_bit_mime, binary_mime };

struct MailParams {
    std::optional<std::uint64_t> size_octets;  // SIZE: an estimate, not a promise
    Body body = Body::unspecified;
    bool smtputf8 = false;
    bits::DsnReturn ret = bits::DsnReturn::unspecified;
    std::string envelope_id;      // ENVID, decoded; empty when not given
    std::string submitter;        // AUTH=, decoded, "<>" or a mailbox; empty when not given. Not trusted.
    std::uint32_t hold_for = 0;   // HOLDFOR, seconds; 0: not given
    std::int64_t hold_until = 0;  // HOLDUNTIL, Unix seconds; 0: not given
    bool requiretls = false;
    friend bool operator==(const MailParams&, const MailParams&) = default;
};

struct RcptParams {
    std::uint8_t notify = 0;         // bits::dsn_notify
    std::string original_recipient;  // ORCPT, decoded: "rfc822;bob@example.org"; empty when not given
    friend bool operator==(const RcptParams&, const RcptParams&) = default;
};

// A fault in the parameters: unknown (555), or known but malformed (501).
struct ParamFault {
    bool unknown = false;
    base::SyntaxError error;
};

// *( SP esmtp-param ) up to the end of the line; may be empty.
std::expected<MailParams, ParamFault> parse_mail_params(Cursor& cursor);
std::expected<RcptParams, ParamFault> parse_rcpt_params(Cursor& cursor);

// xtext of RFC 3461 §4: printable ASCII except "+" and "=", others as "+" and two upper-case hexadecimal digits.
std::string encode_xtext(std::string_view text);
std::optional<std::string> decode_xtext(std::string_view xtext);

}  // namespace smtp::wire
