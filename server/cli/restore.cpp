// mailstead restore FILE: puts a backup in the store's place.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "server/cli/context.h"
#include "server/cli/words.h"
#include "server/options.h"
#include "server/summaries.h"
#include "storage/upkeep/restore.h"

namespace server::cli {

namespace {

void restore(Context& context, const std::string& file, bool even_if_damaged) {
    context.access = Access::make;
    const std::filesystem::path copy = std::filesystem::absolute(file);
    storage::RestoreOptions options;
    options.even_if_damaged = even_if_damaged;
    options.check = check_options(parse_limits(context.config()));
    options.search_index = search_index_options(context.config()).path;
    if (context.config().audit.keep.count() > 0) options.audit = context.audit_entry("store.restore", copy.string());
    auto restored = storage::restore_store(context.own_store_options().path, copy, options);
    // What --even-if-damaged leaves out are checks of the copy; a file that is no database stays refused.
    if (!restored && !even_if_damaged && restored.error().text.find(" is damaged: ") != std::string::npos) {
        throw Failure(restored.error().text + " (--even-if-damaged takes it, if there is no better one)");
    }
    const storage::Restored done = value_of(std::move(restored));
    if (context.json) {
        context.console.out << nlohmann::json{{"schema", done.schema},
                                              {"kept", done.kept.string()},
                                              {"messages", done.report.messages},
                                              {"findings", done.report.findings.size()}}
                                   .dump()
                            << '\n';
        return;
    }
    context.console.out << fmt::format("{} is the store now", copy.string());
    if (!done.kept.empty()) context.console.out << fmt::format("; the one before is {}", done.kept.string());
    context.console.out << ".\n";
    if (!done.report.findings.empty()) {
        context.console.out << counted(done.report.findings.size(), "thing in it is", "things in it are")
                            << " not as it should be: see mailstead check\n";
    }
}

}  // namespace

void add_restore_command(CLI::App& app, Context& context) {
    CLI::App* command = app.add_subcommand("restore", "Put a backup in the store's place (the server is stopped)");
    const auto file = std::make_shared<std::string>();
    const auto even_if_damaged = std::make_shared<bool>(false);
    command->add_option("file", *file, "What mailstead backup has made")->required();
    command->add_flag("--even-if-damaged", *even_if_damaged, "Take it although some of it is lost");
    command->callback([&context, file, even_if_damaged] {
        context.action = [&context, file, even_if_damaged] { restore(context, *file, *even_if_damaged); };
    });
}

}  // namespace server::cli
