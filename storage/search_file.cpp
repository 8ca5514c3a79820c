// The tables of search.db and the statements on them.
#include "storage/search_file.h"

#include <string_view>

#include "storage/engine/error.h"

namespace storage {

namespace {

constexpr int application_id = 0x4d535449;  // "MSTI"

// Increased whenever a message would have other trigrams than before: if other text counts, is folded differently, or
// trigrams are written differently. A file of another format is made again.
// 2: MIME fields of parts, and message parts such as delivery statuses, are text; raw fields are in one charset.
constexpr int format = 2;

constexpr std::string_view schema = R"sql(
-- How far the index is: one row.
CREATE TABLE progress (
  reached INTEGER NOT NULL,            -- every blob of the store up to this id is in trigram or in skipped, or is gone
  mark    BLOB NOT NULL                -- sha256 of that blob
) STRICT;
INSERT INTO progress (reached, mark) VALUES (0, x'');

-- Blobs up to `reached` of which trigram knows nothing.
CREATE TABLE skipped (
  blob_id INTEGER PRIMARY KEY,
  reason  INTEGER NOT NULL             -- storage::Skipped
) STRICT;

-- rowid: the blob's id. Rows of blobs that are gone stay until the file is made anew: their ids never come back.
CREATE VIRTUAL TABLE trigram USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii');
)sql";

}  // namespace

std::unique_ptr<SearchFile> SearchFile::open_to_write(const std::filesystem::path& path, std::size_t cache_octets) {
    // A left-over log without its database would be applied to the new one.
    if (!std::filesystem::exists(path)) discard(path);
    std::unique_ptr<SearchFile> file(new SearchFile({.path = path, .read_only = false, .cache_octets = cache_octets}));
    engine::Connection& connection = file->connection_;
    connection.execute("PRAGMA synchronous = NORMAL");
    if (file->pragma("PRAGMA application_id") == 0 && file->pragma("SELECT count(*) FROM sqlite_schema") == 0) {
        connection.execute("PRAGMA journal_mode = WAL");
        file->in_transaction([&] {
            connection.execute(std::string(schema));
            connection.execute("PRAGMA application_id = " + std::to_string(application_id));
            connection.execute("PRAGMA user_version = " + std::to_string(format));
        });
    }
    if (file->pragma("PRAGMA application_id") != application_id || file->pragma("PRAGMA user_version") != format) {
        throw engine::Error(engine::code_damaged, "the search index is of another format");
    }
    return file;
}

std::unique_ptr<SearchFile> SearchFile::open_to_read(const std::filesystem::path& path) {
    if (!std::filesystem::exists(path)) return nullptr;
    constexpr std::size_t cache_octets = 256u << 10;
    std::unique_ptr<SearchFile> file(new SearchFile({.path = path, .read_only = true, .cache_octets = cache_octets}));
    if (file->pragma("PRAGMA application_id") != application_id || file->pragma("PRAGMA user_version") != format) {
        return nullptr;
    }
    return file;
}

void SearchFile::discard(const std::filesystem::path& path) {
    // The log last: alone it means nothing, but a database without its log may be an older state.
    for (const char* suffix : {"", "-shm", "-wal"}) std::filesystem::remove(path.string() + suffix);
}

std::int64_t SearchFile::pragma(std::string_view sql) {
    engine::Statement row = connection_.statement(sql);
    return row.step() ? row.integer(0) : 0;
}

void SearchFile::roll_back() {
    try {
        if (connection_.in_transaction()) connection_.execute("ROLLBACK");
    } catch (const engine::Error&) {
        // The exception being thrown says why.
    }
}

SearchProgress SearchFile::progress() {
    engine::Statement row = connection_.statement("SELECT reached, mark FROM progress");
    if (!row.step()) throw engine::Error(engine::code_damaged, "the search index does not know how far it is");
    return {row.column<BlobId>(0), row.column<std::string>(1)};
}

void SearchFile::set_progress(const SearchProgress& progress) {
    connection_.run("UPDATE progress SET reached = ?, mark = ?", progress.reached, engine::Octets{progress.mark});
}

void SearchFile::add(BlobId blob, const std::string& words) {
    connection_.run("INSERT INTO trigram (rowid, words) VALUES (?, ?)", blob, words);
}

void SearchFile::skip(BlobId blob, Skipped reason) {
    connection_.run("INSERT OR REPLACE INTO skipped (blob_id, reason) VALUES (?, ?)", blob, reason);
}

void SearchFile::forget_skipped(BlobId blob) { connection_.run("DELETE FROM skipped WHERE blob_id = ?", blob); }

std::vector<SearchFile::SkippedBlob> SearchFile::skipped() {
    std::vector<SkippedBlob> blobs;
    engine::Statement rows = connection_.statement("SELECT blob_id, reason FROM skipped ORDER BY blob_id");
    while (rows.step()) blobs.push_back({rows.column<BlobId>(0), rows.column<Skipped>(1)});
    return blobs;
}

std::vector<BlobId> SearchFile::match(const std::string& expression, BlobId first, BlobId last, std::size_t most) {
    std::vector<BlobId> blobs;
    engine::Statement rows = connection_.statement(
        "SELECT rowid FROM trigram WHERE trigram MATCH ? AND rowid BETWEEN ? AND ?"
        " ORDER BY rowid LIMIT ?");
    rows.bind(expression, first, last, most);
    while (rows.step()) blobs.push_back(rows.column<BlobId>(0));
    return blobs;
}

bool SearchFile::holds(BlobId blob, const std::string& expression) {
    engine::Statement row = connection_.statement("SELECT 1 FROM trigram WHERE trigram MATCH ? AND rowid = ?");
    return row.bind(expression, blob).step();
}

}  // namespace storage
