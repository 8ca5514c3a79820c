// The names of special uses. RFC 6154 §2, RFC 8457. LIST always includes them: macOS Mail never asks, but uses them
// (CLIENTS.md 1).
#pragma once

#include <optional>
#include <string_view>

#include "storage/mailboxes.h"

namespace imap {

// "\Sent"; empty for none.
std::string_view special_use_name(storage::SpecialUse use);
// The use of that name in any case; nullopt if there is no such use.
std::optional<storage::SpecialUse> find_special_use(std::string_view name);

}  // namespace imap
