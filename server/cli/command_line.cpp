// The grammar put together, errors turned into exit statuses.
#include "server/cli/command_line.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "server/cli/context.h"

namespace server::cli {

namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

// "One clear line", whatever was thrown.
void complain(Console& console, std::string what) {
    std::ranges::replace(what, '\n', ' ');
    console.err << "mailstead: " << what << std::endl;
}

void build(CLI::App& app, Context& context) {
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--config", context.config_file, "The config file (TOML)");
    app.add_option("--data", context.data, "The data directory, instead of the config's");
    app.add_flag("--json", context.json, "Answer as JSON");
    for (const auto add :
         {add_serve_command, add_domain_command, add_account_command, add_alias_command, add_queue_command,
          add_check_command, add_backup_command, add_rollback_command, add_config_command, add_version_command}) {
        add(app, context);
    }
}

}  // namespace

int run(const std::vector<std::string>& arguments, Console& console) {
    CLI::App app("Mailstead: mail server, one process, one file", "mailstead");
    Context context(console);
    build(app, context);
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants them
        app.parse(reversed);
        if (context.action) context.action();
        console.out.flush();
        return 0;
    } catch (const CLI::CallForHelp&) {
        console.out << app.help();
        return 0;
    } catch (const CLI::ParseError& error) {
        complain(console, std::string(error.what()) + " (see mailstead --help)");
        return exit_usage;
    } catch (const WrongUsage& error) {
        complain(console, std::string(error.what()) + " (see mailstead --help)");
        return exit_usage;
    } catch (const std::exception& error) {
        complain(console, error.what());
        return exit_failed;
    }
}

int run(int argc, char** argv) {
    umask(077);  // the store holds mail and keys: whatever is made here is its owner's alone
    Console console{std::cin, std::cout, std::cerr, isatty(STDIN_FILENO) == 1, process_environment()};
    return run(std::vector<std::string>(argv + 1, argv + argc), console);
}

}  // namespace server::cli
