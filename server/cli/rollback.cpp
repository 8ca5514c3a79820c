// mailstead rollback: back to the store before its last upgrade, for the older Mailstead.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

#include "server/cli/context.h"
#include "storage/upkeep/rollback.h"

namespace server::cli {

namespace {

void rollback(Context& context) {
    std::optional<storage::AuditEntry> entry;
    if (context.config().audit.keep.count() > 0) entry = context.audit_entry("store.rollback", {});
    const storage::Rollback done =
        value_of(storage::rollback_store(context.own_store_options().path, std::move(entry)));
    if (context.json) {
        context.console.out << nlohmann::json{{"undone_schema", done.undone},
                                              {"schema", done.schema},
                                              {"kept", done.kept.string()},
                                              {"readable", done.readable}}
                                   .dump()
                            << '\n';
        return;
    }
    context.console.out << fmt::format(
        "The store is as it was before its upgrade to schema {}. The newer file is {}{}.\n"
        "Start the Mailstead that you had before: a newer one upgrades the store again.\n",
        done.undone, done.kept.string(), done.readable ? "" : " (it could not be read)");
}

}  // namespace

void add_rollback_command(CLI::App& app, Context& context) {
    app.add_subcommand("rollback", "Go back to the store as it was before its last upgrade (the server is stopped)")
        ->callback([&context] { context.action = [&context] { rollback(context); }; });
}

}  // namespace server::cli
