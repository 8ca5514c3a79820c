// Octets that clients have uploaded, to make messages of them: RFC 8620 §6.1. They do not count for the quota, but have
// a limit of their own, and expire. emails.h finds them by their ids.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "storage/contents.h"
#include "storage/query.h"

namespace storage {

// Of one account.
struct UploadLimits {
    std::uint64_t octets = 500'000'000;  // of all together
    std::size_t count = 1'000;
    std::chrono::seconds lifetime = std::chrono::hours(24);
};

// Keeps the content, and returns the id of its blob. `summary`: mime::encode_summary of it, as if it were a message.
// What has expired makes room. Refuses no_such_account, over_quota.
Operation<std::string> keep_upload(AccountId account, StagedBlob content, std::string summary, TextSizes sizes,
                                   UploadLimits limits, std::int64_t now);

// Forgets uploads that have expired, at most `most`; true if there are more.
Operation<bool> forget_uploads(std::int64_t now, std::size_t most);

}  // namespace storage
