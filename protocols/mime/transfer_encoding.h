// Content-Transfer-Encoding, in pieces. RFC 2045 §6. Decoders accept anything; encoders keep the line limits (76
// octets). TextDecoder adds the charset: stored octets of a text part become UTF-8.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/mime/charset.h"

namespace mime {

enum class TransferEncoding : std::uint8_t {
    identity,  // 7bit, 8bit, binary, or no such field
    quoted_printable,
    base64,
    unknown,  // anything else: cannot be decoded (IMAP: UNKNOWN-CTE, RFC 9051 §7.1)
};

// From the field's value in any case, ignoring comments and white space around it.
TransferEncoding parse_transfer_encoding(std::string_view value);

// Base64; other octets are skipped. "=" ends a quantum, and what follows starts a new one (joined pieces).
class Base64Decoder {
  public:
    void feed(std::string_view octets, std::string& out);
    void finish(std::string& out);  // a last quantum without padding still counts

  private:
    char* decode(std::string_view octets, char* to);
    char* end_quantum(char* to);

    std::uint32_t group_ = 0;
    unsigned count_ = 0;  // of 6-bit values in group_
};

// Quoted-printable: soft breaks joined, white space at line ends dropped (RFC 2045 §6.7 rule 3), malformed "=" literal.
class QuotedPrintableDecoder {
  public:
    void feed(std::string_view octets, std::string& out);
    void finish(std::string& out);

  private:
    static std::size_t escapes(std::string_view octets, std::string& out);
    void octet(char c, std::string& out);
    void after_equals(char c, std::string& out);

    std::string held_;  // "=" and what followed it, or white space that may end a line; bounded
};

// Any of them. identity and unknown pass octets through.
class TransferDecoder {
  public:
    explicit TransferDecoder(TransferEncoding encoding) : encoding_(encoding) {}
    void feed(std::string_view octets, std::string& out);
    void finish(std::string& out);

  private:
    TransferEncoding encoding_;
    Base64Decoder base64_;
    QuotedPrintableDecoder quoted_printable_;
};

// Stored octets of a text part to UTF-8, incrementally.
class TextDecoder {
  public:
    TextDecoder(TransferEncoding encoding, std::string_view charset) : transfer_(encoding), charset_(charset) {}
    void feed(std::string_view octets, std::string& out);
    void finish(std::string& out);

  private:
    TransferDecoder transfer_;
    CharsetDecoder charset_;
    std::string octets_;
};

// Base64 in lines of 76 ended by CRLF.
class Base64Encoder {
  public:
    void feed(std::string_view octets, std::string& out);
    void finish(std::string& out);  // pads, ends the last line if it is not empty

  private:
    void group(std::size_t size, std::string& out);

    std::array<unsigned char, 3> held_{};
    std::size_t held_size_ = 0;
    std::size_t column_ = 0;
};

// Quoted-printable of text whose lines end in CRLF or LF; the result's end in CRLF. Safe for transports that trim
// spaces, change lines that begin with "From " or remove leading dots.
std::string encode_quoted_printable(std::string_view text);

// All of it at once.
std::string encode_base64_lines(std::string_view octets);
std::string decode_transfer(std::string_view octets, TransferEncoding encoding);

}  // namespace mime
