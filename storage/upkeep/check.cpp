// Runs SQLite's own checks, the rules, and a walk over names, keywords and content. Reports; repairs by the rules'
// statements and by fresh summaries.
#include "storage/upkeep/check.h"

#include <utility>
#include <variant>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/engine/error.h"
#include "storage/normal_names.h"
#include "storage/staging.h"
#include "storage/store.h"
#include "storage/threads.h"
#include "storage/upkeep/content.h"
#include "storage/upkeep/rules.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

struct Walk {
    CheckReport report;
    std::vector<BlobId> stale_summaries;
};

// SQLite's checks: pages, indexes, references.
void check_file(Connection& connection, std::vector<Finding>& findings) {
    // Not as a table-valued function: newer SQLite (3.46) takes its argument as the name of a table.
    auto integrity = connection.statement("PRAGMA integrity_check(100)");
    while (integrity.step()) {
        std::string line = integrity.column<std::string>(0);
        if (line != "ok") findings.push_back({.table = "file", .row = {}, .what = std::move(line)});
    }
    // message, message_bucket and expunged may refer to a dropped mailbox: the rules check these.
    auto references = connection.statement(
        "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check"
        " WHERE \"table\" NOT IN ('message', 'message_bucket', 'expunged')");
    while (references.step()) {
        auto [table, row, parent] = references.row<std::string, std::string, std::string>();
        findings.push_back({.table = std::move(table), .row = std::move(row), .what = "refers to no " + parent});
    }
}

void check_rule(Connection& connection, const Rule& rule, std::size_t most, std::vector<Finding>& findings) {
    std::size_t found = 0;
    auto rows = connection.statement(rule.find);
    for (; rows.step(); ++found) {
        if (found >= most) continue;
        findings.push_back({.table = rule.table,
                            .row = rows.column<std::string>(0),
                            .what = rule.what,
                            .repairable = rule.repair != nullptr});
    }
    if (found > most) {
        findings.push_back({.table = rule.table,
                            .row = "and " + std::to_string(found - most) + " more",
                            .what = rule.what,
                            .repairable = rule.repair != nullptr});
    }
}

void check_names(Connection& connection, std::vector<Finding>& findings) {
    auto rows = connection.statement("SELECT id, name FROM mailbox ORDER BY id");
    while (rows.step()) {
        const auto [id, name] = rows.row<MailboxId, std::string>();
        if (is_valid_mailbox_name(name) && normal_mailbox_name(name) == name) continue;
        findings.push_back({.table = "mailbox", .row = std::to_string(id.value), .what = "its name is not valid"});
    }
}

// Every bit of a keyword set must belong to a keyword of the account.
void check_keywords(Connection& connection, std::vector<Finding>& findings) {
    auto rows = connection.statement(
        "SELECT message.mailbox_id, uid, keywords,"
        "   (SELECT count(*) FROM keyword WHERE keyword.account_id = mailbox.account_id)"
        " FROM message JOIN mailbox ON mailbox.id = message.mailbox_id"
        " WHERE keywords IS NOT NULL ORDER BY message.mailbox_id, uid");
    while (rows.step()) {
        const auto [mailbox, uid, octets, known] = rows.row<MailboxId, Uid, std::string, std::uint32_t>();
        const std::vector<std::uint32_t> numbers = KeywordSet(octets).numbers();
        if (numbers.empty() || numbers.back() < known) continue;
        findings.push_back({.table = "message",
                            .row = std::to_string(mailbox.value) + " " + std::to_string(uid.value),
                            .what = "has a keyword that the account does not know"});
    }
}

std::uint64_t count_messages(Connection& connection) {
    auto count = connection.statement("SELECT count(*) FROM message");
    count.step();
    return count.column<std::uint64_t>(0);
}

Walk walk(Connection& connection, const CheckOptions& options) {
    Walk result;
    std::vector<Finding>& findings = result.report.findings;
    // A damaged file may stop any query: report what was found until then.
    try {
        check_file(connection, findings);
        for (const Rule& rule : rules()) check_rule(connection, rule, options.findings_per_rule, findings);
        check_names(connection, findings);
        check_keywords(connection, findings);
        ContentFindings content = check_content(connection, options);
        findings.insert(findings.end(), content.findings.begin(), content.findings.end());
        result.stale_summaries = std::move(content.stale_summaries);
        result.report.blobs = content.blobs;
        result.report.octets = content.octets;
        result.report.messages = count_messages(connection);
        result.report.space = read_free_space(connection);
    } catch (const engine::Error& error) {
        findings.push_back({.table = "file", .row = {}, .what = error.what()});
    }
    return result;
}

Query<Walk> walk_store(CheckOptions options) {
    return [options = std::move(options)](Snapshot& snapshot) -> Result<Walk> {
        Connection& connection = engine::connection_of(snapshot);
        return walk(connection, options);
    };
}

// All rules' repairs in order, in one operation: the store is busy for a moment, and consistent afterwards.
Operation<std::monostate> mend_rows() {
    return {Durability::synced, [](Batch& batch) -> std::optional<Result<std::monostate>> {
                batch.flush();
                for (const Rule& rule : rules()) {
                    if (rule.repair != nullptr) batch.connection().run(rule.repair);
                }
                return std::monostate();
            }};
}

Operation<std::monostate> put_fresh(BlobId blob, Summarised fresh) {
    return {Durability::prompt, [=](Batch& batch) -> std::optional<Result<std::monostate>> {
                put_summary(batch.connection(), blob, fresh.summary, fresh.text_sizes);
                name_old_content(batch, blob, thread_keys(fresh.thread_names));
                return std::monostate();
            }};
}

Result<std::monostate> mend_summaries(Store& store, const std::vector<BlobId>& blobs, const Summarise& summarise) {
    for (const BlobId blob : blobs) {
        Result<Summarised> fresh = store.read_now(fresh_summary(blob, summarise));
        if (!fresh) continue;  // its content is gone: the second check reports it
        const Result<std::monostate> put = store.write_now(put_fresh(blob, *std::move(fresh)));
        if (!put) return put;
    }
    return std::monostate();
}

}  // namespace

Query<CheckReport> check_store(CheckOptions options) {
    return [options = std::move(options)](Snapshot& snapshot) -> Result<CheckReport> {
        Connection& connection = engine::connection_of(snapshot);

        return walk(connection, options).report;
    };
}

Result<RepairReport> repair_store(Store& store, const CheckOptions& options) {
    Result<Walk> before = store.read_now(walk_store(options));
    if (!before) return std::unexpected(before.error());
    if (before->report.findings.empty()) return RepairReport{.before = before->report, .after = before->report};
    Result<std::monostate> mended = store.write_now(mend_rows());
    if (mended && options.summarise) mended = mend_summaries(store, before->stale_summaries, options.summarise);
    if (!mended) return std::unexpected(mended.error());
    Result<Walk> after = store.read_now(walk_store(options));
    if (!after) return std::unexpected(after.error());
    return RepairReport{.before = std::move(before->report), .after = std::move(after->report)};
}

}  // namespace storage
