// mailstead account add|remove|list|passwd|suspend|resume|quota|uidonly|limits.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/base/text.h"
#include "protocols/base/timestamp.h"
#include "protocols/mime/date_time.h"
#include "server/auth/passwords.h"
#include "server/cli/context.h"
#include "server/cli/password.h"
#include "server/cli/words.h"
#include "server/config/values.h"
#include "server/options.h"
#include "storage/accounts.h"
#include "storage/domains.h"
#include "storage/login_networks.h"
#include "storage/sending.h"

namespace server::cli {

namespace {

struct AccountArguments {
    std::string name;
    std::string quota;
    std::string uid_only;
    std::string messages;
    bool lift = false;
    PasswordSource password;
};

// Only here a generated password is shown.
void show_done(Context& context, const std::string& name, const std::string& password, bool generated) {
    if (context.json) {
        nlohmann::json answer{{"account", name}};
        if (generated) answer["password"] = password;
        context.console.out << answer.dump() << '\n';
    } else if (generated) {
        context.console.out << password << '\n';
    }
}

void add_account(Context& context, const AccountArguments& arguments) {
    const std::string name = context.account_name(arguments.name);
    const std::string password = obtain_password(context, arguments.password);
    const storage::Credentials credentials = auth::make_credentials(password, hash_cost(context.config()));
    change(context, storage::add_account(name, credentials, std::time(nullptr)), "account.add", name);
    show_done(context, name, password, arguments.password.generate);
}

void suspend(Context& context, const AccountArguments& arguments) {
    const std::string name = context.account_name(arguments.name);
    change(context, storage::suspend_account(name, true), "account.suspend", name);
}

void resume(Context& context, const AccountArguments& arguments) {
    const std::string name = context.account_name(arguments.name);
    change(context, storage::suspend_account(name, false), "account.resume", name);
}

void change_password(Context& context, const AccountArguments& arguments) {
    const std::string name = context.account_name(arguments.name);
    value_of(context.store().read_now(storage::find_account(name)));
    const std::string password = obtain_password(context, arguments.password);
    const storage::Credentials credentials = auth::make_credentials(password, hash_cost(context.config()));
    change(context, storage::set_credentials(name, credentials), "account.passwd", name);
    show_done(context, name, password, arguments.password.generate);
}

// Those that lead to the account, without it.
std::vector<storage::Alias> aliases_without(Context& context, const std::string& name) {
    std::vector<storage::Alias> aliases = value_of(context.store().read_now(storage::list_aliases()));
    std::erase_if(aliases, [&](storage::Alias& alias) { return std::erase(alias.targets, name) == 0; });
    return aliases;
}

void remove_account(Context& context, const AccountArguments& arguments) {
    const std::string name = context.account_name(arguments.name);
    const storage::Account account = value_of(context.store().read_now(storage::find_account(name)));
    const std::vector<storage::Alias> aliases = aliases_without(context, name);
    std::string changed;
    nlohmann::json array = nlohmann::json::array();
    for (const storage::Alias& alias : aliases) {
        changed += (changed.empty() ? "out of " : " ") + alias.name;
        array.push_back({{"alias", alias.name}, {"targets", alias.targets}});
    }
    change(context, storage::remove_account(name), "account.remove", name, changed);
    if (context.json) {
        context.console.out
            << nlohmann::json{{"account", name}, {"messages", account.messages}, {"aliases", array}}.dump() << '\n';
        return;
    }
    context.console.out << fmt::format("{} and {} removed\n", name,
                                       counted(account.messages, "message are", "messages are"));
    for (const storage::Alias& alias : aliases) {
        context.console.out << (alias.targets.empty()
                                    ? fmt::format("the alias {} is removed: it led nowhere else\n", alias.name)
                                    : fmt::format("the alias {} leads to {} now\n", alias.name,
                                                  fmt::join(alias.targets, " ")));
    }
}

nlohmann::json to_json(const storage::Account& account) {
    nlohmann::json quota;
    nlohmann::json quota_messages;
    if (account.quota_octets) quota = *account.quota_octets;
    if (account.quota_messages) quota_messages = *account.quota_messages;
    return {{"account", account.name},       {"messages", account.messages},     {"used_octets", account.used_octets},
            {"quota_octets", quota},         {"quota_messages", quota_messages}, {"created_at", account.created_at},
            {"suspended", account.suspended}};
}

// "alice@example.org  3.2 MiB of 5.0 GiB, 17 of 1000 messages": the name is the first word, for scripts.
std::string use_of(const storage::Account& account) {
    std::string text = rounded_size(account.used_octets);
    if (account.quota_octets) text += " of " + rounded_size(*account.quota_octets);
    if (account.quota_messages) {
        text += fmt::format(", {} of {}", account.messages, counted(*account.quota_messages, "message", "messages"));
    } else {
        text += ", " + counted(account.messages, "message", "messages");
    }
    if (!account.quota_octets && !account.quota_messages) text += ", no quota";
    return text;
}

void list_accounts(Context& context, const AccountArguments&) {
    context.access = Access::read;
    const auto accounts = value_of(context.store().read_now(storage::list_accounts()));
    nlohmann::json array = nlohmann::json::array();
    for (const storage::Account& account : accounts) {
        if (context.json) {
            array.push_back(to_json(account));
        } else {
            context.console.out << account.name << "  " << use_of(account) << (account.suspended ? ", suspended" : "")
                                << '\n';
        }
    }
    if (context.json) context.console.out << array.dump(2) << '\n';
}

void set_size(Context& context, const std::string& name, const std::string& quota) {
    std::optional<std::uint64_t> octets;
    if (quota != "none") {
        const auto size = parse_size(quota);
        if (!size) throw WrongUsage("\"" + quota + "\" is not a size: write one such as \"5GiB\", or \"none\"");
        octets = size->value;
    }
    change(context, storage::set_quota(name, octets), "account.quota", name, quota);
}

void set_messages(Context& context, const std::string& name, const std::string& quota) {
    std::optional<std::uint64_t> messages;
    if (quota != "none") {
        messages = base::parse_number<std::uint64_t>(quota);
        const bool fits = messages && *messages <= std::numeric_limits<std::int64_t>::max();
        if (!fits) throw WrongUsage("--messages: \"" + quota + "\" is not a number: write one, or \"none\"");
    }
    change(context, storage::set_message_quota(name, messages), "account.quota", name, quota + " messages");
}

void quota(Context& context, const AccountArguments& arguments) {
    if (arguments.quota.empty() && arguments.messages.empty()) context.access = Access::read;
    const std::string name = context.account_name(arguments.name);
    if (!arguments.quota.empty()) set_size(context, name, arguments.quota);
    if (!arguments.messages.empty()) set_messages(context, name, arguments.messages);
    if (!arguments.quota.empty() || !arguments.messages.empty()) return;
    const storage::Account account = value_of(context.store().read_now(storage::find_account(name)));
    if (context.json) {
        context.console.out << to_json(account).dump() << '\n';
        return;
    }
    context.console.out << use_of(account) << '\n';
}

void uid_only(Context& context, const AccountArguments& arguments) {
    if (arguments.uid_only.empty()) context.access = Access::read;
    const std::string name = context.account_name(arguments.name);
    if (!arguments.uid_only.empty()) {
        const bool on = arguments.uid_only == "on";
        if (!on && arguments.uid_only != "off")
            throw WrongUsage("\"" + arguments.uid_only + "\": UIDONLY is \"on\" or \"off\"");
        change(context, storage::offer_uid_only(name, on), "account.uidonly", name, arguments.uid_only);
        return;
    }
    const storage::Account account = value_of(context.store().read_now(storage::find_account(name)));
    if (context.json) {
        context.console.out << nlohmann::json{{"account", account.name}, {"uidonly", account.uid_only}}.dump() << '\n';
    } else {
        context.console.out << (account.uid_only ? "on" : "off") << '\n';
    }
}

nlohmann::json to_json(const storage::SendingCount& count) {
    return {{"from", count.from}, {"messages", count.messages}, {"recipients", count.recipients}};
}

nlohmann::json to_json(const std::vector<storage::LoginNetwork>& networks) {
    nlohmann::json array = nlohmann::json::array();
    for (const storage::LoginNetwork& one : networks) array.push_back({{"network", one.network}, {"at", one.at}});
    return array;
}

std::string of_most(std::uint64_t count, std::uint64_t most, std::string_view one, std::string_view many) {
    return counted(count, one, many) + (most == 0 ? "" : " of " + std::to_string(most));
}

// What the account has sent, of what it may; or lets it begin anew.
void sending(Context& context, const AccountArguments& arguments) {
    const std::string name = context.account_name(arguments.name);
    if (!arguments.lift) context.access = Access::read;
    const storage::Account account = value_of(context.store().read_now(storage::find_account(name)));
    if (arguments.lift) {
        change(context, storage::lift_sending_limits(account.id), "account.limits", name, "lifted");
        return;
    }
    context.need_present_schema();
    const storage::Sending sent =
        value_of(context.store().read_now(storage::get_sending(account.id, std::time(nullptr))));
    const std::vector<storage::LoginNetwork> networks =
        value_of(context.store().read_now(storage::login_networks_of(account.id, std::time(nullptr))));
    const storage::SendingLimits limits = sending_limits(context.config());
    if (context.json) {
        context.console.out << nlohmann::json{{"account", name},
                                              {"hour", to_json(sent.hour)},
                                              {"day", to_json(sent.day)},
                                              {"told_at", sent.told_at},
                                              {"login_networks", to_json(networks)},
                                              {"limits",
                                               {{"messages_per_hour", limits.messages_per_hour},
                                                {"messages_per_day", limits.messages_per_day},
                                                {"recipients_per_hour", limits.recipients_per_hour},
                                                {"recipients_per_day", limits.recipients_per_day},
                                                {"login_networks_per_hour", limits.login_networks_per_hour}}}}
                                   .dump()
                            << '\n';
        return;
    }
    const auto line = [&](const storage::SendingCount& count, std::uint64_t messages, std::uint64_t recipients,
                          std::string_view what) {
        const std::string since = count.from == 0 ? "" : " since " + mime::render_date_time({count.from, 0});
        context.console.out << fmt::format("{}: {}, {}{}\n", what,
                                           of_most(count.messages, messages, "message", "messages"),
                                           of_most(count.recipients, recipients, "recipient", "recipients"), since);
    };
    line(sent.hour, limits.messages_per_hour, limits.recipients_per_hour, "this hour");
    line(sent.day, limits.messages_per_day, limits.recipients_per_day, "this day");
    context.console.out << fmt::format("log-ins within an hour: from {}\n",
                                       of_most(networks.size(), limits.login_networks_per_hour, "network", "networks"));
    for (const storage::LoginNetwork& one : networks)
        context.console.out << fmt::format("    {}  {}\n", base::format_timestamp(one.at), one.network);
}

}  // namespace

void add_account_command(CLI::App& app, Context& context) {
    CLI::App* account = app.add_subcommand(
        "account",
        "Accounts: add, remove, list, passwd, suspend, resume, quota, uidonly, limits, app-password, second-factor");
    account->require_subcommand(1);
    const auto arguments = std::make_shared<AccountArguments>();
    const auto command = [&](const char* name, const char* help, void (*run)(Context&, const AccountArguments&)) {
        CLI::App* sub = account->add_subcommand(name, help);
        sub->callback(
            [&context, arguments, run] { context.action = [&context, arguments, run] { run(context, *arguments); }; });
        return sub;
    };
    const auto with_name = [&](CLI::App* sub) {
        sub->add_option("name", arguments->name, "local@domain, or a name in the default domain")->required();
        return sub;
    };
    const auto with_password = [&](CLI::App* sub) {
        sub->add_flag("--password-stdin", arguments->password.from_stdin, "Read the password from standard input");
        sub->add_flag("--generate", arguments->password.generate, "Generate a password and show it");
    };
    with_password(with_name(command("add", "Add an account", add_account)));
    with_name(command("remove", "Remove an account with all its mail, also from aliases", remove_account));
    command("list", "List accounts", list_accounts);
    with_password(with_name(command("passwd", "Set an account's password", change_password)));
    with_name(
        command("suspend", "End an account's sessions, and let nobody log in to it; it still gets mail", suspend));
    with_name(command("resume", "Let a suspended account log in again", resume));
    CLI::App* keep = with_name(command("quota", "Show or set how much an account may keep", quota));
    keep->add_option("size", arguments->quota, "\"5GiB\", or \"none\"");
    CLI::App* numbers = with_name(command("uidonly", "Show or set whether UIDONLY (RFC 9586) is offered", uid_only));
    numbers->add_option("state", arguments->uid_only, "\"on\" or \"off\"");
    keep->add_option("--messages", arguments->messages, "How many messages, or \"none\"");
    CLI::App* limits = with_name(
        command("limits", "Show what an account has sent, of what it may, and from where it logged in", sending));
    limits->add_flag("--lift", arguments->lift, "Let it send again, as if it had sent nothing");
    add_app_password_command(*account, context);
    add_second_factor_command(*account, context);
}

}  // namespace server::cli
