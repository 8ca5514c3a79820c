// Replies: codes, enhanced status codes and lines, written by the server and read by the client.
// RFC 5321 §4.2 (replies), RFC 2034 and RFC 3463 (enhanced status codes).
// When to answer what is the session's; reading lines off a connection is the client's.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocols/base/parsed.h"

namespace smtp::wire {

// One reply. Lines of the text are separated by LF; none has a CR.
struct Reply {
    int code = 0;
    std::string status;  // enhanced status code, "5.1.1"; empty where there is none (greeting, EHLO, 3yz)
    std::string text;

    bool positive() const { return code / 100 == 2; }
    bool intermediate() const { return code / 100 == 3; }
    bool transient() const { return code / 100 == 4; }
    bool permanent() const { return code / 100 == 5; }
};

// Writes the reply with its CRLFs, one line for each line of the text, none longer than 512 octets
// (RFC 5321 §4.5.3.1.5). Octets that are not printable ASCII are written as "?".
void append(std::string& out, const Reply& reply);
std::string to_text(const Reply& reply);

// Puts together a reply from the lines of a peer, which may be hostile: bounded in lines and octets.
class ReplyReader {
  public:
    struct Limits {
        std::size_t lines = 128;
        std::size_t octets = 16'384;
    };
    explicit ReplyReader(Limits limits) : limits_(limits) {}

    // Takes the next line, without CRLF. Answers the whole reply behind its last line (then the reader is ready for the
    // next reply), NeedMore before, SyntaxError when this is not a reply or is beyond the limits.
    base::Parsed<Reply> take(std::string_view line);

  private:
    Limits limits_;
    Reply reply_;
    std::size_t lines_ = 0;
    std::size_t octets_ = 0;
};

}  // namespace smtp::wire
