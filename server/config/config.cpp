// TOML into a Config by the table of keys, overridden by the environment. Only this file uses toml++.
#include "server/config/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "protocols/base/text.h"
#include "server/config/host_name.h"
#include "server/config/keys.h"
#include "server/config/route_keys.h"

namespace server {

namespace {

using Loaded = std::expected<void, std::string>;
// Where the value of a key comes from, for errors: "mailstead.toml:12: tls.key", "MAILSTEAD_TLS_KEY".
using Origins = std::map<std::string, std::string>;

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
    Reader(Config& config, Origins& origins, const std::string& file)
        : config_(config), origins_(origins), file_(file) {}

    Loaded read(const toml::table& root) { return read_table(root, ""); }

  private:
    std::string place(const toml::node& at, const std::string& key) const {
        return fmt::format("{}:{}: {}", file_, at.source().begin.line, key);
    }

    Loaded fail(const toml::node& at, const std::string& key, std::string_view what) const {
        return std::unexpected(fmt::format("{}: {}", place(at, key), what));
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
                origins_[path] = place(node, path);
                done = path == route_section ? read_routes(node, *key) : read_value(node, *key);
            } else if (section.empty() && is_section(name)) {
                done = node.is_table() ? read_table(*node.as_table(), name)
                                       : fail(node, path, "a section [" + name + "] was expected");
            } else {
                done = fail(node, path, "unknown key");
            }
            if (!done) return done;
        }
        return {};
    }

    Loaded read_value(const toml::node& node, const Key& key) const {
        if (auto done = set(node, path_of(key), key.field(config_), key.range); !done) return done;
        const std::string objection = key.objection ? key.objection(config_) : std::string();
        if (!objection.empty()) return fail(node, path_of(key), objection);
        return {};
    }

    Loaded set(const toml::node& node, const std::string& path, const Field& field, const Range& range) const {
        if (const auto done = assign(field, raw_of(node), range); !done) return fail(node, path, done.error());
        return {};
    }

    static Raw raw_of(const toml::node& node) {
        if (const auto* text = node.as_string()) return text->get();
        if (const auto* number = node.as_integer()) return number->get();
        if (const auto* flag = node.as_boolean()) return flag->get();
        const auto* array = node.as_array();
        if (!array) return Misfit{};
        std::vector<std::string> list;
        for (const toml::node& element : *array) {
            const auto* text = element.as_string();
            if (!text) return Misfit{};
            list.push_back(text->get());
        }
        return list;
    }

    Loaded read_routes(const toml::node& node, const Key& key) {
        constexpr std::string_view expected = "[[queue.route]] tables were expected";
        const auto* array = node.as_array();
        if (!array) return fail(node, path_of(key), expected);
        config_.queue.route.clear();
        for (const toml::node& element : *array) {
            const auto* table = element.as_table();
            if (!table) return fail(element, path_of(key), expected);
            if (auto done = read_route(*table, path_of(key)); !done) return done;
        }
        return {};
    }

    Loaded read_route(const toml::table& table, const std::string& path) {
        Route route;
        for (const auto& [toml_key, node] : table) {
            const auto key = std::ranges::find(route_keys(), std::string_view(toml_key.str()), &RouteKey::name);
            const std::string key_path = path + "." + std::string(toml_key.str());
            if (key == route_keys().end()) return fail(node, key_path, "unknown key");
            if (auto done = set(node, key_path, key->field(route), {}); !done) return done;
        }
        const std::string objection = object_to_route(config_.queue.route, route);
        if (!objection.empty()) return fail(table, path, objection);
        config_.queue.route.push_back(std::move(route));
        return {};
    }

    Config& config_;
    Origins& origins_;
    const std::string& file_;
};

Loaded apply_environment(Config& config, Origins& origins, const Environment& environment) {
    for (const Key& key : config_keys()) {
        const std::string name = environment_name(key);
        const auto value = environment(name);
        if (!value) continue;
        origins[path_of(key)] = name;
        if (const auto done = assign(key.field(config), Untyped{*value}, key.range); !done) {
            return std::unexpected(fmt::format("{}: {}", name, done.error()));
        }
        const std::string objection = key.objection ? key.objection(config) : std::string();
        if (!objection.empty()) return std::unexpected(fmt::format("{}: {}", name, objection));
    }
    return {};
}

// Checks that involve several keys.
Loaded check_together(const Config& config, const Origins& origins) {
    if (config.dkim.publish && (config.dns.update_server.empty() || config.dns.update_key.empty())) {
        return std::unexpected(origins.at("dkim.publish") + ": dns.update_server and dns.update_key are needed too");
    }
    if (config.tls.certificate.empty() == config.tls.key.empty()) return {};
    const bool key_alone = config.tls.certificate.empty();
    return std::unexpected(fmt::format("{}: {} is needed too", origins.at(key_alone ? "tls.key" : "tls.certificate"),
                                       key_alone ? "tls.certificate" : "tls.key"));
}

}  // namespace

std::expected<Config, std::string> parse_config(std::string_view toml, const std::string& name,
                                                const Environment& environment) {
    Config config;
    Origins origins;
    try {
        const toml::table root = toml::parse(toml);
        if (auto done = Reader(config, origins, name).read(root); !done)
            return std::unexpected(std::move(done.error()));
    } catch (const toml::parse_error& error) {
        return std::unexpected(fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
    }
    if (auto done = apply_environment(config, origins, environment); !done) {
        return std::unexpected(std::move(done.error()));
    }
    if (auto done = check_together(config, origins); !done) return std::unexpected(std::move(done.error()));
    return config;
}

std::expected<Config, std::string> load_config(const std::filesystem::path& file, const Environment& environment) {
    if (file.empty()) return parse_config("", "", environment);
    // A stream opens a directory without complaint, and reads nothing from it.
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) {
        return std::unexpected(fmt::format("{}: is a directory", file.native()));
    }
    errno = 0;
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    if (!input || !(text << input.rdbuf() || input.peek() == std::ifstream::traits_type::eof())) {
        return std::unexpected(
            fmt::format("{}: cannot be read: {}", file.native(), std::generic_category().message(errno)));
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
    for (Route& route : copy.queue.route) {
        if (route.port == 0) route.port = copy.queue.remote_port;
    }
    std::string text = kind == Description::sample ? sample_head : "";
    std::string_view section;
    for (const Key& key : config_keys()) {
        if (key.section != section) text += fmt::format("\n[{}]\n", section = key.section);
        text += fmt::format("# {}\n# {}\n", help_of(key), environment_name(key));
        const std::string value = to_toml(key.field(copy));
        const bool is_route = path_of(key) == route_section;
        if (is_route && !copy.queue.route.empty()) {
            text += value;
            continue;
        }
        // An empty list, if it were set, would forbid [[queue.route]] tables.
        const bool commented = is_route || kind == Description::sample;
        text += fmt::format("{}{} = {}\n", commented ? "#" : "", key.name, value);
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
