// New DKIM keys, as the store keeps them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/mailauth/dkim_key.h"
#include "storage/dkim_keys.h"

namespace server::zone {

mailauth::KeyAlgorithm algorithm_of(storage::DkimAlgorithm algorithm);

// A new key of the domain (in normal form), published but not signing yet, with a selector that is none of those
// `taken`: "m20261130", "m20261130e" for Ed25519, then "m20261130-2". Takes about 100 ms of computing.
storage::DkimKey new_dkim_key(std::string domain, storage::DkimAlgorithm algorithm,
                              const std::vector<storage::DkimKey>& taken, std::int64_t now);

// Whether the text of a TXT record publishes this key.
bool publishes(std::string_view record, const storage::DkimKey& key);

}  // namespace server::zone
