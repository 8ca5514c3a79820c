// MTA-STS policies of other domains, as they were fetched. RFC 8461 §3.2, §5.1. server/queue fetches and applies them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/query.h"

namespace storage {

struct StsPolicy {
    std::string domain;           // A-labels, lower case
    std::string id;               // of the TXT record that led to it
    std::string text;             // the policy file
    std::int64_t fetched_at = 0;  // Unix seconds
    std::int64_t expires_at = 0;
};

// So many are kept, those fetched last. Who fills the table with domains of their own makes others' policies be fetched
// again.
constexpr std::uint32_t most_sts_policies = 10'000;

// Also one that has expired.
Query<std::optional<StsPolicy>> find_sts_policy(std::string domain);
// Instead of the domain's earlier one. Forgets what has expired by `now`, and the oldest beyond the limit.
Operation<std::monostate> put_sts_policy(StsPolicy policy, std::int64_t now);

}  // namespace storage
