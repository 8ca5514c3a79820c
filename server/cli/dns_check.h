// mailstead dns NAME --check.
#pragma once

#include <chrono>
#include <vector>

#include "server/cli/context.h"
#include "server/zone/records.h"

namespace server::cli {

// Nothing is awaited longer, however silent the DNS is: all its answers, and then all connections.
struct CheckTimes {
    std::chrono::milliseconds answers = std::chrono::seconds(10);
    std::chrono::milliseconds connections = std::chrono::seconds(4);
};

// Prints what the DNS and the outside say. Throws Failure if something is wrong.
void check_dns(Context& context, const zone::Facts& facts, const std::vector<zone::Record>& records,
               CheckTimes times = {});

}  // namespace server::cli
