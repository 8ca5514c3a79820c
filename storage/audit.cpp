// Ids ascend as time does, nearly: log-ins are written a little later than they happened.
#include "storage/audit.h"

#include <utf8proc.h>

#include <algorithm>
#include <string_view>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/store_options.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;

constexpr std::size_t longest_text = 1'000;  // octets

// What a peer gave may be any octets: what is no UTF-8, and NUL, becomes "?".
std::string clean(std::string_view text) {
    std::string out;
    while (!text.empty() && out.size() < longest_text) {
        utf8proc_int32_t point = 0;
        const utf8proc_ssize_t octets = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                         static_cast<utf8proc_ssize_t>(text.size()), &point);
        const bool whole = octets > 0 && point != 0;
        out += whole ? text.substr(0, static_cast<std::size_t>(octets)) : "?";
        text.remove_prefix(whole ? static_cast<std::size_t>(octets) : 1);
    }
    return out;
}

AuditEntry entry_of(const engine::Statement& row) {
    auto [at, kind, actor, action, subject, detail, address, count] =
        row.row<std::int64_t, AuditKind, std::string, std::string, std::string, std::string, std::string,
                std::uint64_t>();
    return {.at = at,
            .kind = kind,
            .actor = std::move(actor),
            .action = std::move(action),
            .subject = std::move(subject),
            .detail = std::move(detail),
            .address = std::move(address),
            .count = count};
}

// Of the oldest rows; true if all of the slice were too old.
bool forget_old(Connection& connection, std::int64_t before, std::size_t slice) {
    auto oldest = connection.statement(
        "SELECT max(id), count(*) FROM (SELECT id, at FROM audit ORDER BY id LIMIT ?) AS oldest WHERE at < ?");
    oldest.bind(slice, before).step();
    if (oldest.is_null(0)) return false;
    const auto [last, count] = oldest.row<std::int64_t, std::size_t>();
    connection.run("DELETE FROM audit WHERE id <= ? AND at < ?", last, before);
    return count == slice;
}

void keep_newest(Connection& connection, AuditKind kind, std::uint64_t rows) {
    auto first = connection.statement("SELECT id FROM audit WHERE kind = ? ORDER BY id DESC LIMIT 1 OFFSET ?");
    if (!first.bind(kind, rows).step()) return;
    connection.run("DELETE FROM audit WHERE kind = ? AND id <= ?", kind, first.column<std::int64_t>(0));
}

}  // namespace

void note_in_audit(Snapshot& file, const AuditEntry& entry) {
    engine::connection_of(file).run(
        "INSERT INTO audit (at, kind, actor, action, subject, detail, address, count) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        entry.at, entry.kind, clean(entry.actor), entry.action, clean(entry.subject), clean(entry.detail),
        clean(entry.address), entry.count);
}

void note_in_audit(Batch& batch, const AuditEntry& entry) {
    if (batch.options().audit.keep.count() > 0) note_in_audit(batch.connection(), entry);
}

Operation<std::monostate> note_in_audit(std::vector<AuditEntry> entries) {
    return {Durability::prompt, [entries = std::move(entries)](Batch& batch) -> std::optional<Result<std::monostate>> {
                for (const AuditEntry& entry : entries) note_in_audit(batch, entry);
                return std::monostate();
            }};
}

Query<std::vector<AuditEntry>> read_audit(AuditFilter filter) {
    return [filter = std::move(filter)](Snapshot& snapshot) -> Result<std::vector<AuditEntry>> {
        std::vector<AuditEntry> entries;
        auto rows = engine::connection_of(snapshot).statement(
            "SELECT at, kind, actor, action, subject, detail, address, count FROM audit"
            " WHERE at >= ? AND (? = 0 OR actor = ? OR subject = ?) ORDER BY id DESC LIMIT ?");
        const std::string about = filter.about.value_or("");
        rows.bind(filter.since, filter.about.has_value(), about, about, filter.most);
        while (rows.step()) entries.push_back(entry_of(rows));
        std::ranges::reverse(entries);
        return entries;
    };
}

Operation<bool> trim_audit(std::int64_t now, std::size_t slice) {
    return {Durability::prompt, [=](Batch& batch) -> std::optional<Result<bool>> {
                const AuditOptions& options = batch.options().audit;
                Connection& connection = batch.connection();
                for (const AuditKind kind : {AuditKind::change, AuditKind::login, AuditKind::failure}) {
                    keep_newest(connection, kind, options.rows);
                }
                return forget_old(connection, now - options.keep.count(), slice);
            }};
}

}  // namespace storage
