// The order makes it safe: the copy is read, written beside the store, checked there and synced; only then is the store
// moved aside and its name taken. A crash leaves the old store or the new one.
#include "storage/upkeep/restore.h"

#include <string>

#include "storage/engine/backup.h"
#include "storage/engine/database.h"
#include "storage/engine/log_owner.h"
#include "storage/engine/partial_file.h"
#include "storage/engine/upgrade.h"
#include "storage/upkeep/check_search.h"
#include "storage/upkeep/replacement.h"

namespace storage {

namespace {

using engine::Connection;

std::int64_t number_of(Connection& connection, std::string_view sql) {
    auto row = connection.statement(sql);
    return row.step() ? row.integer(0) : 0;
}

// On a read-only disk there is no place for a log's lock files: the copy is then read without them.
std::unique_ptr<Connection> open_copy(const std::filesystem::path& copy) {
    try {
        auto connection = std::make_unique<Connection>(engine::ConnectionOptions{.path = copy, .read_only = true});
        number_of(*connection, "PRAGMA schema_version");
        return connection;
    } catch (const engine::Error& error) {
        if (error.damaged() || std::filesystem::exists(copy.string() + "-wal")) throw;
        return std::make_unique<Connection>(engine::ConnectionOptions{.path = copy, .without_log = true});
    }
}

// Looks at the copy's header and structure; the text of a refusal, or empty.
std::string objection_to(Connection& copy, const RestoreOptions& options) {
    if (!is_store(copy)) return "is no copy of a Mailstead store";
    const int schema = engine::schema_version(copy);
    if (schema > engine::newest_schema()) {
        return "was written by a newer Mailstead (schema " + std::to_string(schema) + ", this one knows " +
               std::to_string(engine::newest_schema()) + ")";
    }
    if (options.even_if_damaged) return {};
    const std::string fault = structural_fault(copy);
    return fault.empty() ? fault : "is damaged: " + fault;
}

// A sound copy is rewritten without gaps, so that the disk can get freed pages back; a damaged one is just copied.
void write_copy(Connection& source, const std::filesystem::path& target, const RestoreOptions& options) {
    if (options.even_if_damaged) return engine::copy_database(source, target);
    constexpr std::int64_t incremental = 2;
    if (number_of(source, "PRAGMA auto_vacuum") != incremental) source.execute("PRAGMA auto_vacuum = INCREMENTAL");
    source.run("VACUUM INTO ?", target.string());
}

// Checks the copy's rows and content. Findings that --repair can repair do not prevent a restore.
Result<CheckReport> look_through(const std::filesystem::path& copy, const RestoreOptions& options) {
    if (schema_of(copy) != engine::newest_schema()) return CheckReport{};
    Connection connection({.path = copy});
    Result<CheckReport> report = check_store(options.check)(connection);
    if (!report || options.even_if_damaged) return report;
    for (const Finding& finding : report->findings) {
        if (finding.repairable) continue;
        return refuse(Reason::conflict, "is damaged: " + finding.table + " " + finding.row + ": " + finding.what);
    }
    return report;
}

bool keep_old(const std::filesystem::path& store, std::int64_t noted_mark, std::filesystem::path& kept) {
    const std::filesystem::path name = free_name(store.string() + ".before-restore");
    const bool there = std::filesystem::exists(store);
    if (!(there ? set_aside(store, name, noted_mark) : set_logs_aside(store, name))) return false;
    if (there) kept = name;
    return true;
}

Result<Restored> put_in_place(const std::filesystem::path& store, const std::filesystem::path& copy,
                              const RestoreOptions& options, std::int64_t noted_mark) {
    const auto not_written = [&] { return refuse(Reason::not_permitted, "cannot write " + store.string()); };
    Restored done;
    engine::PartialFile partial(store);
    if (!partial.is_open()) return not_written();
    {
        const std::unique_ptr<Connection> source = open_copy(copy);
        const std::string objection = objection_to(*source, options);
        if (!objection.empty()) return refuse(Reason::conflict, copy.string() + " " + objection);
        write_copy(*source, partial.path(), options);
    }
    Result<CheckReport> report = look_through(partial.path(), options);
    if (!report) return refuse(report.error().reason, copy.string() + " " + report.error().text);
    done.report = *std::move(report);
    done.schema = schema_of(partial.path());
    if (std::filesystem::exists(store) && engine::log_belongs(store, noted_mark)) {
        done.passed = carry_numbers_over(partial.path(), store);
    } else {
        expect_newer_numbers(partial.path());
        done.passed = false;
    }
    if (options.audit) note_in_audit_of(partial.path(), *options.audit);
    if (!options.search_index.empty()) discard_search_index(options.search_index);
    if (!keep_old(store, noted_mark, done.kept) || !partial.take_name()) return not_written();
    return done;
}

}  // namespace

Result<Restored> restore_store(const std::filesystem::path& store, const std::filesystem::path& copy,
                               const RestoreOptions& options) {
    std::error_code trouble;
    if (!std::filesystem::is_regular_file(copy, trouble)) {
        return refuse(Reason::conflict, "there is no file " + copy.string());
    }
    if (std::filesystem::equivalent(copy, store, trouble)) {
        return refuse(Reason::conflict, copy.string() + " is the store itself");
    }
    engine::Presence presence(store);
    if (!presence.alone()) return refuse(Reason::in_use, "the store is in use: stop the server first");
    engine::refuse_foreign_log(copy, 0);
    try {
        Result<Restored> done = put_in_place(store, copy, options, presence.log_mark());
        if (done) presence.set_log_mark(0);  // it was the old file's
        return done;
    } catch (const engine::DiskFull& full) {
        return refuse(Reason::storage_full, full.what());
    } catch (const engine::Error& error) {
        if (!error.damaged()) throw;
        constexpr int not_a_database = 26;  // SQLITE_NOTADB
        if ((error.code() & 0xff) == not_a_database) {
            return refuse(Reason::conflict, copy.string() + " is no copy of a store: it is no database");
        }
        return refuse(Reason::conflict, copy.string() + " is damaged, or no copy of a store: " + error.what());
    }
}

}  // namespace storage
