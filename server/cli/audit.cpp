// mailstead audit: who did what.
#include <CLI/CLI.hpp>
#include <ctime>
#include <nlohmann/json.hpp>
#include <ostream>

#include "protocols/base/text.h"
#include "protocols/base/timestamp.h"
#include "server/cli/context.h"
#include "server/cli/words.h"
#include "server/config/values.h"
#include "server/log.h"
#include "storage/audit.h"

namespace server::cli {

namespace {

struct AuditArguments {
    std::string since;
    std::string about;
    std::size_t most = 1'000;
};

nlohmann::json to_json(const storage::AuditEntry& entry) {
    return {{"at", entry.at},         {"actor", entry.actor},     {"action", entry.action}, {"subject", entry.subject},
            {"detail", entry.detail}, {"address", entry.address}, {"count", entry.count}};
}

// As the log writes an event, escapes and all.
std::string to_line(const storage::AuditEntry& entry) {
    services::EventLog::Fields fields;
    const std::pair<std::string_view, const std::string*> texts[] = {
        {"actor", &entry.actor}, {"subject", &entry.subject}, {"detail", &entry.detail}, {"address", &entry.address}};
    for (const auto& [key, text] : texts) {
        if (!text->empty()) fields.emplace_back(key, *text);
    }
    if (entry.count > 1) fields.emplace_back("count", entry.count);
    return text_message(base::format_timestamp(entry.at), "", entry.action, fields);
}

storage::AuditFilter filter_of(Context& context, const AuditArguments& arguments) {
    storage::AuditFilter filter{.since = 0, .about = {}, .most = arguments.most};
    if (!arguments.since.empty()) {
        const auto ago = parse_duration(arguments.since);
        if (!ago) throw WrongUsage("--since: \"" + arguments.since + "\" is not a duration: write one such as \"7d\"");
        filter.since = std::time(nullptr) - ago->count();
    }
    if (!arguments.about.empty()) filter.about = context.account_name(arguments.about);
    return filter;
}

void show_audit(Context& context, const AuditArguments& arguments) {
    context.access = Access::read;
    const storage::AuditFilter filter = filter_of(context, arguments);
    const auto entries = value_of(context.store().read_now(storage::read_audit(filter)));
    nlohmann::json array = nlohmann::json::array();
    for (const storage::AuditEntry& entry : entries) {
        if (context.json) {
            array.push_back(to_json(entry));
        } else {
            context.console.out << to_line(entry) << '\n';
        }
    }
    if (context.json) context.console.out << array.dump(2, ' ', true) << '\n';
}

}  // namespace

void add_audit_command(CLI::App& app, Context& context) {
    CLI::App* audit = app.add_subcommand("audit", "Who changed what, and who logged in");
    const auto arguments = std::make_shared<AuditArguments>();
    audit->add_option("--since", arguments->since, "Only of this last time: \"7d\", \"12h\"");
    audit->add_option("--account", arguments->about, "Only what this account did, or what was done to it");
    audit->add_option("--most", arguments->most, "How many entries, the newest")->capture_default_str();
    audit->callback(
        [&context, arguments] { context.action = [&context, arguments] { show_audit(context, *arguments); }; });
}

}  // namespace server::cli
