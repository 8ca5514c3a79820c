// Summaries of messages that lie in the store: made anew by check, and in the background behind an upgrade.
#pragma once

#include <cstdint>
#include <string>

#include "storage/upkeep/check.h"
#include "storage/upkeep/renewal.h"

namespace server {

// The summary of content that is read piece by piece, as a delivery would have made it.
storage::Summarised summarise(std::uint64_t size_octets, const storage::ReadContent& read);

storage::RenewalOptions renewal_options();

}  // namespace server
