// SQLite's own check of the file, then message by message, for each account that has it.
#include "storage/upkeep/check_search.h"

#include <algorithm>
#include <utility>

#include "storage/contents.h"
#include "storage/engine/connection.h"
#include "storage/engine/error.h"
#include "storage/search_file.h"

namespace storage {

namespace {

using engine::Connection;

constexpr std::size_t most_trigrams = 200'000;  // of one message: more than any index has
constexpr std::size_t asked_trigrams = 16;

class SearchCheck {
  public:
    SearchCheck(Connection& store, SearchFile& file, const FoldedTexts& texts, SearchCheckReport& report,
                std::size_t most)
        : store_(store), file_(file), texts_(texts), report_(report), most_(most), trigrams_(most_trigrams) {}

    void run() {
        engine::Statement integrity = file_.connection().statement("PRAGMA integrity_check(100)");
        while (integrity.step()) {
            if (const auto line = integrity.column<std::string>(0); line != "ok") find("", line);
        }
        reached_ = file_.progress().reached;
        engine::Statement rows =
            store_.statement("SELECT blob_id, summary FROM message_summary WHERE blob_id <= ? ORDER BY blob_id");
        rows.bind(reached_);
        while (rows.step()) {
            const auto [blob, summary] = rows.row<BlobId, std::string>();
            check(blob, summary);
        }
    }

  private:
    void check(BlobId blob, const std::string& summary) {
        std::vector<AccountId> owners = owners_to_check(blob);
        if (owners.empty()) return;
        ContentReader reader(store_, {blob});
        reader.open(blob);
        texts_(
            summary, [&](std::uint64_t offset, std::uint64_t length) { return reader.read(offset, length); },
            [&](std::string_view folded) {
                folded.empty() ? trigrams_.end_text() : trigrams_.add(folded);
                return trigrams_.too_many();
            });
        ++report_.messages;
        const std::string expression = match_some_words(trigrams_.take_words(), asked_trigrams);
        if (expression.empty() || file_.holds({of_many, blob}, expression)) return;
        for (const AccountId owner : owners) {
            if (!file_.holds({owner, blob}, expression)) find(std::to_string(blob.value), "is not in the index");
        }
    }

    // Those that the index has reached, and has not skipped.
    std::vector<AccountId> owners_to_check(BlobId blob) {
        std::vector<AccountId> owners;
        if (file_.skips({of_many, blob})) return owners;
        engine::Statement rows = store_.statement(
            "SELECT account_id FROM account_content WHERE blob_id = ? AND (late IS NULL OR late <= ?)"
            " ORDER BY account_id");
        rows.bind(blob, reached_);
        while (rows.step()) {
            const AccountId owner = entry_owner(rows.column<AccountId>(0));
            if (!file_.skips({owner, blob})) owners.push_back(owner);
        }
        return owners;
    }

    void find(std::string row, std::string what) {
        if (report_.findings.size() >= most_) return;
        report_.findings.push_back(
            {.table = "search index", .row = std::move(row), .what = std::move(what), .repairable = true});
    }

    Connection& store_;
    SearchFile& file_;
    const FoldedTexts& texts_;
    SearchCheckReport& report_;
    std::size_t most_;
    TrigramSet trigrams_;
    BlobId reached_;
};

// A file just created by a running server is empty until its first transaction.
bool holds_nothing_yet(const std::filesystem::path& path) {
    Connection fresh({.path = path, .read_only = true});
    engine::Statement objects = fresh.statement("SELECT count(*) FROM sqlite_schema");
    return objects.step() && objects.integer(0) == 0;
}

}  // namespace

Query<SearchCheckReport> check_search_index(std::filesystem::path path, FoldedTexts texts, std::size_t findings) {
    return [path = std::move(path), texts = std::move(texts),
            findings](Snapshot& snapshot) -> Result<SearchCheckReport> {
        Connection& connection = engine::connection_of(snapshot);

        SearchCheckReport report;
        if (!std::filesystem::exists(path)) return report;
        // A damaged file may stop any query: report what was found until then.
        try {
            if (holds_nothing_yet(path)) return report;
            const std::unique_ptr<SearchFile> file = SearchFile::open_to_read(path);
            if (!file) throw engine::Error(engine::code_damaged, "it is of another format");
            file->in_transaction([&] { SearchCheck(connection, *file, texts, report, findings).run(); });
        } catch (const engine::Error& error) {
            report.findings.push_back({.table = "search index", .row = {}, .what = error.what(), .repairable = true});
        }
        return report;
    };
}

void discard_search_index(const std::filesystem::path& path) { SearchFile::discard(path); }

}  // namespace storage
