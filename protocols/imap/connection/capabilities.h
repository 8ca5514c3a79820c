// The capabilities of this connection at this moment. RFC 3501 §7.2.1, RFC 9051 §7.2.2.
#pragma once

#include <string>

#include "protocols/imap/connection/connection.h"

namespace imap {

// The names, separated by spaces.
std::string capabilities(const Connection& connection);

}  // namespace imap
