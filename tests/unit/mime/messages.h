// Messages for several tests, and the tree of parts on one line.
#pragma once

#include <string>
#include <string_view>

#include "protocols/mime/body_structure.h"
#include "protocols/mime/summary.h"

namespace samples {

// The message whose part numbers RFC 9051 §6.4.5.1 lists.
std::string numbered_message();

// "multipart/mixed(text/plain message/rfc822{text/html})".
std::string tree(const mime::Part& part);

// Checks that feeding the message in any two pieces, octet by octet, or whole gives the same summary, which survives
// storing and reading; returns that summary.
mime::Summary summarize_checked(std::string_view message, const mime::ParseLimits& limits = {});

// The octets of a range of the message.
std::string_view cut(std::string_view message, mime::OctetRange range);

// Lines joined with CRLF.
std::string crlf(std::string_view lines);

}  // namespace samples
