// Makes summaries of stored messages: for check, and in the background after an upgrade.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/mime/parse_limits.h"
#include "storage/upkeep/check.h"
#include "storage/upkeep/renewal.h"

namespace server {

// Makes the summary of content that is read in pieces, the same as a delivery with these limits.
storage::Summarise summarise_within(const mime::ParseLimits& limits);

// Whether a delivery with any limits may have made this summary. A complete one is compared whole. Of one that limits
// have cut, clients see little but its sizes (readable_summary.h): those are compared.
bool fits_other_limits(std::string_view stored, std::uint64_t size_octets, const storage::ReadContent& read);

storage::CheckOptions check_options(const mime::ParseLimits& limits);
storage::RenewalOptions renewal_options(const mime::ParseLimits& limits);

}  // namespace server
