// One line of a header or trailer section. RFC 9112 §5.
#pragma once

#include <expected>
#include <string_view>

#include "protocols/http/wire/fault.h"
#include "protocols/http/wire/message.h"

namespace http::wire {

// field-line = field-name ":" OWS field-value OWS, without CRLF, not empty. White space before the colon (§5.1) and
// folded lines (obs-fold, §5.2) are faults.
std::expected<Field, Fault> parse_field_line(std::string_view line);

}  // namespace http::wire
