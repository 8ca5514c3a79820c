// Config values as text: durations "5m", sizes "50MiB", endpoints "[::1]:143". Parsing and formatting, without I/O.
#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config/config.h"

namespace server {

// The Config member that a key sets. Its type decides which values are allowed.
using Field =
    std::variant<std::string*, bool*, std::uint16_t*, std::uint32_t*, Octets*, std::chrono::seconds*,
                 std::filesystem::path*, std::vector<std::string>*, Endpoints*, std::vector<auth::Network>*,
                 std::vector<std::chrono::seconds>*, std::vector<Route>*, RouteTls*, services::Level*, LogFormat*>;

// A value as read from TOML or the environment. The environment has text only.
struct Untyped {
    std::string text;
};  // from the environment: any scalar, or a list with commas
struct Misfit {};  // from TOML: a kind of value that no key takes, such as 1.5, a date or a table
using Raw = std::variant<std::string, std::int64_t, bool, std::vector<std::string>, Untyped, Misfit>;

// Bounds of a value, both included: a number, octets, or seconds.
struct Range {
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::int64_t>::max();
};

// Sets the field; the error says what was expected, as text for the administrator.
std::expected<void, std::string> assign(const Field& field, const Raw& raw, const Range& range = {});

// "From 1 to 256", "At least 30m"; empty if the range only excludes zero, or nothing.
std::string describe_range(const Field& field, const Range& range);

// The field's value as TOML; routes as [[queue.route]] tables, without passwords. "[]" if there are none.
std::string to_toml(const Field& field);

// "90s", "5m", "1h30m", "5d"; units s, m, h, d, w; nullopt if malformed.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);
std::string format_duration(std::chrono::seconds duration);

// "50MiB", "19MB", "4096"; units B, kB, KiB, MB, MiB, GB, GiB, TB, TiB; nullopt if malformed or too large.
std::optional<Octets> parse_size(std::string_view text);
std::string format_size(Octets size);

// "127.0.0.1:25", "[::1]:143", "*:25" (every IPv4 address); nullopt if malformed.
std::optional<Endpoint> parse_endpoint(std::string_view text);
std::string format_endpoint(const Endpoint& endpoint);

// Whether libunbound accepts it as a server: an address, "192.0.2.53", "2001:db8::53", or with a port, "192.0.2.53@53".
bool is_dns_server(std::string_view text);

// As in the config: "required".
std::string_view word_of(RouteTls tls);

// A route in the environment: "sink.test=127.0.0.1:4026", then, separated by spaces, other keys of a route: "tls=none".
std::expected<Route, std::string> parse_route(std::string_view text);

}  // namespace server
