// Config and store for commands. Like the server itself, commands give up root before they touch the store.
#include "server/cli/context.h"

#include <pwd.h>
#include <unistd.h>

#include <ctime>
#include <ostream>
#include <utility>

#include "server/auth/account_name.h"
#include "server/options.h"
#include "server/privileges.h"
#include "storage/domains.h"
#include "storage/store_options.h"

namespace server::cli {

namespace {

// By sudo, who stands behind it; else whose process it is.
std::string name_of_operator(const Environment& environment) {
    if (const auto behind = environment("SUDO_USER"); behind && !behind->empty()) return *behind;
    const passwd* user = getpwuid(getuid());
    return user ? std::string(user->pw_name) : "uid " + std::to_string(getuid());
}

}  // namespace

Context::Context(Console& given) : console(given), operator_name(name_of_operator(given.environment)) {}

storage::AuditEntry Context::audit_entry(std::string what, std::string subject, std::string detail) const {
    return {.at = std::time(nullptr),
            .kind = storage::AuditKind::change,
            .actor = operator_name,
            .action = std::move(what),
            .subject = std::move(subject),
            .detail = std::move(detail)};
}

std::filesystem::path Context::config_path() const {
    return config_file.empty() ? default_config_file(console.environment) : std::filesystem::path(config_file);
}

Config Context::config() const {
    auto loaded = load_config(config_path(), console.environment);
    if (!loaded) throw Failure(loaded.error());
    if (!data.empty()) loaded->data = data;
    return std::move(*loaded);
}

storage::StoreOptions Context::own_store_options() const {
    const Config loaded = config();
    std::error_code trouble;
    if (access != Access::make && !std::filesystem::is_directory(loaded.data, trouble)) {
        throw Failure("data: there is no directory " + loaded.data.native() +
                      " (mailstead serve and mailstead domain add make one)");
    }
    prepare_data_directory(loaded.data, loaded.server.user);
    drop_privileges(loaded.server.user);
    return store_options(loaded);
}

storage::Store& Context::store() {
    if (opened) return *opened;
    storage::StoreOptions options = own_store_options();
    std::error_code trouble;
    if (access != Access::make && !std::filesystem::exists(options.path, trouble)) {
        throw Failure("data: there is no store " + options.path.native() +
                      " (mailstead serve and mailstead domain add make one)");
    }
    options.readers = 1;
    options.read_only = access == Access::read;
    options.on_upgrade = [this](const storage::Upgrade& upgrade) {
        if (!upgrade.done) return;
        console.err << "mailstead: the store was upgraded from schema " << upgrade.from << " to " << upgrade.to
                    << "; as it was before: " << upgrade.snapshot.string() << std::endl;
    };
    options.on_unclean_start = [this] {
        console.err << "mailstead: the store had not been closed in order: MODSEQs and UIDs jump ahead" << std::endl;
    };
    opened = std::make_unique<storage::Store>(options);
    return *opened;
}

void Context::need_present_schema() {
    store();
    if (const std::string older = hint(); !older.empty()) throw Failure(older.substr(2));
}

std::string Context::hint() const {
    if (!opened) return {};
    const storage::SchemaVersions schema = opened->schema();
    if (schema.found == schema.known) return {};
    return ": the store has schema " + std::to_string(schema.found) + ", and this Mailstead works with " +
           std::to_string(schema.known) + ": mailstead serve upgrades it";
}

std::string Context::account_name(const std::string& given) {
    std::string domain;
    if (given.find('@') == std::string::npos) domain = value_of(store().read_now(storage::default_domain()));
    const auto name = auth::account_name(given, domain);
    if (!name) throw Failure("\"" + given + "\" cannot be the name of an account");
    return *name;
}

}  // namespace server::cli
