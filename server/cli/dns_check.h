// mailstead dns NAME --check.
#pragma once

#include <vector>

#include "server/cli/context.h"
#include "server/zone/records.h"

namespace server::cli {

// Prints what the DNS and the outside say. Throws Failure if something is wrong.
void check_dns(Context& context, const zone::Facts& facts, const std::vector<zone::Record>& records);

}  // namespace server::cli
