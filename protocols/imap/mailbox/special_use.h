// The special uses of mailboxes by name. RFC 6154 §2, RFC 8457.
// Which mailbox has which is the store's to know.
// LIST tells them unasked: macOS Mail never asks, but uses them (CLIENTS.md 1).
#pragma once

#include <optional>
#include <string_view>

#include "storage/mailboxes.h"

namespace imap {

// "\Sent"; empty for none.
std::string_view special_use_name(storage::SpecialUse use);
// The use of that name in any case; nothing if there is no such use.
std::optional<storage::SpecialUse> find_special_use(std::string_view name);

}  // namespace imap
