// The configuration: TOML, every key optional, every key with an environment override MAILSTEAD_<SECTION>_<KEY>.
// server/README.md "Config". Accounts and domains are data, not config. The table of keys is config/keys.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/services/event_log.h"
#include "server/auth/networks.h"
#include "server/config/limits.h"

namespace server {

// An address to listen on: numeric, with a port. Port 0 takes any free one (tests).
struct Endpoint {
    std::string address;
    std::uint16_t port = 0;
    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};
using Endpoints = std::vector<Endpoint>;

// [[queue.route]]: mail for a domain goes to this host instead of its MX. "*" is for every domain without a route.
// automatic: required if there is a username, else opportunistic. The last two verify the server's certificate.
enum class RouteTls : std::uint8_t { automatic, opportunistic, none, required, implicit };
struct Route {
    std::string domain;
    std::string host;
    std::uint16_t port = 0;  // 0: [queue] remote_port
    RouteTls tls = RouteTls::automatic;
    std::string username;  // empty: no authentication
    std::string password;
    std::string ca_file{};  // PEM, trusted for this server; empty: the system's
    friend bool operator==(const Route&, const Route&) = default;
};

enum class LogFormat : std::uint8_t { text, json };

// config/keys.cpp has a help text for each key.
struct Config {
    std::string hostname;  // empty: the machine's host name
    std::filesystem::path data = "/var/lib/mailstead";

    struct {
        Endpoints smtp{{"0.0.0.0", 25}, {"::", 25}};
        Endpoints submission{{"0.0.0.0", 587}, {"::", 587}};
        Endpoints submissions{{"0.0.0.0", 465}, {"::", 465}};
        Endpoints imap{{"0.0.0.0", 143}, {"::", 143}};
        Endpoints imaps{{"0.0.0.0", 993}, {"::", 993}};
        Endpoints pop3{{"0.0.0.0", 110}, {"::", 110}};
        Endpoints pop3s{{"0.0.0.0", 995}, {"::", 995}};
        Endpoints http;
        Endpoints https{{"0.0.0.0", 443}, {"::", 443}};
    } listen;

    struct {
        std::string user;
        bool confine = true;
        std::uint32_t threads = 0;
        std::uint32_t compute_threads = 0;
        std::vector<auth::Network> proxy_from;
    } server;

    struct {
        std::filesystem::path certificate;
        std::filesystem::path key;
        std::filesystem::path trusted;
    } tls;

    struct {
        std::string directory = "https://acme-v02.api.letsencrypt.org/directory";
        std::string email;
        std::string challenge = "auto";
        std::string hook;
        std::chrono::seconds hook_timeout{120};
        bool rsa = false;
    } acme;

    struct {
        std::vector<std::string> servers;  // "address@port"
        std::filesystem::path trust_anchor;
        std::chrono::seconds timeout{20};
        std::uint32_t lookups = 64;
        std::string update_server;  // "address" or "address@port"
        std::filesystem::path update_key;
    } dns;

    struct {
        std::chrono::seconds rotate{0};
        bool publish = false;
    } dkim;

    struct {
        std::vector<auth::Network> plaintext_from{*auth::Network::parse("127.0.0.1"), *auth::Network::parse("::1")};
        Octets argon2_memory{19'456 << 10};
        std::uint32_t argon2_passes = 2;
        bool scram = true;
        std::uint32_t scram_iterations = 10'000;
        std::chrono::seconds remember{300};
        std::uint32_t remembered_passwords = 10'000;
        std::uint32_t hash_threads = 2;
        bool check_from_header = true;
    } auth;

    struct {
        Octets cache = 4_MiB;
        std::uint32_t readers = 2;
        bool everything_synced = false;
        Octets reserve = 16_MiB;
        std::chrono::seconds sweep_interval{60};
    } store;

    struct {
        bool index = true;
    } search;

    struct {
        std::chrono::seconds keep{std::chrono::hours(24 * 90)};
        std::uint32_t entries = 100'000;
    } audit;

    struct {
        bool judge = true;
        std::string dmarc = "enforce";
        std::vector<std::string> dmarc_not_enforced;
        std::vector<std::string> trusted_sealers;
        std::chrono::seconds judging_time{20};
        std::string mta_sts = "enforce";
        std::chrono::seconds return_addresses_valid{std::chrono::hours(24 * 21)};
    } mail;

    struct {
        std::chrono::seconds keep{std::chrono::hours(24 * 30)};
        std::uint32_t messages = 10'000'000;
    } trace;

    struct {
        bool anyone = false;
    } sharing;

    struct {
        std::vector<std::chrono::seconds> schedule{
            std::chrono::minutes(5), std::chrono::minutes(15), std::chrono::minutes(30), std::chrono::hours(1),
            std::chrono::hours(2),   std::chrono::hours(4),    std::chrono::hours(8)};
        std::chrono::seconds lifetime{std::chrono::hours(24 * 5)};
        std::chrono::seconds delay_notice_after{std::chrono::hours(4)};
        std::uint32_t suppress_after = 3;
        std::chrono::seconds suppressed_for{std::chrono::hours(24 * 180)};
        std::chrono::seconds connect_timeout{30};
        std::chrono::seconds reply_timeout{std::chrono::minutes(10)};
        std::uint16_t remote_port = 25;
        std::vector<auth::Network> destination_networks;
        bool ipv6_first = false;
        std::uint32_t connections = 50;
        std::uint32_t slow_connections = 400;
        std::uint32_t connections_per_destination = 5;
        std::uint32_t messages_per_connection = 100;
        std::uint32_t recipients_in_hand = 2'000;
        std::vector<Route> route;
    } queue;

    struct {
        std::vector<auth::Network> networks;
    } push;

    Limits limits;

    struct {
        services::Level level = services::Level::info;
        LogFormat format = LogFormat::text;
    } log;
};

// Reads an environment variable; nullopt if it is not set. Passed in so that tests need no real environment.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment process_environment();

// The config of the file (empty: none) overridden by the environment. An error is one line for the administrator:
// "mailstead.toml:12: limits.connections: a number was expected", "MAILSTEAD_LOG_LEVEL: …".
std::expected<Config, std::string> load_config(const std::filesystem::path& file, const Environment& environment);

// Like load_config, from TOML text; `name` is the file's name in errors.
std::expected<Config, std::string> parse_config(std::string_view toml, const std::string& name,
                                                const Environment& environment);

// The config file if the command line names none: MAILSTEAD_CONFIG, else /etc/mailstead/mailstead.toml if it exists,
// else empty.
std::filesystem::path default_config_file(const Environment& environment);

// Environment variables that begin with MAILSTEAD_ but match no key: probably misspelt, so warn of them.
std::vector<std::string> unknown_overrides();

// Every key with its help, its environment name and its value in `config`, as a config file without passwords. In a
// sample the values are comments: keys that are not set follow the program's defaults.
enum class Description { values, sample };
std::string describe_config(const Config& config, Description kind = Description::values);

// hostname as A-labels; if empty, the machine's name; "localhost" if that is not a host name.
std::string hostname_of(const Config& config);

}  // namespace server
