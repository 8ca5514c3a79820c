// mailstead domain add|remove|list|policy.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>

#include "server/cli/context.h"
#include "server/zone/dkim_keys.h"
#include "storage/dkim_keys.h"
#include "storage/domains.h"
#include "storage/normal_names.h"

namespace server::cli {

namespace {

void list_domains(Context& context) {
    context.access = Access::read;
    const auto domains = value_of(context.store().read_now(storage::list_domains()));
    if (context.json) {
        context.console.out << nlohmann::json(domains).dump(2) << '\n';
        return;
    }
    for (const std::string& domain : domains) context.console.out << domain << '\n';
}

// With a key that signs its mail.
void add_domain(Context& context, const std::string& name) {
    const std::int64_t now = std::time(nullptr);
    storage::DkimKey key =
        zone::new_dkim_key(storage::normal_domain(name).value_or(name), storage::DkimAlgorithm::rsa, {}, now);
    key.state = storage::DkimState::signing;
    change(context, storage::with_dkim_key(storage::add_domain(name, now), std::move(key)), "domain.add", name);
}

// Its aliases go with it.
void remove_domain(Context& context, const std::string& name) {
    const std::string domain = storage::normal_domain(name).value_or(name);
    std::vector<std::string> aliases;
    for (storage::Alias& alias : value_of(context.store().read_now(storage::list_aliases()))) {
        if (alias.name.ends_with("@" + domain)) aliases.push_back(std::move(alias.name));
    }
    change(context, storage::remove_domain(name), "domain.remove", name, fmt::format("{}", fmt::join(aliases, " ")));
    if (context.json) {
        context.console.out << nlohmann::json{{"domain", domain}, {"aliases", aliases}}.dump() << '\n';
        return;
    }
    for (const std::string& alias : aliases) context.console.out << "the alias " << alias << " is removed\n";
}

constexpr const char* as_config_says = "default";

void show_policy(Context& context, const std::string& name) {
    const auto enforced = value_of(context.store().read_now(storage::dmarc_by_domain()));
    nlohmann::json rows = nlohmann::json::array();
    for (const std::string& domain : value_of(context.store().read_now(storage::list_domains()))) {
        if (!name.empty() && domain != storage::normal_domain(name).value_or(name)) continue;
        const auto own = enforced.find(domain);
        rows.push_back({{"domain", domain},
                        {"dmarc", own == enforced.end() ? as_config_says
                                  : own->second         ? "enforce"
                                                        : "observe"}});
    }
    if (rows.empty() && !name.empty()) throw Failure("no such domain: " + name);
    if (context.json) {
        context.console.out << rows.dump(2) << '\n';
        return;
    }
    for (const auto& row : rows) {
        context.console.out << row["domain"].get<std::string>() << "  dmarc=" << row["dmarc"].get<std::string>()
                            << '\n';
    }
}

void policy(Context& context, const std::string& name, const std::string& dmarc) {
    if (dmarc.empty()) {
        context.access = Access::read;
        return show_policy(context, name);
    }
    if (name.empty()) throw WrongUsage("which domain?");
    std::optional<bool> enforced;
    if (dmarc != as_config_says) enforced = dmarc == "enforce";
    change(context, storage::enforce_dmarc(name, enforced), "domain.policy", name, "dmarc " + dmarc);
}

}  // namespace

void add_domain_command(CLI::App& app, Context& context) {
    CLI::App* domain = app.add_subcommand("domain", "Domains that are ours: add, remove, list, policy");
    domain->require_subcommand(1);
    const auto name = std::make_shared<std::string>();

    CLI::App* add = domain->add_subcommand("add", "Add a domain; the first one is the default domain");
    add->add_option("name", *name, "The domain")->required();
    add->callback([&context, name] {
        context.action = [&context, name] {
            // Before a store is made for nothing.
            if (!storage::normal_domain(*name)) throw Failure("not a domain name: " + *name);
            context.access = Access::make;
            add_domain(context, *name);
        };
    });
    CLI::App* remove = domain->add_subcommand("remove", "Remove a domain that has no accounts, with its aliases");
    remove->add_option("name", *name, "The domain")->required();
    remove->callback([&context, name] { context.action = [&context, name] { remove_domain(context, *name); }; });
    const auto dmarc = std::make_shared<std::string>();
    CLI::App* policies = domain->add_subcommand(
        "policy", "What follows for mail to a domain from what is found out about it; without options: show it");
    policies->add_option("name", *name, "The domain");
    policies
        ->add_option("--dmarc", *dmarc,
                     "Mail that fails DMARC: enforce (refuse it or file it in Junk, as its author's domain wants), "
                     "observe (only write that into its header), or default: as [mail] dmarc says")
        ->check(CLI::IsMember({"enforce", "observe", as_config_says}));
    policies->callback(
        [&context, name, dmarc] { context.action = [&context, name, dmarc] { policy(context, *name, *dmarc); }; });
    domain->add_subcommand("list", "List domains")->callback([&context] {
        context.action = [&context] { list_domains(context); };
    });
}

}  // namespace server::cli
