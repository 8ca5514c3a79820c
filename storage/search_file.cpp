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
// 4: entries and words are each account's own.
constexpr int format = 4;

constexpr std::string_view schema = R"sql(
-- How far the index is: one row.
CREATE TABLE progress (
  reached      INTEGER NOT NULL,       -- SearchProgress
  marked       INTEGER NOT NULL,
  mark         BLOB NOT NULL,
  last_of_many INTEGER NOT NULL
) STRICT;
INSERT INTO progress (reached, marked, mark, last_of_many) VALUES (0, 0, x'', 0);

-- Entries up to `reached` of which trigram knows nothing.
CREATE TABLE skipped (
  id     INTEGER PRIMARY KEY,          -- as trigram's
  reason INTEGER NOT NULL              -- storage::Skipped
) STRICT;

-- rowid: the account's id * 2^43 + the blob's id. Rows of contents that are gone stay until the file is made anew: their
-- ids never come back.
CREATE VIRTUAL TABLE trigram USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii');
)sql";

// A blob's id has 43 bits, since a chunk's id has 20 more (schema.sql). The other 20 are the account's.
constexpr int blob_bits = 43;
constexpr BlobId last_blob{(std::int64_t{1} << blob_bits) - 1};
constexpr AccountId last_owner{(1 << 20) - 1};

std::int64_t row_of(SearchEntry entry) { return (entry.owner.value << blob_bits) + entry.blob.value; }

// Each owner has words of its own: so a look-up reads the lists of this owner's entries alone, for FTS5 reads a list
// from its first row on, and up to the next match wherever that is. Digits cannot be taken for a part of a trigram.
std::string words_of(AccountId owner, std::string_view words) {
    const std::string prefix = std::to_string(owner.value);
    std::string own;
    bool begins = true;
    for (const char c : words) {
        if (begins) own += prefix;
        own += c;
        begins = c == ' ';
    }
    return own;
}

// Words of an expression are in quotation marks.
std::string expression_of(AccountId owner, std::string_view expression) {
    const std::string prefix = std::to_string(owner.value);
    std::string own;
    bool within = false;
    for (const char c : expression) {
        own += c;
        if (c != '"') continue;
        within = !within;
        if (within) own += prefix;
    }
    return own;
}

BlobId blob_of(std::int64_t row) { return BlobId{row & last_blob.value}; }

}  // namespace

AccountId entry_owner(AccountId account) { return account > last_owner ? of_many : account; }

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
    engine::Statement row = connection_.statement("SELECT reached, marked, mark, last_of_many FROM progress");
    if (!row.step()) throw engine::Error(engine::code_damaged, "the search index does not know how far it is");
    return {row.column<BlobId>(0), row.column<BlobId>(1), row.column<std::string>(2), row.column<BlobId>(3)};
}

void SearchFile::set_progress(const SearchProgress& progress) {
    connection_.run("UPDATE progress SET reached = ?, marked = ?, mark = ?, last_of_many = ?", progress.reached,
                    progress.marked, engine::Octets{progress.mark}, progress.last_of_many);
}

void SearchFile::add(SearchEntry entry, const std::string& words) {
    connection_.run("INSERT INTO trigram (rowid, words) VALUES (?, ?)", row_of(entry), words_of(entry.owner, words));
}

void SearchFile::skip(SearchEntry entry, Skipped reason) {
    connection_.run("INSERT OR REPLACE INTO skipped (id, reason) VALUES (?, ?)", row_of(entry), reason);
}

std::vector<BlobId> SearchFile::skipped(AccountId owner) {
    std::vector<BlobId> blobs;
    engine::Statement rows = connection_.statement("SELECT id FROM skipped WHERE id BETWEEN ? AND ? ORDER BY id");
    rows.bind(row_of({owner, BlobId{0}}), row_of({owner, last_blob}));
    while (rows.step()) blobs.push_back(blob_of(rows.integer(0)));
    return blobs;
}

std::vector<BlobId> SearchFile::match(AccountId owner, const std::string& expression, std::size_t most) {
    std::vector<BlobId> blobs;
    engine::Statement rows =
        connection_.statement("SELECT rowid FROM trigram WHERE trigram MATCH ? ORDER BY rowid LIMIT ?");
    rows.bind(expression_of(owner, expression), most);
    while (rows.step()) blobs.push_back(blob_of(rows.integer(0)));
    return blobs;
}

bool SearchFile::skips(SearchEntry entry) {
    return connection_.statement("SELECT 1 FROM skipped WHERE id = ?").bind(row_of(entry)).step();
}

bool SearchFile::holds(SearchEntry entry, const std::string& expression) {
    engine::Statement row = connection_.statement("SELECT 1 FROM trigram WHERE trigram MATCH ? AND rowid = ?");
    return row.bind(expression_of(entry.owner, expression), row_of(entry)).step();
}

}  // namespace storage
