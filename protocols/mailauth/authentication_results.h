// Authentication-Results fields: what they say, and whose they claim to be. RFC 8601 §2.2, §5. They are written by
// authentication_results_writer.h. Which fields of a message are to be believed is left to the caller.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace mailauth {

// "header.d=example.org": type "header", name "d".
struct AuthenticationProperty {
    std::string type{};  // as read: compare it in any case, as the name
    std::string name{};
    std::string value{};  // quotes resolved; a local part keeps its "@"
};

// What one method found: "dkim=pass header.d=example.org".
struct AuthenticationResult {
    std::string method{};  // as read: compare it in any case, as the result
    unsigned version = 1;  // of the method (RFC 8601 §2.6): with another one than 1, it means something else
    std::string result{};
    std::string reason{};  // reason=
    std::vector<AuthenticationProperty> properties{};
    std::string comment{};  // written at its end; those of a field that is read are not kept
};

struct AuthenticationResults {
    std::string id{};                             // authserv-id: who says so
    std::vector<AuthenticationResult> results{};  // empty: "none"
};

// More results, or properties in all of them, are an error.
inline constexpr std::size_t max_authentication_results = 100;

// What the value of a field says, folds and all, or what is wrong with it. Another version than 1 is an error (§2.6).
std::expected<AuthenticationResults, std::string> parse_authentication_results(std::string_view value);

// Does the field claim to be of our_id? In any case, quoted, among comments, as A-labels or U-labels, with a version,
// and also where the rest of the field, or the id itself, is malformed: somebody may believe it all the same.
bool is_ours(std::string_view value, std::string_view our_id);

// Must it go from a message that comes from outside: is_ours(), or of another version than 1 (RFC 8601 §5)? So must one
// that would take too long to read.
bool must_be_removed(std::string_view value, std::string_view our_id);

}  // namespace mailauth
