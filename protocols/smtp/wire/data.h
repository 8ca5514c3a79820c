// Message data: finding its one true end, dots unstuffed on the way in and stuffed on the way out.
// RFC 5321 §4.1.1.4 and §4.5.2 (transparency), §2.3.8 (only CRLF ends a line); RFC 3030 §2 (BDAT).
// Leaves sizes, time and what to do with faulty data to the session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace smtp::wire {

// Mends the line ends of message data that comes by BDAT, in any cuts: an LF without its CR becomes CRLF, as Exchange
// Online sends it (CLIENTS.md 30). A chunk's end is a count of octets, so no line end within it is taken for the end of
// anything (RFC 3030 §2), and what is kept and sent on has CRLF alone. A CR without its LF is not mended: a message
// with one is refused by the session.
class LineEndMender {
  public:
    // The octets to pass on: a view of these, or of a copy in here; valid until the next call.
    std::string_view mend(std::string_view octets);
    // At the end of the message: a CR with nothing behind it is bare, too.
    bool bare_cr() const { return bare_cr_ || after_cr_; }
    std::uint64_t mended() const { return mended_; }  // line ends so far

  private:
    std::string copy_;
    std::uint64_t mended_ = 0;
    bool after_cr_ = false;
    bool bare_cr_ = false;
};

// Takes the octets behind DATA's 354 in any cuts and gives back message data with the stuffed dots removed. Only
// CRLF "." CRLF ends it (or "." CRLF as its first line); a bare CR or LF never ends a line.
class DataReader {
  public:
    struct Step {
        std::string_view content;  // message data, mostly a view into the input; may be empty
        std::size_t consumed = 0;  // octets of the input that are done with; call again with the rest
        bool ended = false;        // what follows the consumed octets are commands again
    };
    // `input` is not empty. Each step consumes octets or returns content.
    Step next(std::string_view input);
    // Whether the data seen so far has a CR or LF of its own.
    bool bare_line_end() const { return bare_; }

  private:
    // Where we are: behind CRLF · in a line · behind a CR in a line · behind a line's first dot · behind that and CR.
    enum class At { line_start, line, cr, dot, dot_cr };
    std::size_t run(std::string_view input, std::size_t from);

    At at_ = At::line_start;
    bool bare_ = false;
};

// Writes message data for DATA (dots stuffed) or BDAT (plain), content in any cuts. A bare CR or LF is made a CRLF:
// nothing that we send may look like a line end to one server and not to the next.
class DataWriter {
  public:
    enum class Dots { stuffed, plain };
    explicit DataWriter(Dots dots) : dots_(dots) {}
    void append(std::string& out, std::string_view content);
    // The end: the last CRLF where the content has none, then, when dots are stuffed, "." CRLF.
    void finish(std::string& out);

  private:
    void append_line_part(std::string& out, std::string_view part);
    void end_line(std::string& out);

    Dots dots_;
    bool line_start_ = true;
    bool after_cr_ = false;  // a CR is held back until we know what follows
};

}  // namespace smtp::wire
