// When a DKIM key begins to sign and when it goes, in steps that never break: a new one is made and its record
// published; it signs once that was seen in the DNS twice, some hours apart, so that no cache denies it; then the old
// one signs no more, and its record stays for a week, for mail that is under way. Pure: what was seen and the time are
// passed in.
//
// The first key of a domain signs from the start: whoever finds no record for a signature takes the message as unsigned
// (RFC 6376 §6.1), as it would be without. So mail is signed from the moment that the record is there, not hours later.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "storage/dkim_keys.h"

namespace server::zone {

struct Rotation {
    std::int64_t age = 0;           // seconds after which a key is replaced; 0: never by itself
    std::int64_t confirm = 14'400;  // between the two times that a new key's record is seen
    std::int64_t keep = 604'800;    // how long a retired key's record stays
};

// Whether the record of a key is in the DNS. What could not be found out is in neither.
enum class Sighting : std::uint8_t { seen, missing };
using Sightings = std::map<std::string, Sighting>;  // by selector

// What becomes of the keys of one domain.
std::vector<storage::DkimChange> changes_of(const std::vector<storage::DkimKey>& keys, const Sightings& sightings,
                                            std::int64_t now, const Rotation& rotation);

// The algorithms for which a new key is due, because the one that signs has become old.
std::vector<storage::DkimAlgorithm> due_for_a_key(const std::vector<storage::DkimKey>& keys, std::int64_t now,
                                                  const Rotation& rotation);

// An administrator withdraws these keys at once: if none would sign any more, the one that waits to be seen does.
// nullopt: then the domain would have no key that signs.
std::optional<std::vector<storage::DkimChange>> withdrawal_of(const std::vector<storage::DkimKey>& keys,
                                                              const std::vector<std::string>& selectors);

}  // namespace server::zone
