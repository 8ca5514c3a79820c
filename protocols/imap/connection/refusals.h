// The response code for each reason of a refusal. RFC 5530 §3, RFC 9051 §7.1.
#pragma once

#include <string_view>

#include "storage/result.h"

namespace imap {

// The response code without brackets; empty if none fits.
std::string_view refusal_code(storage::Reason reason);

}  // namespace imap
