// MTA-STS: policies by which a domain says that its mail hosts have TLS and good certificates. RFC 8461. Pure: whoever
// sends mail asks for record and policy, and keeps it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sts {

enum class Mode : std::uint8_t { none, testing, enforce };

struct Policy {
    Mode mode = Mode::none;
    std::vector<std::string> mx;  // names or "*.example.net", lower case
    std::uint32_t max_age = 0;    // seconds
    bool operator==(const Policy&) const = default;
};

constexpr std::uint32_t longest_max_age = 31'557'600;  // RFC 8461 §3.2
constexpr std::size_t most_policy_octets = 64u << 10;
constexpr std::size_t most_mx = 1'000;  // of one policy

// The id of the one record of this version among a name's TXT records (RFC 8461 §3.1); nullopt: there is none, or
// several.
std::optional<std::string> find_record(const std::vector<std::string>& texts);

// A policy file (RFC 8461 §3.2); nullopt: it is not valid.
std::optional<Policy> parse_policy(std::string_view text);

// Whether the policy names this host (lower case): a wildcard stands for exactly one label (RFC 8461 §4.1).
bool names_host(const Policy& policy, std::string_view host);

// "none", "testing", "enforce".
std::string_view word_of(Mode mode);
std::optional<Mode> parse_mode(std::string_view word);

// What a server with this name (A-labels) says for each of its domains. Whoever cannot verify its certificate cannot
// read this either: the policy's host has the same. Mode none withdraws what was said before (RFC 8461 §8.3).
Policy own_policy(std::string_view host, Mode mode);

// As a file.
std::string render_policy(const Policy& policy);
// For the DNS (RFC 8461 §3.1): another one for another policy.
std::string policy_id(const Policy& policy);

}  // namespace sts
