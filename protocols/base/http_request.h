// Detects HTTP on a mail port. A web page can make a visitor's browser send a request to any port, and the request's
// body could then hold SMTP or POP3 commands. RFC 9110 §9, RFC 9112 §3. Looks at one line; the session decides what to
// do.
#pragma once

#include <string_view>

namespace base {

// A method that browsers and proxies use (RFC 9110 §9.3, RFC 5789, RFC 9113 §3.4), in any case. None of them is a
// command of SMTP or POP3.
bool is_http_method(std::string_view word);

// True for `method SP request-target [SP HTTP-version]` (RFC 9112 §3), whatever the method: scripts may invent one
// ("NOOP / HTTP/1.1"). The target ("/...", "*", "scheme://..." or, for CONNECT, "host:port") is never the first
// argument of an SMTP, IMAP or POP3 command, nor an IMAP command after its tag.
bool is_http_request(std::string_view line);

// Watches the command lines of an SMTP or POP3 session. sees_request() is true for any request on the first line, and
// for a line that begins with a known method later on. Postfix does the same (smtpd_forbidden_commands).
class HttpWatch {
  public:
    bool sees_request(std::string_view line);

  private:
    bool first_line_ = true;
};

}  // namespace base
