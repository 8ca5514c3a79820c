// Turns lines and literals into commands: the session reads them from the stream, the receiver says what must come
// next. RFC 9051 §2.2.1, §4.3 (literals), RFC 7888 (LITERAL+, LITERAL-), RFC 3502 (MULTIAPPEND). No I/O; limits are
// checked before a literal is read. The session itself reads the lines of AUTHENTICATE and IDLE's DONE.
//
//   Event event = receiver.line(line);              // a line without its CRLF
//   while NeedLiteral:   if synchronizing send "+ ", read the octets, event = receiver.literal(octets)
//                        and then the next line, event = receiver.line(line)      (literal() only takes them in)
//   while SkipLiteral:   read and drop the octets, then event = receiver.line(next line)
//   Rejected:            answer; if fatal say BYE and close
//   Command:             run it. If it is Append or Replace and not complete: read its literal, then append_line().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "protocols/base/parsed.h"
#include "protocols/imap/wire/command.h"
#include "protocols/imap/wire/limits.h"

namespace imap::wire {

// The command is refused. Answer `tag status [code] text`; the tag is "*" if it could not be read.
struct Rejected {
    enum class Status : std::uint8_t { no, bad };
    std::string tag;
    Status status = Status::bad;
    std::string code;    // without brackets; empty: none
    std::string text;    // fit for the client to read
    bool fatal = false;  // too much would follow: answer `* BYE` and close
};

// A non-synchronizing literal follows that will not be used: read and drop its octets, then pass the next line.
struct SkipLiteral {
    std::uint64_t octets = 0;
};

using base::NeedLiteral;
using Event = std::variant<Command, NeedLiteral, SkipLiteral, Rejected>;

using AppendEvent = std::variant<AppendParts, SkipLiteral, Rejected>;

class Receiver {
  public:
    explicit Receiver(const ReceiverLimits& limits = {});

    // Limits and encoding for the next commands. utf8: mailbox names and strings are UTF-8 (UTF8=ACCEPT, RFC 6855, or
    // IMAP4rev2 is enabled), not modified UTF-7.
    void set_limits(const ReceiverLimits& limits);
    void set_utf8(bool utf8);

    // A line without its CRLF: the first of a command, or its continuation after a literal.
    Event line(std::string_view line);

    // The same for a line over the limit, of which only beginning and end are known. The result is that of an invalid
    // command, and the literal that the line announces is skipped.
    Event line_too_long(std::string_view begin, std::string_view end);

    // All the octets that NeedLiteral asked for. The following line comes next.
    void literal(std::string_view octets);

    // After a Command with Append or Replace (or AppendParts from here) that ends in a literal, once its octets are
    // read: pass the line after them. Returns what follows, up to the next literal or the end, or a rejection.
    AppendEvent append_line(std::string_view line);

    // The session refuses the literal just announced (NeedLiteral, Append, AppendParts). Returns Rejected at once for a
    // synchronizing one; else SkipLiteral, and Rejected after the lines then passed to line(). Also drops an incomplete
    // command.
    Event refuse(Rejected::Status status, std::string_view code, std::string_view text);

    // Whether a command is incomplete (between NeedLiteral and its end).
    bool in_command() const;

    // Drops an incomplete command and frees its memory.
    void reset();

  private:
    enum class State : std::uint8_t { idle, gathering, appending, skipping };

    Event literal_announced(const NeedLiteral& announced);
    Event gather(const NeedLiteral& announced);
    Event finish();
    Event start_append(Command command, const NeedLiteral& announced);
    bool take_note(const AppendParts& parts);
    Event skip_on(std::string_view line);
    Event give_up(Rejected verdict, const std::optional<NeedLiteral>& on_its_way);
    Rejected rejected(const base::SyntaxError& error) const;

    ReceiverLimits limits_;
    bool utf8_ = false;
    State state_ = State::idle;
    std::string buffer_;         // gathering: the command so far, as received
    std::size_t literals_ = 0;   // gathered so far
    std::string tag_;            // of the current command
    NeedLiteral pending_;        // the literal last announced
    AppendProgress append_;      // appending: the state after that literal
    Rejected verdict_;           // skipping: the answer at the end
    std::uint64_t skipped_ = 0;  // skipping: octets of literals dropped so far
};

}  // namespace imap::wire
