// Commands as values: grammar checked, policy not. RFC 5321 §4.1.1, RFC 3030 §2 (BDAT), RFC 4954 §4 (AUTH), RFC 3207 §4
// (STARTTLS). parser.cpp parses them, rules.h says when they may come, cmd_*.cpp runs them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "protocols/smtp/wire/params.h"
#include "protocols/smtp/wire/path.h"

namespace smtp::wire {

struct Ehlo {
    std::string client;  // domain or address literal, as given: many send neither, so only its length is checked
};
struct Helo {
    std::string client;
};
struct Mail {
    Path reverse_path;
    MailParams params;
};
struct Rcpt {
    Path forward_path;
    RcptParams params;
};
struct Data {};
struct Bdat {
    std::uint64_t octets = 0;  // after the command's CRLF
    bool last = false;
};
struct Rset {};
struct Noop {};
struct Quit {};
struct Vrfy {
    std::string argument;
};
struct Expn {
    std::string argument;
};
struct Help {};
struct Auth {
    std::string mechanism;               // in upper case
    std::optional<std::string> initial;  // decoded; "=" was sent for an empty one
};
struct StartTls {};

using Command = std::variant<Ehlo, Helo, Mail, Rcpt, Data, Bdat, Rset, Noop, Quit, Vrfy, Expn, Help, Auth, StartTls>;

}  // namespace smtp::wire
