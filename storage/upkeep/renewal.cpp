// Looks at each summary's first octet, once. Unreadable ones stay as they are: check reports them.
#include "storage/upkeep/renewal.h"

#include <string>
#include <utility>
#include <vector>

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"
#include "storage/engine/error.h"
#include "storage/staging.h"
#include "storage/store_await.h"
#include "storage/threads.h"
#include "storage/upkeep/content.h"

namespace storage {

namespace {

using engine::Batch;
using engine::Connection;
using engine::Octets;

struct Renewed {
    std::vector<std::pair<BlobId, Summarised>> summaries;
    BlobId reached;      // all up to here were looked at
    bool more = false;   // there may be others after it
    bool known = false;  // it was already recorded that all are of this version
};

bool is_remembered(Connection& connection, char version) {
    auto row = connection.statement("SELECT value FROM state WHERE name = 'summary_version'");
    return row.step() && row.integer(0) == version;
}

// Messages after `reached` with summaries of another version, up to the batch's limits.
std::vector<BlobId> find_stale(Connection& connection, const RenewalOptions& options, Renewed& out) {
    std::vector<BlobId> stale;
    std::uint64_t octets = 0;
    std::size_t seen = 0;
    auto rows = connection.statement(
        "SELECT blob_id, size_octets, substr(summary, 1, 1), EXISTS (SELECT 1 FROM account_content"
        "   WHERE account_content.blob_id = message_summary.blob_id AND (thread_id IS NULL OR ids = 1))"
        " FROM message_summary JOIN blob ON blob.id = blob_id WHERE blob_id > ? ORDER BY blob_id LIMIT ?");
    rows.bind(out.reached, options.batch_rows);
    while (!out.more && rows.step()) {
        out.reached = rows.column<BlobId>(0);
        if (rows.column<std::string>(2) != std::string_view(&options.version, 1) || rows.column<bool>(3)) {
            stale.push_back(out.reached);
            octets += rows.column<std::uint64_t>(1);
        }
        ++seen;
        out.more =
            seen == options.batch_rows || stale.size() == options.batch_summaries || octets >= options.batch_octets;
    }
    return stale;
}

Query<Renewed> make_anew(RenewalOptions options, BlobId behind) {
    return [options = std::move(options), behind](Snapshot& snapshot) -> Result<Renewed> {
        Connection& connection = engine::connection_of(snapshot);

        Renewed out{.summaries = {}, .reached = behind};
        out.known = is_remembered(connection, options.version);
        if (out.known) return out;
        for (const BlobId blob : find_stale(connection, options, out)) {
            try {
                Result<Summarised> fresh = fresh_summary(blob, options.summarise)(connection);
                if (fresh) out.summaries.emplace_back(blob, *std::move(fresh));
            } catch (const engine::Error&) {
                continue;  // damaged content must not hold up the others
            }
        }
        return out;
    };
}

Operation<std::monostate> put_summaries(std::vector<std::pair<BlobId, Summarised>> summaries) {
    std::size_t octets = 0;
    for (const auto& [blob, fresh] : summaries) octets += fresh.summary.size();
    auto run = [summaries = std::move(summaries)](Batch& batch) -> std::optional<Result<std::monostate>> {
        for (const auto& [blob, fresh] : summaries) {
            put_summary(batch.connection(), blob, fresh.summary, fresh.text_sizes);
            name_old_content(batch, blob, thread_keys(fresh.thread_names));
        }
        return std::monostate();
    };
    return {Durability::prompt, std::move(run), octets};
}

Operation<std::monostate> remember(char version) {
    auto run = [version](Batch& batch) -> std::optional<Result<std::monostate>> {
        batch.connection().run(
            "INSERT INTO state (name, value) VALUES ('summary_version', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            std::int64_t{version});
        return std::monostate();
    };
    return {Durability::prompt, std::move(run)};
}

}  // namespace

asio::awaitable<bool> renew_summaries(Store& store, const RenewalOptions& options, BlobId& reached) {
    for (std::size_t i = 0; i < options.batches; ++i) {
        Result<Renewed> renewed = co_await store.read_long(AccountId{}, make_anew(options, reached));
        if (!renewed || renewed->known) co_return false;
        if (!renewed->summaries.empty()) {
            const Result<std::monostate> put = co_await store.write(put_summaries(std::move(renewed->summaries)));
            if (!put) co_return false;  // with a full disk, do not retry soon
        }
        reached = renewed->reached;
        if (renewed->more) continue;
        const Result<std::monostate> remembered = co_await store.write(remember(options.version));
        co_return !remembered;
    }
    co_return true;
}

}  // namespace storage
