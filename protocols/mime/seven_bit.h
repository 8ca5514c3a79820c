// Converts a message for a server that takes only 7-bit octets (RFC 6152 §3) and lines of 998 octets (RFC 5321
// §4.5.3.1.6): encodes bodies that have others and changes the header sections to match (RFC 2045 §6). Only for our own
// users' mail, and never for signed messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/body_structure.h"
#include "protocols/mime/header_encoding.h"
#include "protocols/mime/transfer_encoding.h"

namespace mime {

// Finds what must be encoded: feed it the message from its beginning, in pieces of any size.
class SevenBitScanner {
  public:
    // With `ascii_domain`, header sections with UTF-8 are encoded, too, where that loses nothing (header_encoding.h).
    explicit SevenBitScanner(const Part& root, AsciiDomain ascii_domain = nullptr);
    void feed(std::string_view octets);

    // A leaf, or a part around leaves, that gets another encoding.
    struct Change {
        std::uint64_t header_offset = 0;
        std::uint64_t body_offset = 0;
        std::uint64_t body_end = 0;
        TransferEncoding to = TransferEncoding::identity;  // identity: only its header section changes
        bool is_root = false;
        bool encodes_header = false;
        bool keeps_encoding = false;  // nothing but the header section's UTF-8 is encoded
        bool eight_bit = false;       // with to = identity: its label becomes 8bit, not 7bit
    };
    // Sorted by header_offset. Empty: no change is needed, or none is allowed, since a part is signed
    // (multipart/signed, RFC 1847) or it or a nested message has a DKIM-Signature field (RFC 6376).
    std::vector<Change> changes() const;
    bool has_eight_bit() const;  // a body has octets above 127
    // After the changes all header sections are ASCII: what was not could be encoded.
    bool headers_become_ascii() const { return headers_become_ascii_ && !is_signed_; }

  private:
    struct Place {
        Change change;
        bool has_eight_bit = false;
        bool has_long_line = false;
        std::size_t line_octets = 0;  // of its current line, without the line end
        bool declared = false;        // its encoding is 8bit or binary
        bool is_encoded = false;      // by another encoding, or an unknown one: never encoded again (RFC 2045 §6.4)
        bool is_text = false;
        bool is_leaf = false;
        bool is_message = false;  // its header section is a message's
    };
    void add(const Part& part, bool is_message);
    void scan(Place& place, std::string_view octets, std::uint64_t at);
    void header_ends(Place& place);

    std::vector<Place> places_;  // by header_offset
    std::uint64_t offset_ = 0;
    std::size_t first_ = 0;  // places before this are finished
    std::string header_;     // the current header section, as far as needed
    bool is_signed_ = false;
    AsciiDomain ascii_domain_;
    bool headers_become_ascii_ = true;
};

// Makes the changes: feed it the same message.
class SevenBitEncoder {
  public:
    // `ascii_domain`: as the scanner had it.
    explicit SevenBitEncoder(std::vector<SevenBitScanner::Change> changes, AsciiDomain ascii_domain = nullptr)
        : changes_(std::move(changes)), ascii_domain_(ascii_domain) {}
    void feed(std::string_view octets, std::string& out);
    void finish(std::string& out);

  private:
    void header_ends(std::string& out);
    void body(std::string_view octets, std::string& out);
    void body_ends(std::string& out);

    std::vector<SevenBitScanner::Change> changes_;
    AsciiDomain ascii_domain_;
    std::size_t next_ = 0;  // the current or next change
    std::uint64_t offset_ = 0;
    std::string held_;  // a header section, or an incomplete line
    Base64Encoder base64_;
};

}  // namespace mime
