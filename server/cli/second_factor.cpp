// mailstead account second-factor NAME on|off|status.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/base/timestamp.h"
#include "server/auth/totp.h"
#include "server/cli/context.h"
#include "server/cli/words.h"
#include "server/options.h"
#include "storage/accounts.h"
#include "storage/second_factors.h"

namespace server::cli {

namespace {

struct SecondFactorArguments {
    std::string account;
    std::string what;
    std::string code;
};

std::optional<storage::SecondFactor> second_factor_of(Context& context, const std::string& name) {
    const storage::Account account = value_of(context.store().read_now(storage::find_account(name)));
    return value_of(context.store().read_now(storage::find_second_factor(account.id)));
}

void begin(Context& context, const std::string& name) {
    const std::string secret = auth::generate_totp_secret();
    change(context, storage::begin_second_factor(name, secret), "account.second-factor.begin", name);
    const std::string uri = auth::otpauth_uri(hostname_of(context.config()), name, secret);
    if (context.json) {
        context.console.out
            << nlohmann::json{{"account", name}, {"uri", uri}, {"secret", auth::typed_secret(secret)}}.dump() << '\n';
        return;
    }
    context.console.out << fmt::format(
        "{}\nsecret: {}\nPut it into an authenticator app, then confirm with the code that it shows:\n"
        "mailstead account second-factor {} on --code CODE\n",
        uri, auth::typed_secret(secret), name);
}

void confirm(Context& context, const std::string& name, const std::string& code) {
    const std::int64_t now = std::time(nullptr);
    const std::optional<storage::SecondFactor> waiting = second_factor_of(context, name);
    if (!waiting || waiting->since != 0)
        throw Failure("no second factor of " + name + " waits for its first code: begin without --code");
    const std::optional<std::int64_t> step = auth::matching_step(waiting->secret, code, now);
    if (!step) throw Failure("that is not the code of now: are the clocks right?");
    const std::vector<std::string> codes = auth::generate_recovery_codes();
    std::vector<std::string> hashes;
    for (const std::string& one : codes) hashes.push_back(auth::recovery_code_hash(one).value());
    change(context, storage::confirm_second_factor(name, waiting->secret, *step, std::move(hashes), now),
           "account.second-factor.on", name);
    if (context.json) {
        context.console.out << nlohmann::json{{"account", name}, {"recovery_codes", codes}}.dump() << '\n';
        return;
    }
    context.console.out << "The second factor is on. Recovery codes, each for one log-in without the app:\n";
    for (const std::string& one : codes) context.console.out << one << '\n';
}

void turn_off(Context& context, const std::string& name) {
    change(context, storage::remove_second_factor(name), "account.second-factor.off", name);
    if (context.json) context.console.out << nlohmann::json{{"account", name}, {"second_factor", "off"}}.dump() << '\n';
}

void show_status(Context& context, const std::string& name) {
    const std::optional<storage::SecondFactor> factor = second_factor_of(context, name);
    const std::string state = !factor ? "off" : factor->since == 0 ? "begun" : "on";
    if (context.json) {
        nlohmann::json answer{{"account", name}, {"second_factor", state}};
        if (state == "on") {
            answer["since"] = factor->since;
            answer["recovery_codes"] = factor->recovery_codes;
        }
        context.console.out << answer.dump() << '\n';
    } else if (state == "on") {
        context.console.out << fmt::format("on since {}, {} left\n", base::format_timestamp(factor->since),
                                           counted(factor->recovery_codes, "recovery code", "recovery codes"));
    } else {
        context.console.out << (state == "off" ? "off\n" : "off, waits for its first code\n");
    }
}

void second_factor(Context& context, const SecondFactorArguments& arguments) {
    const bool on = arguments.what == "on";
    if (!on && arguments.what != "off" && arguments.what != "status")
        throw WrongUsage("\"" + arguments.what + "\" is none of \"on\", \"off\", \"status\"");
    if (!on && !arguments.code.empty()) throw WrongUsage("--code goes with \"on\"");
    if (arguments.what == "status") {
        context.access = Access::read;
        context.need_present_schema();
    }
    const std::string name = context.account_name(arguments.account);
    if (arguments.what == "off") return turn_off(context, name);
    if (!on) return show_status(context, name);
    if (arguments.code.empty()) return begin(context, name);
    confirm(context, name, arguments.code);
}

}  // namespace

void add_second_factor_command(CLI::App& account, Context& context) {
    const auto arguments = std::make_shared<SecondFactorArguments>();
    CLI::App* factor = account.add_subcommand("second-factor",
                                              "Codes of an authenticator app (RFC 6238), asked for by the web page "
                                              "besides the password; mail programs then need "
                                              "app passwords");
    factor->add_option("name", arguments->account, "local@domain, or a name in the default domain")->required();
    factor->add_option("what", arguments->what, "\"on\", \"off\" or \"status\"")->required();
    factor->add_option("--code", arguments->code, "The first code, after a first \"on\"");
    factor->callback(
        [&context, arguments] { context.action = [&context, arguments] { second_factor(context, *arguments); }; });
}

}  // namespace server::cli
