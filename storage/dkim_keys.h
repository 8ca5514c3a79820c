// DKIM keys of our domains (RFC 6376), by domain and selector. server/zone decides when a key signs and when it goes;
// protocols/mailauth makes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "storage/query.h"

namespace storage {

enum class DkimAlgorithm : std::uint8_t { rsa, ed25519 };  // stored: never renumber

// What a key does now. Stored: never renumber.
enum class DkimState : std::uint8_t {
    published,  // its record is to be in the DNS; it signs once it has been seen there
    signing,
    retired,    // signs no more; its record stays for the mail that is under way
    withdrawn,  // its record may go; the private key is gone
};

struct DkimKey {
    std::string domain;  // normal form
    std::string selector;
    DkimAlgorithm algorithm = DkimAlgorithm::rsa;
    DkimState state = DkimState::published;
    std::int64_t state_at = 0;  // since when; times are Unix seconds
    std::int64_t created_at = 0;
    std::int64_t seen_at = 0;  // first seen in the DNS, and since then at each look; 0: not so
    std::string public_key;    // base64, as in its record
    std::string private_key;   // PEM; empty where only names are asked for
};

// Adds a key. Refuses no_such_domain, and already_exists if the domain has had a key of that name.
Operation<std::monostate> add_dkim_key(DkimKey key);
// The same, but only as the domain's first: refuses already_exists if it has any that is not withdrawn.
Operation<std::monostate> add_first_dkim_key(DkimKey key);
// The operation, which adds the key's domain, and then the key, in one.
Operation<std::monostate> with_dkim_key(Operation<std::monostate> add_domain, DkimKey key);

// Without private keys: of one domain, or of all; by domain, the oldest first.
Query<std::vector<DkimKey>> list_dkim_keys(std::optional<std::string> domain = {});
// Those that sign, with their private keys.
Query<std::vector<DkimKey>> find_signing_keys(std::string domain);
// Our domains that have no key, or withdrawn ones alone.
Query<std::vector<std::string>> domains_without_dkim_key();

// What becomes of a key.
struct DkimChange {
    std::string selector;
    DkimState from = DkimState::published;  // what it is thought to be
    DkimState to = DkimState::published;
    std::int64_t seen_at = 0;
};
// All or none. Refuses conflict if a key is no longer what it was thought to be. A withdrawn one loses its private key,
// and stays what it is.
Operation<std::monostate> change_dkim_keys(std::string domain, std::vector<DkimChange> changes, std::int64_t now);

}  // namespace storage
