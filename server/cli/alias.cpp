// mailstead alias add|remove|list.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "server/cli/context.h"
#include "storage/domains.h"

namespace server::cli {

namespace {

struct AliasArguments {
    std::string name;
    std::vector<std::string> targets;
};

// An alias is an address, or "@domain" for a whole domain; without a domain it is in the default domain.
std::string alias_name(Context& context, const std::string& given) {
    return given.starts_with('@') ? given : context.account_name(given);
}

std::vector<std::string> target_names(Context& context, const std::vector<std::string>& given) {
    std::vector<std::string> names;
    // One with a domain is kept as it is given: its local part may be another server's, and is not ours to change.
    for (const std::string& target : given) {
        names.push_back(target.contains('@') ? target : context.account_name(target));
    }
    return names;
}

// An account may follow later; until then, mail for it is refused.
void warn_of_missing(Context& context, const std::vector<std::string>& targets) {
    for (const std::string& target : targets) {
        const auto found = context.store().read_now(storage::resolve_recipient(target));
        if (found || found.error().reason != storage::Reason::no_such_account) continue;
        context.console.err << "mailstead: warning: mail for " << target << " reaches nobody yet" << std::endl;
    }
}

std::string in_a_row(const std::vector<std::string>& targets) { return fmt::format("{}", fmt::join(targets, " ")); }

void add_alias(Context& context, const AliasArguments& arguments) {
    const std::vector<std::string> targets = target_names(context, arguments.targets);
    const std::string name = alias_name(context, arguments.name);
    change(context, storage::add_alias(name, targets), "alias.add", name, in_a_row(targets));
    warn_of_missing(context, targets);
}

void remove_alias(Context& context, const AliasArguments& arguments) {
    const std::string name = alias_name(context, arguments.name);
    const std::vector<std::string> targets = target_names(context, arguments.targets);
    change(context, storage::remove_alias(name, targets), "alias.remove", name, in_a_row(targets));
}

void list_aliases(Context& context, const AliasArguments& arguments) {
    context.access = Access::read;
    auto aliases = value_of(context.store().read_now(storage::list_aliases()));
    if (!arguments.name.empty()) {
        const std::string wanted = alias_name(context, arguments.name);
        std::erase_if(aliases, [&](const storage::Alias& alias) { return alias.name != wanted; });
        if (aliases.empty()) throw Failure("no such alias: " + wanted);
    }
    nlohmann::json array = nlohmann::json::array();
    for (const storage::Alias& alias : aliases) {
        if (context.json) {
            array.push_back({{"alias", alias.name}, {"targets", alias.targets}});
            continue;
        }
        context.console.out << alias.name;
        for (const std::string& target : alias.targets) context.console.out << ' ' << target;
        context.console.out << '\n';
    }
    if (context.json) context.console.out << array.dump(2) << '\n';
}

}  // namespace

void add_alias_command(CLI::App& app, Context& context) {
    CLI::App* alias = app.add_subcommand("alias", "Aliases: add, remove, list");
    alias->require_subcommand(1);
    const auto arguments = std::make_shared<AliasArguments>();
    const auto command = [&](const char* name, const char* help, void (*run)(Context&, const AliasArguments&)) {
        CLI::App* sub = alias->add_subcommand(name, help);
        sub->callback(
            [&context, arguments, run] { context.action = [&context, arguments, run] { run(context, *arguments); }; });
        return sub;
    };
    CLI::App* to_add = command("add", "Add targets to an alias", add_alias);
    to_add->add_option("name", arguments->name, "local@domain, or @domain for all the rest of it")->required();
    to_add->add_option("target", arguments->targets, "Where its mail goes")->required();
    CLI::App* to_remove = command("remove", "Remove targets from an alias, or all of it", remove_alias);
    to_remove->add_option("name", arguments->name, "local@domain or @domain")->required();
    to_remove->add_option("target", arguments->targets, "The targets to remove; none: the whole alias");
    command("list", "List aliases", list_aliases)->add_option("name", arguments->name, "Only this one");
}

}  // namespace server::cli
