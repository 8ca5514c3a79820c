// Opens a connection with the store's settings, and caches prepared statements.
#include "storage/engine/connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace storage::engine {

namespace {

// An entry of the cache. Its address is stable: unordered_map never moves its nodes.
struct Prepared {
    sqlite3_stmt* handle = nullptr;
    bool in_use = false;
};

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// SQLite's URI for a file that SQLite may assume to be unchanging. RFC 3986 §2.1.
std::string immutable_uri(const std::filesystem::path& path) {
    std::string uri = "file:";
    for (const char c : path.string()) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("/._-").find(c) != std::string_view::npos;
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto octet = static_cast<unsigned char>(c);
        if (plain) {
            uri += c;
        } else {
            uri.append({'%', digits[octet >> 4], digits[octet & 15]});
        }
    }
    return uri + "?immutable=1";
}

// SQLITE_OPEN_NOFOLLOW refuses links anywhere in a path; those in the directory's are the administrator's.
std::string in_real_directory(const std::filesystem::path& path) {
    std::error_code missing;  // then opening will say so
    const auto folder = std::filesystem::canonical(path.has_parent_path() ? path.parent_path() : ".", missing);
    return missing ? path.string() : (folder / path.filename()).string();
}

struct CloseBlob {
    void operator()(sqlite3_blob* blob) const { sqlite3_blob_close(blob); }
};

}  // namespace

struct Connection::Cache {
    std::unordered_map<std::string, Prepared, TextHash, std::equal_to<>> statements;

    ~Cache() {
        for (auto& [text, prepared] : statements) sqlite3_finalize(prepared.handle);
    }
};

Connection::Connection(const ConnectionOptions& options)
    : cache_(std::make_unique<Cache>()), sharing_(options.sharing) {
    const bool read_only = options.read_only || options.without_log;
    const int access =
        (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW) |
        (options.without_log ? SQLITE_OPEN_URI : 0);
    const std::string name = options.without_log ? immutable_uri(options.path)
                             : read_only         ? options.path.string()
                                                 : in_real_directory(options.path);
    const int code = sqlite3_open_v2(name.c_str(), &handle_, access | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code != SQLITE_OK) {
        const int extended = handle_ ? sqlite3_extended_errcode(handle_) : code;
        sqlite3_close(handle_);
        handle_ = nullptr;
        const bool link = extended == SQLITE_CANTOPEN_SYMLINK;
        throw_error(extended, "cannot open " + options.path.string() + (link ? ", a symbolic link" : ""));
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, static_cast<int>(options.busy_timeout.count()));
    try {
        execute("PRAGMA cache_size = -" + std::to_string(options.cache_octets / 1024));
        execute("PRAGMA temp_store = MEMORY");
    } catch (...) {
        sqlite3_close(handle_);
        throw;
    }
}

Connection::~Connection() {
    cache_.reset();
    sqlite3_close(handle_);
}

Statement Connection::statement(std::string_view sql) {
    auto found = cache_->statements.find(sql);
    if (found != cache_->statements.end() && !found->second.in_use) {
        found->second.in_use = true;
        return {found->second.handle, &found->second.in_use};
    }
    sqlite3_stmt* handle = nullptr;
    const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                        &handle, nullptr);
    if (code != SQLITE_OK) {
        throw_error(sqlite3_extended_errcode(handle_),
                    std::string(sqlite3_errmsg(handle_)) + " in " + std::string(sql));
    }
    if (found != cache_->statements.end()) return {handle, nullptr};
    Prepared& prepared = cache_->statements[std::string(sql)];
    prepared = {handle, true};
    return {handle, &prepared.in_use};
}

void Connection::execute(const std::string& sql) {
    const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) {
        throw_error(sqlite3_extended_errcode(handle_), std::string(sqlite3_errmsg(handle_)) + " in " + sql);
    }
}

std::string Connection::blob_prefix(const char* table, const char* column, std::int64_t rowid, std::size_t most) {
    sqlite3_blob* opened = nullptr;
    int code = sqlite3_blob_open(handle_, "main", table, column, rowid, 0, &opened);
    const std::unique_ptr<sqlite3_blob, CloseBlob> blob(opened);
    std::string octets;
    if (code == SQLITE_OK) {
        octets.resize(std::min<std::size_t>(most, static_cast<std::size_t>(sqlite3_blob_bytes(blob.get()))));
        code = sqlite3_blob_read(blob.get(), octets.data(), static_cast<int>(octets.size()), 0);
    }
    if (code != SQLITE_OK) throw_error(code, std::string(sqlite3_errmsg(handle_)) + " in a BLOB of " + table);
    return octets;
}

void Connection::set_give_way(std::function<bool()> give_way, int steps) {
    give_way_ = std::move(give_way);
    const auto progress = [](void* connection) { return static_cast<Connection*>(connection)->give_way_() ? 0 : 1; };
    sqlite3_progress_handler(handle_, give_way_ ? steps : 0, give_way_ ? +progress : nullptr, this);
}

std::int64_t Connection::changes() const { return sqlite3_changes64(handle_); }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

std::int64_t Connection::data_version() {
    Statement version = statement("PRAGMA data_version");
    version.step();
    return version.integer(0);
}

}  // namespace storage::engine

namespace storage {

void Snapshot::give_way() {
    const engine::Connection& connection = engine::connection_of(*this);
    if (connection.give_way_ && !connection.give_way_()) engine::throw_error(SQLITE_INTERRUPT, "reading");
}

}  // namespace storage
