// mailstead queue suppressed list|lift.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/base/timestamp.h"
#include "server/cli/context.h"
#include "server/cli/words.h"
#include "storage/failing_addresses.h"

namespace server::cli {

namespace {

struct SuppressedArguments {
    std::string account;  // empty: of all
    std::string address;
};

std::optional<std::string> account_of(Context& context, const SuppressedArguments& arguments) {
    if (arguments.account.empty()) return std::nullopt;
    return context.account_name(arguments.account);
}

void list_suppressed(Context& context, const SuppressedArguments& arguments) {
    context.access = Access::read;
    context.need_present_schema();
    const auto found = value_of(
        context.store().read_now(storage::list_suppressed(account_of(context, arguments), std::time(nullptr))));
    nlohmann::json array = nlohmann::json::array();
    for (const storage::SuppressedAddress& one : found) {
        if (context.json) {
            array.push_back({{"account", one.account},
                             {"address", one.address},
                             {"failures", one.failures},
                             {"last_at", one.last_at},
                             {"last_reply", one.last_reply},
                             {"since", one.since},
                             {"until", one.until}});
        } else {
            context.console.out << fmt::format(
                "{}  from {}  {}, since {}, until {}\n    {}\n", on_terminal(one.address), one.account,
                counted(one.failures, "failure", "failures"), base::format_timestamp(one.since),
                base::format_timestamp(one.until), on_terminal(one.last_reply));
        }
    }
    // Other servers' replies may be in any charset.
    if (context.json)
        context.console.out << array.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}

void lift_suppressed(Context& context, const SuppressedArguments& arguments) {
    std::optional<std::string> address;
    if (arguments.address != "all") address = arguments.address;
    const std::optional<std::string> account = account_of(context, arguments);
    const std::uint64_t lifted = change(context, storage::lift_suppressed(account, address, std::time(nullptr)),
                                        "queue.suppressed.lift", arguments.address, account.value_or(""));
    if (address && lifted == 0) throw Failure(on_terminal(*address) + " is not suppressed");
    if (context.json) {
        context.console.out << nlohmann::json{{"lifted", lifted}}.dump() << '\n';
    } else {
        context.console.out << counted(lifted, "address is", "addresses are") << " sent to again\n";
    }
}

}  // namespace

void add_suppressed_command(CLI::App& queue, Context& context) {
    CLI::App* suppressed = queue.add_subcommand(
        "suppressed",
        "Addresses to which an account's mail is refused, since it failed for good too often: list, lift");
    suppressed->require_subcommand(1);
    const auto arguments = std::make_shared<SuppressedArguments>();
    const auto command = [&](const char* name, const char* help, void (*run)(Context&, const SuppressedArguments&)) {
        CLI::App* sub = suppressed->add_subcommand(name, help);
        sub->add_option("--account", arguments->account, "Only of this account");
        sub->callback(
            [&context, arguments, run] { context.action = [&context, arguments, run] { run(context, *arguments); }; });
        return sub;
    };
    command("list", "List them", list_suppressed);
    command("lift", "Let mail be sent there again", lift_suppressed)
        ->add_option("address", arguments->address, "The address, or \"all\"")
        ->required();
}

}  // namespace server::cli
