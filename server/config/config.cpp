// TOML into a Config by the table of keys, overridden by the environment. Only this file uses toml++.
#include "server/config/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "protocols/base/text.h"
#include "server/config/host_name.h"
#include "server/config/keys.h"

namespace server {

namespace {

using Loaded = std::expected<void, std::string>;

constexpr std::string_view route_section = "queue.route";

constexpr const char* sample_head =
    "# Mailstead's config file. Every key is optional; the values shown are the defaults. Durations are written\n"
    "# \"90s\", \"5m\", \"1h30m\", \"5d\"; sizes \"64KiB\", \"50MiB\". An environment variable of the name given "
    "overrides\n"
    "# the file; lists are written there with commas. Accounts and domains are not config: see mailstead account, "
    "domain.\n"
    "# Made by `mailstead config --sample`.\n\n";

// Reads one parsed file into a Config.
class Reader {
  public:
    Reader(Config& config, const std::string& file) : config_(config), file_(file) {}

    Loaded read(const toml::table& root) { return read_table(root, ""); }

  private:
    Loaded fail(const toml::node& at, const std::string& key, std::string_view what) const {
        return std::unexpected(fmt::format("{}:{}: {}: {}", file_, at.source().begin.line, key, what));
    }

    static bool is_section(std::string_view name) {
        return std::ranges::any_of(config_keys(), [&](const Key& key) { return key.section == name; });
    }

    Loaded read_table(const toml::table& table, const std::string& section) {
        for (const auto& [toml_key, node] : table) {
            const std::string name(toml_key.str());
            const std::string path = section.empty() ? name : section + "." + name;
            const auto key = std::ranges::find_if(
                config_keys(), [&](const Key& row) { return row.section == section && row.name == name; });
            Loaded done;
            if (key != config_keys().end()) {
                done = path == route_section ? read_routes(node, path) : set(node, path, key->field(config_));
                if (done && key->objection) {
                    const std::string objection = key->objection(config_);
                    if (!objection.empty()) done = fail(node, path, objection);
                }
            } else if (node.is_table() && section.empty() && is_section(name)) {
                done = read_table(*node.as_table(), name);
            } else {
                done = fail(node, path, "unknown key");
            }
            if (!done) return done;
        }
        return {};
    }

    Loaded set(const toml::node& node, const std::string& path, const Field& field) const {
        const auto raw = raw_of(node);
        if (!raw) return fail(node, path, "this kind of value is not expected here");
        if (const auto done = assign(field, *raw); !done) return fail(node, path, done.error());
        return {};
    }

    static std::optional<Raw> raw_of(const toml::node& node) {
        if (const auto* text = node.as_string()) return Raw(text->get());
        if (const auto* number = node.as_integer()) return Raw(number->get());
        if (const auto* flag = node.as_boolean()) return Raw(flag->get());
        const auto* array = node.as_array();
        if (!array) return std::nullopt;
        std::vector<std::string> list;
        for (const toml::node& element : *array) {
            const auto* text = element.as_string();
            if (!text) return std::nullopt;
            list.push_back(text->get());
        }
        return Raw(std::move(list));
    }

    Loaded read_routes(const toml::node& node, const std::string& path) {
        const auto* array = node.as_array();
        if (!array) return fail(node, path, "[[queue.route]] tables were expected");
        config_.queue.route.clear();
        for (const toml::node& element : *array) {
            const auto* table = element.as_table();
            if (!table) return fail(element, path, "[[queue.route]] tables were expected");
            if (auto done = read_route(*table, path); !done) return done;
        }
        return {};
    }

    Loaded read_route(const toml::table& table, const std::string& path) {
        Route route;
        for (const auto& [toml_key, node] : table) {
            const auto key = std::ranges::find(route_keys(), std::string_view(toml_key.str()), &RouteKey::name);
            const std::string key_path = path + "." + std::string(toml_key.str());
            if (key == route_keys().end()) return fail(node, key_path, "unknown key");
            if (auto done = set(node, key_path, key->field(route)); !done) return done;
        }
        if (route.domain.empty() || route.host.empty()) return fail(table, path, "domain and host are needed");
        // They would share connections, of which one or the other is logged in.
        const bool two_passwords = std::ranges::any_of(config_.queue.route, [&](const Route& other) {
            return base::iequals(other.host, route.host) && other.port == route.port &&
                   other.username == route.username && other.password != route.password;
        });
        if (two_passwords) return fail(table, path, route.host + " has two passwords for " + route.username);
        config_.queue.route.push_back(std::move(route));
        return {};
    }

