// mailstead check [--repair], mailstead backup FILE.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>

#include "server/cli/context.h"
#include "server/cli/words.h"
#include "server/options.h"
#include "server/summaries.h"
#include "storage/upkeep/backup.h"
#include "storage/upkeep/check.h"
#include "storage/upkeep/check_search.h"

namespace server::cli {

namespace {

nlohmann::json to_json(const storage::CheckReport& report) {
    nlohmann::json findings = nlohmann::json::array();
    for (const storage::Finding& finding : report.findings) {
        findings.push_back({{"table", finding.table},
                            {"row", finding.row},
                            {"what", finding.what},
                            {"repairable", finding.repairable}});
    }
    return {{"messages", report.messages},
            {"blobs", report.blobs},
            {"octets", report.octets},
            {"file_octets", report.space.file_octets},
            {"free_octets", report.space.free_octets},
            {"findings", findings}};
}

// What a person is told beside a finding.
using Hint = std::function<std::string_view(const storage::Finding&)>;

void show(Context& context, const storage::CheckReport& report, const Hint& hint_of) {
    if (context.json) return;
    for (const storage::Finding& finding : report.findings) {
        const std::string_view hint = hint_of(finding);
        context.console.out << fmt::format("{} {}: {}{}\n", finding.table, finding.row, finding.what, hint);
    }
}

void conclude(Context& context, const storage::CheckReport& report) {
    if (context.json) {
        context.console.out << to_json(report).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    } else {
        context.console.out << fmt::format("{}, {} with {} checked\n", counted(report.messages, "message", "messages"),
                                           counted(report.blobs, "content", "contents"),
                                           counted(report.octets, "octet", "octets"));
        context.console.out << fmt::format(
            "{} of the file's {} are free inside{}\n", counted(report.space.free_octets, "octet", "octets"),
            report.space.file_octets, report.space.shrinks ? "" : "; it shrinks once it is backed up and restored");
    }
    if (!report.findings.empty()) {
        throw Failure(counted(report.findings.size(), "thing is", "things are") + " wrong with the store");
    }
}

// Faults of the search index, in the same form as those of the store.
std::vector<storage::Finding> check_search(Context& context) {
    const Config config = context.config();
    return value_of(context.store().read_now(
                        storage::check_search_index(search_index_options(config).path, folded_texts(config))))
        .findings;
}

void check(Context& context, bool repair) {
    const storage::CheckOptions options = check_options(parse_limits(context.config()));
    if (!repair) {
        context.access = Access::read;
        context.need_present_schema();
        auto report = value_of(context.store().read_now(storage::check_store(options)));
        const std::vector<storage::Finding> search = check_search(context);
        report.findings.insert(report.findings.end(), search.begin(), search.end());
        show(context, report,
             [](const storage::Finding& finding) { return finding.repairable ? " (--repair mends it)" : ""; });
        conclude(context, report);
        return;
    }
    storage::RepairReport report = value_of(storage::repair_store(context.store(), options));
    value_of(context.store().write_now(storage::note_in_audit({context.audit_entry("store.repair", "")})));
    const std::vector<storage::Finding> search = check_search(context);
    if (!search.empty()) storage::discard_search_index(search_index_options(context.config()).path);
    report.before.findings.insert(report.before.findings.end(), search.begin(), search.end());
    show(context, report.before, [&](const storage::Finding& finding) {
        const bool left = std::ranges::any_of(report.after.findings, [&](const storage::Finding& other) {
            return other.table == finding.table && other.row == finding.row && other.what == finding.what;
        });
        return left ? " (cannot be mended)" : " (mended)";
    });
    conclude(context, report.after);
}

}  // namespace

void add_check_command(CLI::App& app, Context& context) {
    CLI::App* command = app.add_subcommand("check", "Check the whole store: rows, counters, contents");
    const auto repair = std::make_shared<bool>(false);
    command->add_flag("--repair", *repair, "Mend what can be computed anew");
    command->callback([&context, repair] { context.action = [&context, repair] { check(context, *repair); }; });
}

void add_backup_command(CLI::App& app, Context& context) {
    CLI::App* command = app.add_subcommand("backup", "Copy the whole store into one file, while the server runs");
    const auto file = std::make_shared<std::string>();
    command->add_option("file", *file, "The file to make")->required();
    command->callback([&context, file] {
        context.action = [&context, file] {
            context.access = Access::read;
            const auto octets = value_of(context.store().read_now(storage::backup_store(*file)));
            if (context.json) context.console.out << nlohmann::json{{"octets", octets}}.dump() << '\n';
        };
    });
}

}  // namespace server::cli
