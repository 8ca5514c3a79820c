// What an ACME server says, from its JSON: RFC 8555 §7.1, §6.7 (problems), RFC 9773 §4.2. Pure. What is missing or of
// another type than the RFC's is a fault; what is not known is ignored.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace server::acme {

// A value, or what is wrong with the text.
template <class T>
using Read = std::expected<T, std::string>;

// RFC 8555 §7.1.1. URLs; empty: not offered.
struct Directory {
    std::string new_nonce;
    std::string new_account;
    std::string new_order;
    std::string renewal_info;             // RFC 9773 §3
    bool needs_external_account = false;  // an account that was made elsewhere, which we cannot name
};

// RFC 8555 §6.7.
struct Problem {
    std::string type;  // without "urn:ietf:params:acme:error:"
    std::string detail;
};
// "rateLimited: too many …", in one line.
std::string text_of(const Problem& problem);

// RFC 8555 §7.1.6. `ended`: deactivated, expired, revoked, or a word that we do not know.
enum class Status : std::uint8_t { pending, ready, processing, valid, invalid, ended };

// RFC 8555 §7.1.3.
struct Order {
    Status status = Status::pending;
    std::vector<std::string> authorizations;  // URLs
    std::string finalize;                     // URL
    std::string certificate;                  // URL, once it is valid
    std::optional<Problem> error;
};

// RFC 8555 §7.1.5, §8. Ours are of three types.
struct Challenge {
    std::string type;
    std::string url;
    std::string token;  // base64url alone
    Status status = Status::pending;
    std::optional<Problem> error;
};

// RFC 8555 §7.1.4.
struct Authorization {
    Status status = Status::pending;
    std::string name;
    std::vector<Challenge> challenges;
};

// RFC 9773 §4.2. Unix seconds; the end is later than the start.
struct RenewalWindow {
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::string explanation;  // URL, or empty
};

Read<Directory> read_directory(std::string_view json);
Read<Problem> read_problem(std::string_view json);
Read<Order> read_order(std::string_view json);
Read<Authorization> read_authorization(std::string_view json);
Read<RenewalWindow> read_renewal_window(std::string_view json);

}  // namespace server::acme
