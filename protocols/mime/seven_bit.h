// A message for a server that takes 7-bit octets alone (RFC 6152 §3): bodies with others are encoded, and the header
// sections say so (RFC 2045 §6). For mail that is ours to change; what is signed is not.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/body_structure.h"
#include "protocols/mime/transfer_encoding.h"

namespace mime {

// Looks for what has to be encoded: fed with the message from its beginning, in pieces of any size.
class SevenBitScanner {
  public:
    explicit SevenBitScanner(const Part& root);
    void feed(std::string_view octets);

    // A leaf, or a part around leaves, whose encoding changes.
    struct Change {
        std::uint64_t header_offset = 0;
        std::uint64_t body_offset = 0;
        std::uint64_t body_end = 0;
        TransferEncoding to = TransferEncoding::identity;  // identity: nothing but its header section changes
        bool is_root = false;
    };
    // By header_offset. Empty: the message is 7-bit as far as it can be, or not to be changed: a part of it is signed
    // (multipart/signed, RFC 1847), or it or a message in it has a DKIM-Signature field (RFC 6376).
    std::vector<Change> changes() const;
    bool has_eight_bit() const;  // a body has octets above 127

  private:
    struct Place {
        Change change;
        bool has_eight_bit = false;
        bool declared = false;  // its encoding is 8bit or binary
        bool is_text = false;
        bool is_leaf = false;
        bool is_message = false;  // its header section is a message's
    };
    void add(const Part& part, bool is_message);
    void scan(Place& place, std::string_view octets, std::uint64_t at);

    std::vector<Place> places_;  // by header_offset
    std::uint64_t offset_ = 0;
    std::size_t first_ = 0;  // places before it are behind us
    std::string header_;     // of the message at hand, as far as needed
    bool is_signed_ = false;
};

// Makes the changes: fed with the same message, writes it anew.
class SevenBitEncoder {
  public:
    explicit SevenBitEncoder(std::vector<SevenBitScanner::Change> changes) : changes_(std::move(changes)) {}
    void feed(std::string_view octets, std::string& out);
    void finish(std::string& out);

  private:
    void header_ends(std::string& out);
    void body(std::string_view octets, std::string& out);
    void body_ends(std::string& out);

    std::vector<SevenBitScanner::Change> changes_;
    std::size_t next_ = 0;  // the change that is made, or comes
    std::uint64_t offset_ = 0;
    std::string held_;  // a header section, or a line that is not whole
    Base64Encoder base64_;
};

}  // namespace mime
