// mailstead dns NAME: the records that a domain should publish.
#include <CLI/CLI.hpp>
#include <asio/ip/address.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

#include "server/cli/context.h"
#include "server/cli/dns_check.h"
#include "server/cli/dns_facts.h"
#include "server/zone/records.h"
#include "server/zone/text.h"

namespace server::cli {

namespace {

struct DnsWords {
    std::string name;
    std::vector<std::string> addresses;
    bool table = false;
    bool check = false;
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

void print_records(Context& context, const DnsWords& words) {
    const zone::Facts facts = dns_facts(context, words.name, words.addresses);
    const std::vector<zone::Record> records = zone::records_of(facts);
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
    dns->callback([&context, words] { context.action = [&context, words] { print_records(context, *words); }; });
}

}  // namespace server::cli
