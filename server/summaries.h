// Makes summaries of stored messages: for check, and in the background after an upgrade.
#pragma once

#include <cstdint>
#include <string>

#include "storage/upkeep/check.h"
#include "storage/upkeep/renewal.h"

namespace server {

// The summary of content that is read in pieces, the same as a delivery makes.
storage::Summarised summarise(std::uint64_t size_octets, const storage::ReadContent& read);

storage::RenewalOptions renewal_options();

}  // namespace server
