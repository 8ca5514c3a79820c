// Builds the grammar; turns errors into exit statuses.
#include "server/cli/command_line.h"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "server/cli/context.h"
#include "server/options.h"

namespace server::cli {

namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

// Prints one line, whatever the exception says.
void complain(Console& console, std::string what) {
    std::ranges::replace(what, '\n', ' ');
    console.err << "mailstead: " << what << std::endl;
}

std::vector<CLI::App*> commands_of(CLI::App& app) {
    return app.get_subcommands([](const CLI::App*) { return true; });
}

// Options of every command, at each level, so that each help text shows them.
void add_common_options(CLI::App& app, Context& context) {
    const auto common = [](CLI::Option* option) { return option->group("Options of every command"); };
    const auto last = CLI::MultiOptionPolicy::TakeLast;
    common(app.add_option("--config", context.config_file, "The config file (TOML)"))->multi_option_policy(last);
    common(app.add_option("--data", context.data, "The data directory, instead of the config's"))
        ->multi_option_policy(last);
    common(app.add_flag("--json", context.json, "What the command prints, if anything, as JSON (not: serve, config)"));
    for (CLI::App* command : commands_of(app)) add_common_options(*command, context);
}

void build(CLI::App& app, Context& context) {
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("--version", std::string("mailstead ") + program_version, "Show the version");
    app.footer(
        "The config file is that of --config, else that of the variable MAILSTEAD_CONFIG, else\n"
        "/etc/mailstead/mailstead.toml if it exists. Exit status: 0; 1 failed; 2 wrong usage.");
    for (const auto add : {add_serve_command,   add_domain_command,   add_account_command, add_alias_command,
                           add_list_command,    add_address_command,  add_dkim_command,    add_dns_command,
                           add_queue_command,   add_ban_command,      add_session_command, add_certificate_command,
                           add_audit_command,   add_trace_command,    add_check_command,   add_backup_command,
                           add_restore_command, add_rollback_command, add_config_command,  add_version_command}) {
        add(app, context);
    }
    add_common_options(app, context);
}

// "mailstead alias add --help": of the command as far as it was understood.
std::string see_help(const CLI::App& app) {
    std::string path = "mailstead ";
    for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        path += at->get_name() + " ";
    }
    return " (see " + path + "--help)";
}

// The fault in the given words: if a command was expected, the unknown word.
std::string fault_of(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App* at = &app;
    std::string path;
    while (!at->get_subcommands().empty()) {
        at = at->get_subcommands().front();
        path += at->get_name() + " ";
    }
    if (at->get_subcommands([](const CLI::App*) { return true; }).empty()) return error.what();
    for (const std::string& word : app.remaining(true)) {
        if (!word.starts_with('-')) return "unknown command \"" + path + word + "\"";
    }
    return at == &app ? "a command is needed" : error.what();
}

}  // namespace

int run(const std::vector<std::string>& arguments, Console& console) {
    CLI::App app("Mailstead: mail server, one process, one file", "mailstead");
    Context context(console);
    build(app, context);
    try {
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // CLI11 wants them so
        app.parse(reversed);
        if (context.action) context.action();
        console.out.flush();
        return 0;
    } catch (const CLI::CallForHelp&) {
        console.out << app.help();
        return 0;
    } catch (const CLI::CallForVersion& version) {
        console.out << version.what() << '\n';
        return 0;
    } catch (const CLI::ParseError& error) {
        complain(console, fault_of(app, error) + see_help(app));
        return exit_usage;
    } catch (const WrongUsage& error) {
        complain(console, error.what() + see_help(app));
        return exit_usage;
    } catch (const std::exception& error) {
        const std::string what = error.what();
        const std::string hint = context.hint();
        const bool said = !hint.empty() && what == hint.substr(2);
        complain(console, said ? what : what + hint);
        return exit_failed;
    }
}

int run(int argc, char** argv) {
    umask(077);  // the store holds mail and keys: only the owner may read what we create
    Console console{std::cin, std::cout, std::cerr, isatty(STDIN_FILENO) == 1, process_environment()};
    return run(std::vector<std::string>(argv + 1, argv + argc), console);
}

}  // namespace server::cli
