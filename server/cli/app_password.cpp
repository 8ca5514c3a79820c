// mailstead account app-password add|list|remove.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/base/timestamp.h"
#include "server/auth/app_passwords.h"
#include "server/cli/context.h"
#include "server/cli/words.h"
#include "server/config/values.h"
#include "server/options.h"
#include "storage/accounts.h"
#include "storage/app_passwords.h"

namespace server::cli {

namespace {

struct AppPasswordArguments {
    std::string account;
    std::string label;
    std::string scope = "all";
    std::string expires = "never";
    bool all = false;
};

std::optional<std::int64_t> expiry_of(const AppPasswordArguments& arguments, std::int64_t now) {
    if (arguments.expires == "never") return std::nullopt;
    const auto lifetime = parse_duration(arguments.expires);
    if (!lifetime || lifetime->count() == 0)
        throw WrongUsage("--expires: \"" + arguments.expires + "\" is not a duration: write one such as \"90d\"");
    return now + lifetime->count();
}

nlohmann::json time_or_null(std::optional<std::int64_t> time) {
    return time ? nlohmann::json(*time) : nlohmann::json();
}

void add(Context& context, const AppPasswordArguments& arguments) {
    const std::string name = context.account_name(arguments.account);
    const auto scope = auth::scope_of(arguments.scope);
    if (!scope)
        throw WrongUsage("--scope: \"" + arguments.scope + "\" is none of \"all\", \"mail\", \"receive\", \"send\"");
    const std::int64_t now = std::time(nullptr);
    const Config config = context.config();
    const std::string password = auth::generate_app_password();
    storage::NewAppPassword made = auth::make_app_password(password, arguments.label, *scope, hash_cost(config));
    made.created_at = now;
    made.expires_at = expiry_of(arguments, now);
    const std::optional<std::int64_t> expires_at = made.expires_at;
    change(context, storage::add_app_password(name, std::move(made), config.limits.app_passwords_per_account),
           "account.app-password.add", name, arguments.label + ", scope " + arguments.scope);
    if (context.json) {
        context.console.out << nlohmann::json{{"account", name},
                                              {"label", arguments.label},
                                              {"scope", arguments.scope},
                                              {"expires_at", time_or_null(expires_at)},
                                              {"password", password}}
                                   .dump()
                            << '\n';
    } else {
        context.console.out << password << '\n';
    }
}

std::string use_of(const storage::AppPassword& one) {
    std::string text = one.used_at == 0
                           ? "never used"
                           : "used about " + base::format_timestamp(one.used_at) + " from " + one.used_from;
    if (one.expires_at) text += ", until " + base::format_timestamp(*one.expires_at);
    return text;
}

void list(Context& context, const AppPasswordArguments& arguments) {
    context.access = Access::read;
    context.need_present_schema();
    const std::string name = context.account_name(arguments.account);
    const storage::Account account = value_of(context.store().read_now(storage::find_account(name)));
    const auto passwords = value_of(context.store().read_now(storage::app_passwords_of(account.id)));
    nlohmann::json array = nlohmann::json::array();
    for (const storage::AppPassword& one : passwords) {
        if (context.json) {
            array.push_back({{"label", one.label},
                             {"scope", auth::word_of(one.scope)},
                             {"created_at", one.created_at},
                             {"expires_at", time_or_null(one.expires_at)},
                             {"used_at", time_or_null(one.used_at == 0 ? std::nullopt : std::optional(one.used_at))},
                             {"used_from", one.used_from}});
        } else {
            context.console.out << fmt::format("{}  {}  since {}, {}\n", on_terminal(one.label),
                                               auth::word_of(one.scope), base::format_timestamp(one.created_at),
                                               use_of(one));
        }
    }
    if (context.json) context.console.out << array.dump(2) << '\n';
}

void remove(Context& context, const AppPasswordArguments& arguments) {
    const std::string name = context.account_name(arguments.account);
    if (arguments.all == !arguments.label.empty()) throw WrongUsage("a label, or --all");
    std::uint64_t removed = 1;
    if (arguments.all) {
        removed = change(context, storage::remove_app_passwords(name), "account.app-password.remove", name, "all");
    } else {
        change(context, storage::remove_app_password(name, arguments.label), "account.app-password.remove", name,
               arguments.label);
    }
    if (context.json) {
        context.console.out << nlohmann::json{{"account", name}, {"removed", removed}}.dump() << '\n';
    } else {
        context.console.out << counted(removed, "app password is", "app passwords are")
                            << " removed, and sessions with it are ended\n";
    }
}

}  // namespace

void add_app_password_command(CLI::App& account, Context& context) {
    CLI::App* app_password = account.add_subcommand(
        "app-password", "Passwords of single mail programs of an account, made here: add, list, remove");
    app_password->require_subcommand(1);
    const auto arguments = std::make_shared<AppPasswordArguments>();
    const auto command = [&](const char* name, const char* help, void (*run)(Context&, const AppPasswordArguments&)) {
        CLI::App* sub = app_password->add_subcommand(name, help);
        sub->add_option("name", arguments->account, "local@domain, or a name in the default domain")->required();
        sub->callback(
            [&context, arguments, run] { context.action = [&context, arguments, run] { run(context, *arguments); }; });
        return sub;
    };
    CLI::App* adding =
        command("add",
                "Make one, and show it, once. A mail program logs in with it under the account's name; by "
                "SCRAM, which must know before which one is meant, as local%label@domain",
                add);
    adding->add_option("label", arguments->label, "Which program it is for, such as \"phone\"")->required();
    adding->add_option("--scope", arguments->scope,
                       "\"all\"; \"mail\": IMAP, POP3 and sending; \"receive\": IMAP and POP3; \"send\"");
    adding->add_option("--expires", arguments->expires, "After a duration such as \"90d\", or \"never\"");
    command("list", "List them, and when each was used", list);
    CLI::App* removing = command("remove", "Remove one, and end the sessions that logged in with it", remove);
    removing->add_option("label", arguments->label, "Its label");
    removing->add_flag("--all", arguments->all, "All of the account");
}

}  // namespace server::cli
