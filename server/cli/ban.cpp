// mailstead ban list|lift.
#include <CLI/CLI.hpp>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/mime/date_time.h"
#include "server/auth/networks.h"
#include "server/cli/context.h"
#include "server/cli/words.h"
#include "storage/bans.h"

namespace server::cli {

namespace {

void list_bans(Context& context) {
    context.access = Access::read;
    const auto bans = value_of(context.store().read_now(storage::list_bans(std::time(nullptr))));
    nlohmann::json array = nlohmann::json::array();
    for (const storage::Ban& ban : bans) {
        if (context.json) {
            array.push_back({{"address", ban.address}, {"since", ban.since}, {"until", ban.until}});
        } else {
            context.console.out << ban.address << "  until " << mime::render_date_time({ban.until, 0}) << '\n';
        }
    }
    if (context.json) context.console.out << array.dump(2) << '\n';
}

// The address may be any of its /64: the ban is for all of it.
void lift_ban(Context& context, const std::string& given) {
    std::optional<std::string> address;
    if (given != "all") {
        const std::string bare = given.substr(0, given.find('/'));
        if (!auth::parse_address(bare)) throw WrongUsage("\"" + given + "\" is not an address, nor \"all\"");
        address = auth::client_network_name(bare);
        if (bare != given && given != *address) {
            throw WrongUsage("\"" + given + "\" is no network that is banned as one: name an address, or \"all\"");
        }
    }
    const auto lifted =
        change(context, storage::lift_bans(address, std::time(nullptr)), "ban.lift", address.value_or("all"));
    if (address && lifted == 0) throw Failure(*address + " is not shut out");
    if (context.json) {
        context.console.out << nlohmann::json{{"lifted", lifted}}.dump() << '\n';
    } else {
        context.console.out << counted(lifted, "address is", "addresses are") << " let in again\n";
    }
}

}  // namespace

void add_ban_command(CLI::App& app, Context& context) {
    CLI::App* ban = app.add_subcommand("ban", "Addresses shut out after failed log-ins: list, lift");
    ban->require_subcommand(1);
    const auto address = std::make_shared<std::string>();
    ban->add_subcommand("list", "List the addresses that are shut out")->callback([&context] {
        context.action = [&context] { list_bans(context); };
    });
    CLI::App* lift = ban->add_subcommand("lift", "Let an address in again");
    lift->add_option("address", *address, "The address, or \"all\"")->required();
    lift->callback([&context, address] { context.action = [&context, address] { lift_ban(context, *address); }; });
}

}  // namespace server::cli
