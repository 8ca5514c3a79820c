// The pieces that compose.cpp and compose_report.cpp share: a new message's head, text parts, multiparts.
// For this library's own use.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mime/compose.h"

namespace mime {

// Makes the boundaries of one message, each different.
class Boundaries {
  public:
    explicit Boundaries(std::string_view random);
    std::string next();

  private:
    std::string stem_;
    std::size_t count_ = 0;
};

// The header section up to MIME-Version, without the blank line.
std::string compose_head(const MessageHead& head);

// A text/plain part: its fields, the blank line, its encoded body.
std::string compose_text_part(std::string_view text);

// A multipart of such parts. parameters: "; name=value", may be empty.
std::string multipart(std::string_view subtype, std::string_view parameters, const std::vector<std::string>& parts,
                      std::string_view boundary);

}  // namespace mime
