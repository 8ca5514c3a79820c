// The Session object: RFC 8620 §2.
#pragma once

#include <string>

#include "web/jmap/context.h"

namespace jmap {

// With its "state".
Json session_object(const Context& context);
// That state alone, for responses (RFC 8620 §3.4).
std::string session_state(const Context& context);

}  // namespace jmap