    Config& config_;
    const std::string& file_;
};

Loaded apply_environment(Config& config, const Environment& environment) {
    for (const Key& key : config_keys()) {
        const std::string name = environment_name(key);
        const auto value = environment(name);
        if (!value) continue;
        if (const auto done = assign(key.field(config), Untyped{*value}); !done) {
            return std::unexpected(fmt::format("{}: {}", name, done.error()));
        }
        const std::string objection = key.objection ? key.objection(config) : std::string();
        if (!objection.empty()) return std::unexpected(fmt::format("{}: {}", name, objection));
    }
    return {};
}

// Checks that involve several keys.
Loaded check_together(const Config& config) {
    if (config.tls.certificate.empty() != config.tls.key.empty()) {
        return std::unexpected("tls.certificate and tls.key: give both or neither");
    }
    if (config.queue.schedule.empty()) return std::unexpected("queue.schedule: at least one duration is needed");
    if (config.data.empty()) return std::unexpected("data: a directory is needed");
    if (config.store.readers == 0) return std::unexpected("store.readers: at least 1 is needed");
    if (config.auth.hash_threads == 0) return std::unexpected("auth.hash_threads: at least 1 is needed");
    if (config.auth.argon2_passes == 0) return std::unexpected("auth.argon2_passes: at least 1 is needed");
    if (config.auth.argon2_memory.value < 64 << 10) {
        return std::unexpected("auth.argon2_memory: at least 64KiB is needed");
    }
    if (config.auth.scram_iterations < 4096) {  // RFC 7677 §4
        return std::unexpected("auth.scram_iterations: at least 4096 is needed");
    }
    return {};
}

}  // namespace

std::expected<Config, std::string> parse_config(std::string_view toml, const std::string& name,
                                                const Environment& environment) {
    Config config;
    try {
        const toml::table root = toml::parse(toml);
        if (auto done = Reader(config, name).read(root); !done) return std::unexpected(std::move(done.error()));
    } catch (const toml::parse_error& error) {
        return std::unexpected(fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
    }
    if (auto done = apply_environment(config, environment); !done) return std::unexpected(std::move(done.error()));
    if (auto done = check_together(config); !done) {
        return std::unexpected(name.empty() ? std::move(done.error()) : fmt::format("{}: {}", name, done.error()));
    }
    return config;
}

std::expected<Config, std::string> load_config(const std::filesystem::path& file, const Environment& environment) {
    if (file.empty()) return parse_config("", "", environment);
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    if (!input || !(text << input.rdbuf() || input.peek() == std::ifstream::traits_type::eof())) {
        return std::unexpected(fmt::format("{}: cannot be read", file.native()));
    }
    return parse_config(text.str(), file.native(), environment);
}

Environment process_environment() {
    return [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    };
}

std::filesystem::path default_config_file(const Environment& environment) {
    if (const auto named = environment("MAILSTEAD_CONFIG"); named && !named->empty()) return *named;
    const std::filesystem::path usual = "/etc/mailstead/mailstead.toml";
    std::error_code ignored;
    return std::filesystem::exists(usual, ignored) ? usual : std::filesystem::path();
}

std::vector<std::string> unknown_overrides() {
    std::vector<std::string> unknown;
    for (char** entry = environ; entry && *entry; ++entry) {
        const std::string_view text(*entry);
        const std::string_view name = text.substr(0, text.find('='));
        if (!name.starts_with("MAILSTEAD_") || name == "MAILSTEAD_CONFIG") continue;
        // Kubernetes and Docker links set these for a service of this name.
        if (name.starts_with("MAILSTEAD_SERVICE_") || name.starts_with("MAILSTEAD_PORT")) continue;
        const bool known =
            std::ranges::any_of(config_keys(), [&](const Key& key) { return environment_name(key) == name; });
        if (!known) unknown.emplace_back(name);
    }
    return unknown;
}

std::string describe_config(const Config& config, Description kind) {
    Config copy = config;
    for (Route& route : copy.queue.route) route.password.clear();
    std::string text = kind == Description::sample ? sample_head : "";
    std::string_view section;
    for (const Key& key : config_keys()) {
        if (key.section != section) text += fmt::format("\n[{}]\n", section = key.section);
        text += fmt::format("# {}\n# {}\n", key.help, environment_name(key));
        const bool is_route = path_of(key) == route_section;  // tables, shown in the environment's form
        const bool commented = is_route || kind == Description::sample;
        text += fmt::format("{}{} = {}\n", commented ? "#" : "", key.name, to_toml(key.field(copy)));
    }
    return text;
}

std::string hostname_of(const Config& config) {
    if (!config.hostname.empty()) return host_name(config.hostname).value_or(base::lower(config.hostname));
    char name[256] = {};
    if (gethostname(name, sizeof name - 1) != 0) return "localhost";
    return host_name(name).value_or("localhost");
}

}  // namespace server
