// Why the store said no, in IMAP's words: the response code of each reason. RFC 5530 §3, RFC 9051 §7.1.
#pragma once

#include <string_view>

#include "storage/result.h"

namespace imap {

// The response code without brackets; empty where no code says it.
std::string_view refusal_code(storage::Reason reason);

}  // namespace imap
