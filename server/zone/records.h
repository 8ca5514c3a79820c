// What a domain should publish so that its mail arrives, is believed, and mail programs find their settings. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocols/sts/policy.h"
#include "server/zone/record.h"
#include "storage/dkim_keys.h"

namespace server::zone {

// The ports of our doors as clients see them; 0: closed.
struct Doors {
    std::uint16_t submission = 587;
    std::uint16_t submissions = 465;
    std::uint16_t imaps = 993;
    std::uint16_t pop3s = 995;
    bool https = true;
};

struct Facts {
    std::string domain;                  // A-labels; empty: the host's own records alone
    std::string host;                    // our name, A-labels
    std::vector<std::string> addresses;  // of the host; empty: not known
    std::vector<storage::DkimKey> keys;  // of the domain; withdrawn ones are left out
    Doors doors;
    std::string sts_id;  // of our MTA-STS policy (RFC 8461 §3.1); empty: we have none
    sts::Mode sts_mode = sts::Mode::enforce;
    std::string certificate_key;           // SHA-256 of the certificate's public key, octets; empty: not known
    std::string next_certificate_key{};    // the same of the key that it will have next (RFC 7671 §8.1); empty: none
    std::vector<std::string> authorities;  // who may issue the host's certificate (RFC 8659); empty: anybody
};

// True if the name is the domain, or below it.
bool is_within(std::string_view name, std::string_view domain);

// In the order in which they matter. Those of the host are among them if it lies within the domain.
std::vector<Record> records_of(const Facts& facts);

// The name of a key's record (RFC 6376 §3.6.2.1).
std::string key_name(const storage::DkimKey& key, const std::string& domain);

}  // namespace server::zone
