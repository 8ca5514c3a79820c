// Shared by all commands: finding config and store, printing results, failing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "server/cli/command_line.h"
#include "server/config/config.h"
#include "storage/audit.h"
#include "storage/store.h"
#include "storage/store_options.h"

namespace CLI {
class App;
}

namespace server::cli {

// The command failed: exit status 1, what() on standard error.
class Failure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// The command line is wrong: exit status 2.
class WrongUsage : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// How a command uses the store.
enum class Access : std::uint8_t {
    read,    // only reads; upgrades nothing
    change,  // changes an existing store
    make,    // the same, and creates a missing one
};

struct Context {
    Console& console;
    std::string config_file;                 // --config
    std::string data;                        // --data
    bool json = false;                       // --json
    std::function<void()> action;            // of the given command
    Access access = Access::change;          // set by the command before it calls store()
    std::unique_ptr<storage::Store> opened;  // by store()
    const std::string operator_name;         // the user of the system who gave the command

    explicit Context(Console& given);

    // The config from file, environment and --data. Throws Failure.
    Config config() const;
    std::filesystem::path config_path() const;  // empty: none
    // Where that config's store is and how to open it; becomes the user that owns it. Throws Failure if there is no
    // data directory, unless it may be created.
    storage::StoreOptions own_store_options() const;
    // The store of that config, opened for `access`. Throws Failure if there is none.
    storage::Store& store();
    // Throws Failure if the store has an older schema: for reads that need the present one.
    void need_present_schema();
    // A possible reason why a read failed: an older schema. Begins with ": "; empty if it is not that.
    std::string hint() const;
    // For the audit: the operator does this to the subject, now.
    storage::AuditEntry audit_entry(std::string what, std::string subject, std::string detail = {}) const;
    // "bob" with the default domain, in normal form. Throws Failure if it is not a name.
    std::string account_name(const std::string& given);
};

// The value, or a Failure with the refusal's text.
template <class T>
T value_of(storage::Result<T> result) {
    if (!result) throw Failure(result.error().text);
    return std::move(*result);
}

// Changes the store and notes who did it, in one.
template <class T>
T change(Context& context, storage::Operation<T> operation, std::string action, std::string subject,
         std::string detail = {}) {
    storage::AuditEntry entry = context.audit_entry(std::move(action), std::move(subject), std::move(detail));
    return value_of(context.store().write_now(storage::audited(std::move(operation), std::move(entry))));
}

// Each adds its command to the grammar; `context` must outlive it.
void add_serve_command(CLI::App& app, Context& context);
void add_domain_command(CLI::App& app, Context& context);
void add_account_command(CLI::App& app, Context& context);
void add_app_password_command(CLI::App& account, Context& context);
void add_second_factor_command(CLI::App& account, Context& context);
void add_alias_command(CLI::App& app, Context& context);
void add_dkim_command(CLI::App& app, Context& context);
void add_dns_command(CLI::App& app, Context& context);
void add_list_command(CLI::App& app, Context& context);
void add_address_command(CLI::App& app, Context& context);
void add_queue_command(CLI::App& app, Context& context);
void add_suppressed_command(CLI::App& queue, Context& context);
void add_ban_command(CLI::App& app, Context& context);
void add_audit_command(CLI::App& app, Context& context);
void add_trace_command(CLI::App& app, Context& context);
void add_session_command(CLI::App& app, Context& context);
void add_certificate_command(CLI::App& app, Context& context);
void add_check_command(CLI::App& app, Context& context);
void add_backup_command(CLI::App& app, Context& context);
void add_restore_command(CLI::App& app, Context& context);
void add_rollback_command(CLI::App& app, Context& context);
void add_config_command(CLI::App& app, Context& context);
void add_version_command(CLI::App& app, Context& context);

}  // namespace server::cli
