// Creates, migrates and recovers the store's file. RFC 7162 §3.1.2.1, RFC 9051 §2.3.1.1: numbers never go back.
#include "storage/engine/database.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <random>
#include <stdexcept>
#include <system_error>

#include "storage/engine/embedded_sql.h"
#include "storage/engine/log_owner.h"
#include "storage/engine/transaction.h"
#include "storage/engine/upgrade.h"
#include "storage/store_options.h"

namespace storage::engine {

namespace {

[[noreturn]] void throw_errno(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void lock_file(int file, int how) {
    while (flock(file, how) != 0) {
        if (errno != EINTR) throw_errno("cannot lock the store");
    }
}

bool try_lock_file(int file) {
    while (flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return false;
        if (errno != EINTR) throw_errno("cannot lock the store");
    }
    return true;
}

bool has_tables(Connection& connection) { return connection.statement("SELECT 1 FROM sqlite_schema LIMIT 1").step(); }

void make_schema(Connection& connection) {
    Transaction transaction(connection);
    if (has_tables(connection)) return;  // another process was faster
    connection.execute(std::string(schema_sql()));
    set_schema_version(connection, newest_schema());
    transaction.commit();
}

void check_ours(Connection& connection, const StoreOptions& options) {
    const std::string path = options.path.string();
    Statement row = connection.statement("PRAGMA application_id");
    if (!row.step() || row.integer(0) != application_id) {
        throw std::runtime_error(path + " is a database, but not a Mailstead store");
    }
    const int version = schema_version(connection);
    const std::string versions =
        " (schema " + std::to_string(version) + ", this one knows " + std::to_string(newest_schema()) + ")";
    if (version > newest_schema()) {
        const std::string way_back =
            newest_snapshot(options.path) ? ", or go back to before its upgrade: mailstead rollback" : "";
        throw std::runtime_error(path + " was written by a newer Mailstead" + versions + ": run that version" +
                                 way_back);
    }
}

void check_can_upgrade(Connection& connection, const StoreOptions& options, const Presence& presence) {
    const int version = schema_version(connection);
    if (version >= newest_schema() || presence.alone()) return;
    throw std::runtime_error(options.path.string() + " was written by an older Mailstead (schema " +
                             std::to_string(version) + ", this one knows " + std::to_string(newest_schema()) +
                             ") that is still running: stop it, and it is upgraded");
}

}  // namespace

Presence::Presence(const std::filesystem::path& store) {
    const std::string path = store.string() + "-lock";
    file_ = open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file_ < 0) throw_errno("cannot open " + path);
    alone_ = try_lock_file(file_);
    if (!alone_) lock_file(file_, LOCK_SH);
}

Presence::~Presence() {
    if (file_ >= 0) close(file_);
}

void Presence::settle() {
    lock_file(file_, LOCK_SH);
    alone_ = false;
}

bool Presence::try_alone() { return try_lock_file(file_); }

std::int64_t Presence::log_mark() const {
    char text[24] = {};
    const ssize_t octets = pread(file_, text, sizeof text - 1, 0);
    std::int64_t mark = 0;
    if (octets > 0) std::from_chars(text, text + octets, mark);
    return mark;
}

// The number fits in one sector: it is written completely or not at all.
void Presence::set_log_mark(std::int64_t mark) {
    const std::string text = mark == 0 ? "" : std::to_string(mark) + "\n";
    if (ftruncate(file_, 0) != 0 || pwrite(file_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()) ||
        fdatasync(file_) != 0) {
        throw_errno("cannot write the store's lock file");
    }
}

int newest_schema() { return migrations().back().number; }

void prepare_database(const StoreOptions& options, const Presence& presence) {
    if (presence.alone()) refuse_foreign_log(options.path, presence.log_mark());
    try {
        Connection connection({.path = options.path, .read_only = false, .cache_octets = options.cache_octets});
        if (!has_tables(connection)) {
            connection.execute("PRAGMA page_size = " + std::to_string(options.page_octets));
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL");  // so that the disk can get freed pages back
            connection.execute("PRAGMA journal_mode = WAL");
            make_schema(connection);
        }
        check_ours(connection, options);
        check_can_upgrade(connection, options, presence);
        connection.execute("PRAGMA journal_mode = WAL");  // a restored backup or snapshot is not in WAL mode
        upgrade_database(connection, options, migrations());
    } catch (const Error& error) {
        throw std::runtime_error("cannot use " + options.path.string() + ": " + error.what());
    }
}

std::unique_ptr<Connection> open_to_read(const StoreOptions& options, const Presence& presence) {
    if (presence.alone()) refuse_foreign_log(options.path, presence.log_mark());
    try {
        auto connection = std::make_unique<Connection>(ConnectionOptions{.path = options.path});
        connection->execute("PRAGMA query_only = ON");
        check_ours(*connection, options);
        return connection;
    } catch (const Error& error) {
        throw std::runtime_error("cannot use " + options.path.string() + ": " + error.what());
    }
}

bool recover_database(Connection& connection) {
    Transaction transaction(connection);
    bool clean = true;
    {
        Statement row = connection.statement("SELECT value FROM state WHERE name = 'clean'");
        if (row.step()) clean = row.column<bool>(0);
    }
    if (!clean) {
        connection.run("UPDATE account SET highest_modseq = highest_modseq + ?", modseq_gap);
        connection.run("UPDATE state SET value = value + ? WHERE name = 'next_blob_id'", blob_id_gap);
        connection.run(
            "UPDATE mailbox SET highest_modseq = highest_modseq + ?, uid_next = min(uid_next + ?, 4294967295)",
            modseq_gap, uid_gap);
    }
    connection.run("DELETE FROM maildrop_lock");
    connection.run("DELETE FROM pop3_mark");
    connection.run("INSERT INTO state (name, value) VALUES ('clean', 0) ON CONFLICT (name) DO UPDATE SET value = 0");
    transaction.commit();
    return clean;
}

// First the file gets its new mark, then the note beside it, and only then is the log used: whenever the machine stops,
// a log with content lies beside a file and a note with the same mark.
void mark_log(Connection& connection, Presence& presence) {
    std::random_device random;
    const auto mark = static_cast<std::int64_t>((std::uint64_t{random()} << 31 ^ random()) >> 1 | 1);
    presence.set_log_mark(0);
    connection.run("INSERT INTO state (name, value) VALUES ('log_mark', ?) ON CONFLICT (name) DO UPDATE SET value = ?",
                   mark, mark);
    Statement copied = connection.statement("PRAGMA wal_checkpoint(TRUNCATE)");
    const bool whole = copied.step() && copied.integer(0) == 0;  // else another process reads the file: no mark then
    copied.reset();
    if (whole) presence.set_log_mark(mark);
}

void mark_clean(Connection& connection) { connection.run("UPDATE state SET value = 1 WHERE name = 'clean'"); }

}  // namespace storage::engine
