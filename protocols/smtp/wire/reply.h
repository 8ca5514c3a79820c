// Replies: codes, enhanced status codes and lines, written by the server and read by the client.
// RFC 5321 §4.2 (replies), RFC 2034 and RFC 3463 (enhanced status codes).
// The session decides what to reply; the client reads lines from its connection.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocols/base/parsed.h"

namespace smtp::wire {

// One reply. Lines of the text are separated by LF; none has a CR.
struct Reply {
    int code = 0;
    std::string status;  // enhanced status code, "5.1.1"; empty for replies without one (greeting, EHLO, 3yz)
    std::string text;

    bool positive() const { return code / 100 == 2; }
    bool intermediate() const { return code / 100 == 3; }
    bool transient() const { return code / 100 == 4; }
    bool permanent() const { return code / 100 == 5; }
};

// Writes the reply with CRLFs, one line for each line of the text, at most 512 octets each (RFC 5321 §4.5.3.1.5).
// Octets other than printable ASCII become "?".
void append(std::string& out, const Reply& reply);
std::string to_text(const Reply& reply);

// Assembles a reply from a peer's lines. The peer may be hostile: lines and octets are limited.
class ReplyReader {
  public:
    struct Limits {
        std::size_t lines = 128;
        std::size_t octets = 16'384;
    };
    explicit ReplyReader(Limits limits) : limits_(limits) {}

    // Takes the next line, without CRLF. Returns the reply after its last line (then the reader is ready for the next
    // one), before that NeedMore; SyntaxError if this is not a reply or exceeds the limits.
    base::Parsed<Reply> take(std::string_view line);

  private:
    Limits limits_;
    Reply reply_;
    std::size_t lines_ = 0;
    std::size_t octets_ = 0;
};

}  // namespace smtp::wire
