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
    CLI::App* command = app.add_subcommand("config", "Show every config key, what it means, and its value");
    const auto sample = std::make_shared<bool>(false);
    command->add_flag("--sample", *sample, "The defaults as comments, to begin a config file with");
    command->callback([&context, sample] {
        context.action = [&context, sample] {
            context.console.out << (*sample ? describe_config(Config{}, Description::sample)
                                            : describe_config(context.config()));
        };
    });
}

}  // namespace server::cli
