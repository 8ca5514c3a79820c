// Message data: finds its end, removes dot-stuffing from input and adds it to output. RFC 5321 §4.1.1.4 and §4.5.2
// (transparency), §2.3.8 (only CRLF ends a line); RFC 3030 §2 (BDAT). The session handles sizes, time and faulty data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace smtp::wire {

// Corrects line ends of message data sent by BDAT, in pieces of any size: an LF without CR becomes CRLF, since Exchange
// Online sends it (CLIENTS.md 30). This is safe: a chunk ends by its octet count, never by a line end (RFC 3030 §2),
// and what we store and send on has only CRLF. A CR without LF is not corrected: the session refuses the message.
class LineEndMender {
  public:
    // The octets to pass on: a view of these, or of a corrected copy; valid until the next call.
    std::string_view mend(std::string_view octets);
    // Call at the end of the message: a CR at the very end is bare, too.
    bool bare_cr() const { return bare_cr_ || after_cr_; }
    std::uint64_t mended() const { return mended_; }  // line ends corrected so far

  private:
    std::string copy_;
    std::uint64_t mended_ = 0;
    bool after_cr_ = false;
    bool bare_cr_ = false;
};

// Takes the octets after DATA's 354 in pieces of any size and returns message data without dot-stuffing. Only CRLF "."
// CRLF ends it (or "." CRLF as its first line); a bare CR or LF never ends a line.
class DataReader {
  public:
    struct Step {
        std::string_view content;  // message data, mostly a view into the input; may be empty
        std::size_t consumed = 0;  // octets of the input that were used; call again with the rest
        bool ended = false;        // commands follow after the consumed octets
    };
    // `input` is not empty. Each step consumes octets or returns content.
    Step next(std::string_view input);
    // Whether the data so far has a bare CR or LF.
    bool bare_line_end() const { return bare_; }

  private:
    // Position: after CRLF · in a line · after a CR in a line · after a line's first dot · after that dot and CR.
    enum class At { line_start, line, cr, dot, dot_cr };
    std::size_t run(std::string_view input, std::size_t from);

    At at_ = At::line_start;
    bool bare_ = false;
};

// Writes message data for DATA (dots stuffed) or BDAT (plain), from pieces of any size. A bare CR or LF becomes CRLF,
// so that no two servers can disagree about where a line ends.
class DataWriter {
  public:
    enum class Dots { stuffed, plain };
    explicit DataWriter(Dots dots) : dots_(dots) {}
    void append(std::string& out, std::string_view content);
    // The end: a last CRLF if the content has none, then "." CRLF if dots are stuffed.
    void finish(std::string& out);

  private:
    void append_line_part(std::string& out, std::string_view part);
    void end_line(std::string& out);

    Dots dots_;
    bool line_start_ = true;
    bool after_cr_ = false;  // a CR is held back until we know what follows
};

}  // namespace smtp::wire
