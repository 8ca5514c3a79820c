// What return addresses of mail that is sent on need of the store: the secrets that seal them, and reverse-paths that
// are too long for one. server/delivery/srs makes and reads the addresses.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

// The newest first; none before the first renewal.
struct ReturnSecret {
    std::string secret;
    std::int64_t created_at = 0;
};
Query<std::vector<ReturnSecret>> return_secrets();

// Makes `fresh` the newest, if that is older than `renewed_before`, and forgets those followed by one that is older
// than `forgotten_before`: what they have sealed has expired. Returns them all, as return_secrets().
Operation<std::vector<ReturnSecret>> renew_return_secret(std::string fresh, std::int64_t now,
                                                         std::int64_t renewed_before, std::int64_t forgotten_before);

// A reverse-path that a token stands for.
struct LongSender {
    std::string token;
    std::string reverse_path;
    std::int64_t expires_at = 0;
};
// Refuses no_such_account if there is none, or it has expired.
Query<std::string> find_long_sender(std::string token, std::int64_t now);

}  // namespace storage
