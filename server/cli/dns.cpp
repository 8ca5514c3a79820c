// mailstead dns NAME: the records that a domain should publish.
#include <CLI/CLI.hpp>
#include <asio/ip/address.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

#include "server/cli/context.h"
#include "server/cli/dns_check.h"
#include "server/cli/dns_facts.h"
#include "server/cli/dns_update.h"
#include "server/zone/records.h"
#include "server/zone/text.h"

namespace server::cli {

namespace {

struct DnsWords {
    std::string name;
    std::vector<std::string> addresses;
    bool table = false;
    bool check = false;
    bool update = false;
    UpdateWords updating;
};

nlohmann::json to_json(const std::vector<zone::Record>& records) {
    nlohmann::json all = nlohmann::json::array();
    for (const zone::Record& record : records) {
        nlohmann::json one = {{"name", zone::absolute(record.name)},
                              {"ttl", record.ttl},
                              {"type", zone::type_of(record.data)},
                              {"data", zone::presentation(record.data)},
                              {"purpose", record.purpose}};
        if (const auto* text = std::get_if<zone::Text>(&record.data)) one["text"] = text->text;
        all.push_back(std::move(one));
    }
    return all;
}

void run_dns(Context& context, const DnsWords& words) {
    const auto target = words.update ? std::optional(update_target(context, words.updating)) : std::nullopt;
    const zone::Facts facts = dns_facts(context, words.name, words.addresses);
    const std::vector<zone::Record> records = zone::records_of(facts);
    if (target) return update_dns(context, *target, facts, records, words.updating);
    if (words.check) return check_dns(context, facts, records);
    std::ostream& out = context.console.out;
    if (context.json) {
        out << to_json(records).dump(2) << '\n';
    } else if (words.table) {
        out << zone::table(records, facts.domain.empty() ? facts.host : facts.domain);
    } else {
        out << zone::zone_file(records);
    }
    const bool host_is_here = facts.domain.empty() || zone::is_within(facts.host, facts.domain);
    if (host_is_here && facts.addresses.empty()) {
        context.console.err << "mailstead: the public address of " << facts.host
                            << " is not known here: with --address ADDRESS its A or AAAA record is shown, too"
                            << std::endl;
    }
}

CLI::Validator ip_address() {
    const auto objection = [](const std::string& text) {
        asio::error_code fault;
        asio::ip::make_address(text, fault);
        return fault ? "\"" + text + "\" is not an address" : std::string();
    };
    return {objection, "ADDRESS"};
}

void add_update_options(CLI::App& dns, const std::shared_ptr<DnsWords>& words) {
    CLI::Option* update = dns.add_flag("--update", words->update,
                                       "Change the zone on its server (RFC 2136), signed (TSIG): what is missing "
                                       "comes, what was ours and is no longer "
                                       "goes, and others' records stay; prints what it changes");
    update->excludes("--check")->excludes("--table");
    dns.add_flag("--dry-run", words->updating.only_look, "Change nothing, print what --update would")->needs(update);
    dns.add_flag("--replace", words->updating.replace, "Others' records that stand in place of ours go, too")
        ->needs(update);
    dns.add_option("--server", words->updating.server,
                   "The server to change, address or address@port; else [dns] update_server")
        ->needs(update);
    dns.add_option("--key", words->updating.key_file, "File of the key; else [dns] update_key")->needs(update);
}

}  // namespace

void add_dns_command(CLI::App& app, Context& context) {
    CLI::App* dns = app.add_subcommand("dns", "Print the DNS records that a domain should publish, as a zone file");
    const auto words = std::make_shared<DnsWords>();
    dns->add_option("name", words->name, "The domain; or this server's name, for its own records alone")->required();
    dns->add_option("--address", words->addresses, "Where this server is; may be given twice, for IPv4 and IPv6")
        ->check(ip_address());
    dns->add_flag("--table", words->table, "Print a table, to paste from into web forms");
    dns->add_flag("--check", words->check,
                  "Compare with what the DNS says, and look at this server from outside: names of its addresses, lists "
                  "of spammers, port 25; exit status 1 if something is wrong");
    add_update_options(*dns, words);
    dns->callback([&context, words] { context.action = [&context, words] { run_dns(context, *words); }; });
}

}  // namespace server::cli
