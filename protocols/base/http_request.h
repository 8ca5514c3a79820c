// Is it HTTP that somebody speaks to a door of mail? A page can make its visitor's browser send a request to any port;
// the request's body could then hold commands that the door obeys. RFC 9110 §9, RFC 9112 §3. A look at one line; what
// then happens to the session is the door's.
#pragma once

#include <string_view>

namespace base {

// A method that browsers and proxies begin with (RFC 9110 §9.3, RFC 5789, RFC 9113 §3.4), in any case. None of them is
// a command of SMTP or POP3.
bool is_http_method(std::string_view word);

// True for `method SP request-target [SP HTTP-version]` (RFC 9112 §3), whatever the method: scripts may make one up
// ("NOOP / HTTP/1.1"). The target is what no command of SMTP, IMAP or POP3 has as its first argument, nor IMAP as a
// command behind its tag: "/...", "*", "scheme://..." or, for CONNECT, "host:port".
bool is_http_request(std::string_view line);

// Listens to the command lines of an SMTP or POP3 session: its first line may be any request, and no later one begins
// with a method, either. Postfix does the same (smtpd_forbidden_commands).
class HttpWatch {
  public:
    bool hears(std::string_view line);

  private:
    bool first_line_ = true;
};

}  // namespace base
