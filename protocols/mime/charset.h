// Any charset to UTF-8, by libc's iconv; UTF-8, US-ASCII and ISO-8859-1 without it.
// Never fails: bad sequences become U+FFFD, unknown charsets are taken as UTF-8 if they are that, else as Windows-1252.
// Which names are known is charset_names.h's.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mime {

// True if the text can be decoded by that name: for SEARCH's BADCHARSET (RFC 9051 §6.4.4).
bool is_known_charset(std::string_view charset);

// True for one that raw 8-bit octets of a header may be in: any that is known but US-ASCII and UTF-8.
bool is_legacy_charset(std::string_view charset);

// All at once. The result is well-formed UTF-8.
std::string to_utf8(std::string_view octets, std::string_view charset);

// What text is in that does not say so, such as the raw octets of a header field: UTF-8 if all of it is that, else
// `charset` (the message's own) if that is known and fits all of it, else Windows-1252.
std::string_view undeclared_charset(std::string_view octets, std::string_view charset);

// In pieces: characters may be cut anywhere. Holds at most a few octets between calls, one iconv state while alive.
class CharsetDecoder {
  public:
    explicit CharsetDecoder(std::string_view charset);
    CharsetDecoder(CharsetDecoder&&) noexcept;
    CharsetDecoder& operator=(CharsetDecoder&&) noexcept;
    ~CharsetDecoder();

    // Appends what the octets mean, well-formed UTF-8, to out.
    void feed(std::string_view octets, std::string& out);

    // Appends U+FFFD if a character was left incomplete. The decoder may then start anew.
    void finish(std::string& out);

  private:
    class Converter;
    std::unique_ptr<Converter> converter_;
};

}  // namespace mime
