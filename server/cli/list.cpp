// mailstead list add|remove|resume|list: mailing lists.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/mime/date_time.h"
#include "server/cli/context.h"
#include "storage/lists.h"

namespace server::cli {

namespace {

struct ListArguments {
    std::string name;
    std::vector<std::string> members;
    std::vector<std::string> owners;
    std::string posting;
};

constexpr std::pair<std::string_view, storage::ListPosting> postings[] = {{"members", storage::ListPosting::members},
                                                                          {"anyone", storage::ListPosting::anyone},
                                                                          {"owners", storage::ListPosting::owners}};

std::string_view word_for(storage::ListPosting posting) {
    return std::ranges::find(postings, posting, &std::pair<std::string_view, storage::ListPosting>::second)->first;
}

// One with a domain stays as it is given.
std::vector<std::string> addresses(Context& context, const std::vector<std::string>& given) {
    std::vector<std::string> names;
    for (const std::string& one : given) names.push_back(one.contains('@') ? one : context.account_name(one));
    return names;
}

void add_to_list(Context& context, const ListArguments& arguments) {
    storage::ListChange wanted{.name = context.account_name(arguments.name),
                               .members = addresses(context, arguments.members),
                               .owners = addresses(context, arguments.owners)};
    for (const auto& [word, posting] : postings) {
        if (arguments.posting == word) wanted.posting = posting;
    }
    std::vector<std::string> detail = wanted.members;
    if (!wanted.owners.empty()) detail.push_back(fmt::format("owners: {}", fmt::join(wanted.owners, " ")));
    if (!arguments.posting.empty()) detail.push_back("posting: " + arguments.posting);
    change(context, storage::add_to_list(wanted, std::time(nullptr)), "list.add", wanted.name,
           fmt::format("{}", fmt::join(detail, " ")));
}

void remove_from_list(Context& context, const ListArguments& arguments) {
    const std::string name = context.account_name(arguments.name);
    const std::vector<std::string> members = addresses(context, arguments.members);
    change(context, storage::remove_from_list(name, members), "list.remove", name,
           fmt::format("{}", fmt::join(members, " ")));
}

void resume_members(Context& context, const ListArguments& arguments) {
    const std::string name = context.account_name(arguments.name);
    for (const std::string& member : addresses(context, arguments.members))
        change(context, storage::resume_list_member(name, member), "list.resume", name, member);
}

nlohmann::json json_of(const storage::MailingList& list) {
    nlohmann::json members = nlohmann::json::array();
    for (const storage::ListMember& member : list.members) {
        members.push_back({{"address", member.address},
                           {"receives", member.receives},
                           {"owner", member.owner},
                           {"bounces", member.bounces},
                           {"paused", member.paused_at != 0}});
    }
    return {{"list", list.name}, {"posting", word_for(list.posting)}, {"members", members}};
}

void print(Context& context, const storage::MailingList& list) {
    context.console.out << list.name << "  posting: " << word_for(list.posting) << '\n';
    for (const storage::ListMember& member : list.members) {
        context.console.out << "  " << member.address;
        if (member.owner) context.console.out << "  owner";
        if (!member.receives) context.console.out << "  gets no mail of it";
        if (member.bounces != 0) context.console.out << "  bounces: " << member.bounces;
        if (member.paused_at != 0)
            context.console.out << "  paused since " << mime::render_date_time({member.paused_at, 0});
        context.console.out << '\n';
    }
}

void show_lists(Context& context, const ListArguments& arguments) {
    context.access = Access::read;
    std::vector<storage::MailingList> lists;
    if (arguments.name.empty()) {
        lists = value_of(context.store().read_now(storage::list_lists()));
    } else {
        const std::string name = context.account_name(arguments.name);
        lists.push_back(value_of(context.store().read_now(storage::find_list(name))));
    }
    nlohmann::json array = nlohmann::json::array();
    for (const storage::MailingList& list : lists) {
        if (context.json) {
            array.push_back(json_of(list));
        } else {
            print(context, list);
        }
    }
    if (context.json) context.console.out << array.dump(2) << '\n';
}

}  // namespace

void add_list_command(CLI::App& app, Context& context) {
    CLI::App* list = app.add_subcommand("list", "Mailing lists: add, remove, resume, list");
    list->require_subcommand(1);
    const auto arguments = std::make_shared<ListArguments>();
    const auto command = [&](const char* name, const char* help, void (*run)(Context&, const ListArguments&)) {
        CLI::App* sub = list->add_subcommand(name, help);
        sub->callback(
            [&context, arguments, run] { context.action = [&context, arguments, run] { run(context, *arguments); }; });
        return sub;
    };
    CLI::App* to_add = command("add", "Add a list, or members and owners to it", add_to_list);
    to_add->add_option("name", arguments->name, "The list's address")->required();
    to_add->add_option("member", arguments->members, "Who gets what is sent to it, here or elsewhere");
    to_add->add_option("--owner", arguments->owners, "Who is told of bounces, and may post; a new list needs one")
        ->take_all()
        ->allow_extra_args(false);
    to_add->add_option("--posting", arguments->posting, "Who may post: members (a new list's), anyone or owners")
        ->check(CLI::IsMember({"members", "anyone", "owners"}));
    CLI::App* to_remove = command("remove", "Remove members or owners from a list, or all of it", remove_from_list);
    to_remove->add_option("name", arguments->name, "The list's address")->required();
    to_remove->add_option("member", arguments->members, "Whom to remove; none: the whole list");
    CLI::App* resume = command("resume", "Let members get mail again whose mail came back", resume_members);
    resume->add_option("name", arguments->name, "The list's address")->required();
    resume->add_option("member", arguments->members, "The member")->required();
    command("list", "List the lists, with their members", show_lists)
        ->add_option("name", arguments->name, "Only this one");
}

}  // namespace server::cli
