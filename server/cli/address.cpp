// mailstead address: where mail for an address would go, and why.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <exception>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/base/text.h"
#include "server/cli/context.h"
#include "server/delivery/directory.h"
#include "server/delivery/srs.h"
#include "server/options.h"
#include "server/queue/next_hop.h"
#include "storage/accounts.h"
#include "storage/address_routes.h"
#include "storage/domains.h"

namespace server::cli {

namespace {

using storage::AddressStep;
using storage::RouteStep;

// What the server itself would make of it, for the answer: whether it takes mail, and what it would say.
storage::Result<services::Recipient> ask_directory(Context& context, const std::string& address) {
    delivery::Directory directory(context.store(), forbidden_destinations(context.config()));
    storage::Result<services::Recipient> found = storage::refuse(storage::Reason::unavailable, "no answer");
    asio::io_context loop;
    std::exception_ptr fault;
    asio::co_spawn(loop, directory.resolve(address),
                   [&](std::exception_ptr thrown, storage::Result<services::Recipient> resolved) {
                       fault = std::move(thrown);
                       if (!fault) found = std::move(resolved);
                   });
    loop.run();
    if (fault) std::rethrow_exception(fault);
    return found;
}

// How mail for an address elsewhere leaves. Which hosts the DNS names is not asked.
std::string way_to(const Config& config, const std::string& address) {
    const std::string domain = address.substr(address.rfind('@') + 1);
    if (domain.starts_with('[')) return "to that address";
    const Route route = queue::route_for(domain, config.queue.route, config.queue.remote_port);
    if (route.host.empty()) return "to the mail hosts (MX) of " + domain;
    return fmt::format("by the route to {}:{}", route.host, route.port);
}

// The oldest account and others get mail for postmaster and abuse where nobody has that name (RFC 5321 §4.5.1).
std::string fallback_of(Context& context, const std::string& address) {
    const std::string local = address.substr(0, address.find('@'));
    if (!base::iequals(local, "postmaster") && !base::iequals(local, "abuse")) return {};
    std::vector<std::string> candidates{"postmaster" + address.substr(address.rfind('@'))};
    if (const auto domain = context.store().read_now(storage::default_domain()))
        candidates.push_back("postmaster@" + *domain);
    if (const auto oldest = context.store().read_now(storage::oldest_account())) candidates.push_back(oldest->name);
    for (const std::string& candidate : candidates) {
        if (context.store().read_now(storage::resolve_recipient(candidate))) return candidate;
    }
    return {};
}

std::string_view word_for(RouteStep kind) {
    switch (kind) {
        case RouteStep::account:
            return "account";
        case RouteStep::alias:
            return "alias";
        case RouteStep::catch_all:
            return "catch-all";
        case RouteStep::list:
            return "list";
        case RouteStep::owners:
            return "owners";
        case RouteStep::elsewhere:
            return "elsewhere";
        case RouteStep::nobody:
            return "nobody";
        case RouteStep::again:
            return "again";
        case RouteStep::too_deep:
            return "too-deep";
    }
    return {};
}

std::string words_for(const AddressStep& step, const Config& config) {
    const std::string detail = step.detail.empty() ? "" : " (detail \"" + step.detail + "\")";
    switch (step.kind) {
        case RouteStep::account:
            return fmt::format("the INBOX of account {}{}{}{}", step.name, detail,
                               step.suspended ? "; suspended: nobody can log in, mail is kept" : "",
                               step.full ? "; full: mail is refused for now (452)" : "");
        case RouteStep::alias:
            return fmt::format("alias {}{}, which leads to", step.name, detail);
        case RouteStep::catch_all:
            return fmt::format("the catch-all {}, which leads to", step.name);
        case RouteStep::list:
            return fmt::format("the mailing list {}, whose members are", step.name);
        case RouteStep::owners:
            return "the owners of the list, who are";
        case RouteStep::elsewhere:
            return "another server's: " + way_to(config, step.address);
        case RouteStep::nobody:
            return "nobody: there is no such address here";
        case RouteStep::again:
            return fmt::format("{} again: a loop, or another way to it; followed once", step.name);
        case RouteStep::too_deep:
            return fmt::format("not followed: more than {} aliases one after the other", storage::alias_depth);
    }
    return {};
}

nlohmann::json json_of(const AddressStep& step, const Config& config) {
    nlohmann::json made{{"address", step.address}, {"depth", step.depth}, {"kind", word_for(step.kind)}};
    if (!step.name.empty()) made["name"] = step.name;
    if (!step.detail.empty()) made["detail"] = step.detail;
    if (step.kind == RouteStep::account) made.update({{"suspended", step.suspended}, {"full", step.full}});
    if (step.paused) made["paused"] = true;
    if (step.kind == RouteStep::elsewhere) made["way"] = way_to(config, step.address);
    return made;
}

struct Explained {
    std::string address;
    std::vector<std::string> notes{};  // before the steps
    std::vector<AddressStep> steps{};
    bool ours = false;
    bool accepted = false;
    std::string reason{};  // if it is not accepted
};

std::vector<AddressStep> steps_of(Context& context, const std::string& address) {
    auto steps = context.store().read_now(storage::explain_address(address));
    if (steps) return *std::move(steps);
    if (steps.error().reason != storage::Reason::no_such_domain) throw Failure(steps.error().text);
    return {{.kind = RouteStep::elsewhere, .address = address}};
}

Explained explain(Context& context, const std::string& address) {
    Explained made{.address = address};
    const storage::Result<services::Recipient> found = ask_directory(context, address);
    made.ours = !found || found->ours;
    made.accepted = found && found->ours;
    if (!found) made.reason = found.error().text;
    if (found && found->returns) {
        made.notes.emplace_back("a return address of mail that was sent on: its bounces (MAIL FROM:<>) go to");
        for (const auto& local : found->destinations->local) made.steps = steps_of(context, local.account_name);
        for (const std::string& remote : found->destinations->remote) {
            made.steps.push_back({.kind = RouteStep::elsewhere, .depth = 1, .address = remote});
        }
        return made;
    }
    if (found && !found->left_list.empty()) {
        made.notes.push_back("who writes to it is taken off the list " + found->left_list);
        return made;
    }
    if (!found && delivery::srs::is_return_address(address)) return made;
    if (!made.ours) made.reason = "not a domain of ours";
    made.steps = steps_of(context, address);
    const bool nobody = made.steps.size() == 1 && made.steps[0].kind == RouteStep::nobody;
    const std::string fallback = nobody ? fallback_of(context, address) : "";
    if (!fallback.empty()) {
        made.notes.push_back("nobody has that name, but mail for postmaster and abuse is always taken: it goes to");
        made.steps = steps_of(context, fallback);
    }
    return made;
}

void print(Context& context, const Explained& made) {
    const Config config = context.config();
    if (context.json) {
        nlohmann::json steps = nlohmann::json::array();
        for (const AddressStep& step : made.steps) steps.push_back(json_of(step, config));
        nlohmann::json all{{"address", made.address},
                           {"ours", made.ours},
                           {"accepted", made.accepted},
                           {"notes", made.notes},
                           {"steps", steps}};
        if (!made.reason.empty()) all["reason"] = made.reason;
        context.console.out << all.dump(2) << '\n';
        return;
    }
    for (const std::string& note : made.notes) context.console.out << made.address << ": " << note << '\n';
    for (const AddressStep& step : made.steps) {
        context.console.out << std::string(std::size_t{2} * step.depth, ' ') << step.address << ": "
                            << words_for(step, config)
                            << (step.paused ? "; paused as a member, for its mail comes back" : "") << '\n';
    }
    if (made.reason.empty()) return;
    context.console.out << (made.ours ? "refused: " : "refused, but to our own users when they have logged in: ")
                        << made.reason << '\n';
}

void explain_address(Context& context, const std::string& given) {
    const std::string address = given.contains('@') ? given : context.account_name(given);
    if (address.ends_with('@')) throw WrongUsage("\"" + given + "\" is not an address");
    print(context, explain(context, address));
}

}  // namespace

void add_address_command(CLI::App& app, Context& context) {
    CLI::App* address = app.add_subcommand("address", "Where would mail for an address go, and why");
    const auto given = std::make_shared<std::string>();
    address->add_option("address", *given, "The address; without a domain it is in the default domain")->required();
    address->callback([&context, given] { context.action = [&context, given] { explain_address(context, *given); }; });
}

}  // namespace server::cli
