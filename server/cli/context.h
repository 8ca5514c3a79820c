// What every command has: where to find the config and the store, how to answer, how to fail.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "server/cli/command_line.h"
#include "server/config/config.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace CLI {
class App;
}

namespace server::cli {

// The command cannot be done: exit status 1, what() on standard error.
class Failure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The command line makes no sense: exit status 2.
class WrongUsage : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

struct Context {
    Console& console;
    std::string config_file;                 // --config
    std::string data;                        // --data
    bool json = false;                       // --json
    std::function<void()> action;            // of the command that was given
    std::unique_ptr<storage::Store> opened;  // by store()

    explicit Context(Console& given) : console(given) {}

    // The config as file, environment and --data make it. Throws Failure.
    Config config() const;
    std::filesystem::path config_path() const;  // empty: none
    // Where that config's store is and how to open it, as the user that owns it from here on.
    storage::StoreOptions own_store_options() const;
    // The store of that config, made if it does not exist. Throws Failure.
    storage::Store& store();
    // "bob" with the default domain, in normal form. Throws Failure when it is no name.
    std::string account_name(const std::string& given);
};

// The value, or a Failure with the refusal's words.
template <class T>
T value_of(storage::Result<T> result) {
    if (!result) throw Failure(result.error().text);
    return std::move(*result);
}

// Each adds its command to the grammar; `context` outlives it.
void add_serve_command(CLI::App& app, Context& context);
void add_domain_command(CLI::App& app, Context& context);
void add_account_command(CLI::App& app, Context& context);
void add_alias_command(CLI::App& app, Context& context);
void add_queue_command(CLI::App& app, Context& context);
void add_check_command(CLI::App& app, Context& context);
void add_backup_command(CLI::App& app, Context& context);
void add_rollback_command(CLI::App& app, Context& context);
void add_config_command(CLI::App& app, Context& context);
void add_version_command(CLI::App& app, Context& context);

}  // namespace server::cli
