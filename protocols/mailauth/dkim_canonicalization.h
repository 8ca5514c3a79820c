// The two forms in which DKIM and ARC hash a message, so that small changes on its way do not matter. RFC 6376 §3.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mailauth {

enum class Canonicalization : std::uint8_t { simple, relaxed };

// Appends a field (name, colon, value, folds and all; the last line end may be missing) in that form, with one CRLF at
// its end. RFC 6376 §3.4.1, §3.4.2.
void append_canonical_field(std::string& out, std::string_view field, Canonicalization form);

// Turns a body that comes in pieces of any size into that form, piece by piece, holding a few KiB at most. A line ends
// with CRLF; CR and LF alone are octets like others. RFC 6376 §3.4.3, §3.4.4.
class BodyCanonicalizer {
  public:
    using Sink = std::function<void(std::string_view)>;

    // The sink takes the canonical octets, in pieces.
    BodyCanonicalizer(Canonicalization form, Sink sink);

    void feed(std::string_view piece);

    // The body ends here; what is still due goes to the sink.
    void finish();

  private:
    void feed_simple(std::string_view piece);
    void feed_relaxed(std::string_view piece);
    void end_line();
    void put_content(std::string_view content);
    void put(std::string_view octets);
    void flush();

    Canonicalization form_;
    Sink sink_;
    std::string buffer_;               // for the sink
    std::uint64_t line_ends_due_ = 0;  // they count only if something follows
    bool space_due_ = false;           // relaxed: white space that counts only if the line goes on
    bool after_cr_ = false;            // the last octet was a CR: an LF would make it a line end
    bool has_content_ = false;         // some line was not empty
};

}  // namespace mailauth
