// Config values as text: durations "5m", sizes "50MiB", endpoints "[::1]:143". Both ways, without I/O.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config/config.h"

namespace server {

// A place in a Config that a key sets. Its type says what may be written there.
using Field =
    std::variant<std::string*, bool*, std::uint16_t*, std::uint32_t*, Octets*, std::chrono::seconds*,
                 std::filesystem::path*, std::vector<std::string>*, Endpoints*, std::vector<auth::Network>*,
                 std::vector<std::chrono::seconds>*, std::vector<Route>*, RouteTls*, services::Level*, LogFormat*>;

// A value as TOML or the environment gives it, and as much of its type as the source knows.
struct Untyped {
    std::string text;
};  // from the environment: any scalar, or a list with commas
using Raw = std::variant<std::string, std::int64_t, bool, std::vector<std::string>, Untyped>;

// Sets the field; the error says what was expected, in words for the administrator.
std::expected<void, std::string> assign(const Field& field, const Raw& raw);

// The field's value as TOML.
std::string to_toml(const Field& field);

// "90s", "5m", "1h30m", "5d"; units s, m, h, d, w; nothing if it is none.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);
std::string format_duration(std::chrono::seconds duration);

// "50MiB", "19MB", "4096"; units B, kB, KiB, MB, MiB, GB, GiB, TB, TiB; nothing if it is none or overflows.
std::optional<Octets> parse_size(std::string_view text);
std::string format_size(Octets size);

// "127.0.0.1:25", "[::1]:143", "*:25" (every IPv4 address); nothing if it is none.
std::optional<Endpoint> parse_endpoint(std::string_view text);
std::string format_endpoint(const Endpoint& endpoint);

// Whether libunbound can ask there: an address, "192.0.2.53", "2001:db8::53", or one with a port, "192.0.2.53@5353".
bool is_dns_server(std::string_view text);

// "sink.test=127.0.0.1:4026", then, with spaces between, tls=…, username=…, password=…: a route in the environment.
std::expected<Route, std::string> parse_route(std::string_view text);

}  // namespace server
