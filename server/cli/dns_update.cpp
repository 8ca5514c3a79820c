#include "server/cli/dns_update.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <ctime>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <utility>

#include "protocols/dns/resolver.h"
#include "server/cli/words.h"
#include "server/zone/publisher.h"
#include "storage/dkim_keys.h"

namespace server::cli {

namespace {

void warn_of_readers(Context& context, const std::string& path) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) return;
    context.console.err << "mailstead: " << path << " can be read by everybody on this machine: chmod 600" << std::endl;
}

// Names of the records of keys that are withdrawn.
std::vector<std::string> withdrawn_keys(Context& context, const zone::Facts& facts) {
    std::vector<std::string> names;
    for (const storage::DkimKey& key : value_of(context.store().read_now(storage::list_dkim_keys()))) {
        const std::string domain = dns::to_a_labels(key.domain).value_or(key.domain);
        if (key.state != storage::DkimState::withdrawn || domain != facts.domain) continue;
        names.push_back(zone::key_name(key, domain));
    }
    return names;
}

zone::Updated run(const UpdateTarget& target, const zone::Wishes& wishes, bool only_look) {
    asio::io_context loop;
    zone::UpdatePublisher publisher(target.server, target.key, [] { return std::time(nullptr); });
    std::exception_ptr fault;
    std::optional<zone::Updated> updated;
    // Told on this loop, which then ends: nothing else is awaited.
    asio::co_spawn(loop, only_look ? publisher.look(wishes) : publisher.publish(wishes),
                   [&](const std::exception_ptr& why, zone::Updated done) {
                       fault = why;
                       updated = std::move(done);
                       loop.stop();
                   });
    loop.run();
    if (fault) std::rethrow_exception(fault);
    return *std::move(updated);
}

nlohmann::json lines_of(const std::vector<zone::WireRecord>& records) {
    nlohmann::json lines = nlohmann::json::array();
    for (const zone::WireRecord& record : records) lines.push_back(zone::line_of(record));
    return lines;
}

void print(Context& context, const zone::Updated& updated, bool only_look) {
    std::ostream& out = context.console.out;
    if (context.json) {
        out << nlohmann::json{{"dry_run", only_look},
                              {"zones", updated.zones},
                              {"removed", lines_of(updated.removed)},
                              {"added", lines_of(updated.added)},
                              {"left", updated.others},
                              {"not_there", lines_of(updated.not_there)}}
                   .dump(2)
            << '\n';
        return;
    }
    for (const zone::WireRecord& record : updated.removed) out << "- " << zone::line_of(record) << '\n';
    for (const zone::WireRecord& record : updated.added) out << "+ " << zone::line_of(record) << '\n';
    for (const std::string& line : updated.others) out << "  left as it is: " << line << '\n';
    if (updated.zones.empty()) {
        out << "nothing to change\n";
        return;
    }
    out << fmt::format("{}{}, {} in {}\n", only_look ? "nothing was changed; it would be: " : "",
                       counted(updated.added.size(), "record added", "records added"),
                       counted(updated.removed.size(), "removed", "removed"), fmt::join(updated.zones, ", "));
}

}  // namespace

UpdateTarget update_target(Context& context, const UpdateWords& words) {
    const Config config = context.config();
    const std::string server = words.server.empty() ? config.dns.update_server : words.server;
    const std::string key_file = words.key_file.empty() ? config.dns.update_key.native() : words.key_file;
    if (server.empty()) {
        throw Failure("which server takes the updates? Give --server ADDRESS, or set update_server in [dns]");
    }
    if (key_file.empty()) {
        throw Failure("which key signs the updates? Give --key FILE, or set update_key in [dns]");
    }
    auto target = read_update_target(server, key_file);
    if (!target) throw Failure(target.error());
    warn_of_readers(context, key_file);
    return *std::move(target);
}

void update_dns(Context& context, const UpdateTarget& target, const zone::Facts& facts,
                const std::vector<zone::Record>& records, const UpdateWords& words) {
    zone::Wishes wishes{
        .records = records, .withdrawn = withdrawn_keys(context, facts), .host = facts.host, .replace = words.replace};
    zone::Updated updated;
    try {
        updated = run(target, wishes, words.only_look);
    } catch (const zone::UpdateFailure& failure) {
        throw Failure(
            fmt::format("{}@{}: {}", target.server.address().to_string(), target.server.port(), failure.what()));
    }
    print(context, updated, words.only_look);
    if (updated.not_there.empty()) return;
    throw Failure(
        "the server has taken the update, but not all of it is there: does another record, or the server's "
        "policy, stand in the way of " +
        zone::line_of(updated.not_there.front()) + "?");
}

}  // namespace server::cli
