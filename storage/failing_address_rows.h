// For storage/*.cpp only: counts what attempts to send an account's mail come to.
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/engine/connection.h"
#include "storage/failing_addresses.h"

namespace storage {

// Mail to it has failed for good, and the reason lies in the address.
void note_failing_address(engine::Connection& connection, AccountId account, std::string_view address,
                          std::string_view reply, std::int64_t now, const SuppressionOptions& options);
// Mail has arrived there.
void forget_failing_address(engine::Connection& connection, AccountId account, std::string_view address);

}  // namespace storage
