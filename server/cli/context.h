// What every command has: where to find the config and the store, how to answer, how to fail.
#pragma once

#include <cstdint>
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

// What a command does with the store.
enum class Access : std::uint8_t {
    read,    // looks at what is there; upgrades nothing
    change,  // changes a store that is there
    make,    // the same, and makes one where there is none
};

struct Context {
    Console& console;
    std::string config_file;                 // --config
    std::string data;                        // --data
    bool json = false;                       // --json
    std::function<void()> action;            // of the command that was given
    Access access = Access::change;          // set by that command before it asks for the store
    std::unique_ptr<storage::Store> opened;  // by store()

    explicit Context(Console& given) : console(given) {}

    // The config as file, environment and --data make it. Throws Failure.
    Config config() const;
    std::filesystem::path config_path() const;  // empty: none
    // Where that config's store is and how to open it, as the user that owns it from here on. Throws Failure where
    // there is no data directory, unless it may be made.
    storage::StoreOptions own_store_options() const;
    // The store of that config, for the access that the command has set. Throws Failure where there is none.
    storage::Store& store();
    // Throws Failure when the store is of an older schema: for reads that mean nothing there.
    void need_present_schema();
    // What may explain that a read failed: a store of an older schema. Begins with ": "; empty where it is none.
    std::string hint() const;
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
void add_ban_command(CLI::App& app, Context& context);
void add_check_command(CLI::App& app, Context& context);
void add_backup_command(CLI::App& app, Context& context);
void add_restore_command(CLI::App& app, Context& context);
void add_rollback_command(CLI::App& app, Context& context);
void add_config_command(CLI::App& app, Context& context);
void add_version_command(CLI::App& app, Context& context);

}  // namespace server::cli
