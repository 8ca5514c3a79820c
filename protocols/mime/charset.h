// Converts any charset to UTF-8, by libc's iconv; UTF-8, US-ASCII and ISO-8859-1 without it. Never fails: bad sequences
// become U+FFFD; text in an unknown charset is taken as UTF-8 if valid, else as Windows-1252. charset_names.h has the
// table of known names.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mime {

// True if the charset is known: for SEARCH's BADCHARSET (RFC 9051 §6.4.4).
bool is_known_charset(std::string_view charset);

// True if raw 8-bit octets of a header may be in it: any known charset but US-ASCII and UTF-8.
bool is_legacy_charset(std::string_view charset);

// All at once. The result is well-formed UTF-8.
std::string to_utf8(std::string_view octets, std::string_view charset);

// The charset of text that does not declare one, such as raw octets of a header field: UTF-8 if all of it is valid,
// else `charset` (the message's own) if it is known and fits all of it, else Windows-1252.
std::string_view undeclared_charset(std::string_view octets, std::string_view charset);

// In pieces: characters may be cut anywhere. Holds at most a few octets between calls, one iconv state while alive.
class CharsetDecoder {
  public:
    explicit CharsetDecoder(std::string_view charset);
    CharsetDecoder(CharsetDecoder&&) noexcept;
    CharsetDecoder& operator=(CharsetDecoder&&) noexcept;
    ~CharsetDecoder();

    // Appends the octets as well-formed UTF-8.
    void feed(std::string_view octets, std::string& out);

    // Appends U+FFFD if a character was left incomplete. The decoder may then start again.
    void finish(std::string& out);

  private:
    class Converter;
    std::unique_ptr<Converter> converter_;
};

}  // namespace mime
