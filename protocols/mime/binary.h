// Converts a message that came as binary (BODY=BINARYMIME, RFC 3030 §3) to one of lines: each part whose
// Content-Transfer-Encoding is "binary" (RFC 2045 §6.2) gets base64, and what is around such parts the label 8bit. What
// is stored and sent on then has no CR or LF of its own, and no NUL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "protocols/mime/part.h"
#include "protocols/mime/seven_bit.h"

namespace mime {

// Two passes over one message, in pieces of any size: examine() all of it, then convert() all of it. Holds header
// sections and the list of parts, never a body.
class BinaryConverter {
  public:
    explicit BinaryConverter(const ParseLimits& limits = {}) : parser_(limits) {}

    void examine(std::string_view octets);
    std::size_t held_octets() const;

    // Appends what the octets become. False: this message cannot be converted, and is not to be used: it has octets
    // that are no lines outside its binary parts, or more parts than the limits allow.
    bool convert(std::string_view octets, std::string& out);
    bool finish(std::string& out);

  private:
    void begin();
    bool are_lines(std::string_view octets);

    StructureParser parser_;
    bool begun_ = false;
    bool possible_ = true;
    bool after_cr_ = false;
    SevenBitEncoder encoder_{{}};
};

}  // namespace mime
