// mailstead version, mailstead config.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

#include "server/cli/context.h"
#include "server/options.h"

namespace server::cli {

void add_version_command(CLI::App& app, Context& context) {
    app.add_subcommand("version", "Show the version")->callback([&context] {
        context.action = [&context] {
            if (context.json) {
                context.console.out << nlohmann::json{{"version", program_version}}.dump() << '\n';
            } else {
                context.console.out << "mailstead " << program_version << '\n';
            }
        };
    });
}

void add_config_command(CLI::App& app, Context& context) {
    app.add_subcommand("config", "Show every config key, what it means, and its value")->callback([&context] {
        context.action = [&context] { context.console.out << describe_config(context.config()); };
    });
}

}  // namespace server::cli
