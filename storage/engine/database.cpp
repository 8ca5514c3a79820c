// Making, migrating and recovering the store's file. RFC 7162 §3.1.2.1, RFC 9051 §2.3.1.1 for what must never go back.
#include "storage/engine/database.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "storage/engine/embedded_sql.h"
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

int newest_version() { return migrations().back().number; }

void make_schema(Connection& connection) {
    Transaction transaction(connection);
    if (has_tables(connection)) return;  // another process was faster
    connection.execute(std::string(schema_sql()));
    set_schema_version(connection, newest_version());
    transaction.commit();
}

void check_ours(Connection& connection, const StoreOptions& options, const Presence& presence) {
    const std::string path = options.path.string();
    Statement row = connection.statement("PRAGMA application_id");
    if (!row.step() || row.integer(0) != application_id) {
        throw std::runtime_error(path + " is a database, but not a Mailstead store");
    }
    const int version = schema_version(connection);
    const std::string versions =
        " (schema " + std::to_string(version) + ", this one knows " + std::to_string(newest_version()) + ")";
    if (version > newest_version()) {
        const std::string way_back =
            newest_snapshot(options.path) ? ", or go back to before its upgrade: mailstead rollback" : "";
        throw std::runtime_error(path + " was written by a newer Mailstead" + versions + ": run that version" +
                                 way_back);
    }
    if (version < newest_version() && !presence.alone()) {
        throw std::runtime_error(path + " was written by an older Mailstead" + versions +
                                 " that is still running: stop it, and it is upgraded");
    }
}

}  // namespace

Presence::Presence(const std::filesystem::path& store) {
    const std::string path = store.string() + "-lock";
    file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
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

void prepare_database(const StoreOptions& options, const Presence& presence) {
    try {
        Connection connection({.path = options.path, .read_only = false, .cache_octets = options.cache_octets});
        if (!has_tables(connection)) {
            connection.execute("PRAGMA page_size = " + std::to_string(options.page_octets));
            connection.execute("PRAGMA journal_mode = WAL");
            make_schema(connection);
        }
        check_ours(connection, options, presence);
        connection.execute("PRAGMA journal_mode = WAL");  // a backup or a snapshot that was put back is not in it
        upgrade_database(connection, options, migrations());
    } catch (const Error& error) {
        throw std::runtime_error("cannot use " + options.path.string() + ": " + error.what());
    }
}

void recover_database(Connection& connection) {
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
}

void mark_clean(Connection& connection) { connection.run("UPDATE state SET value = 1 WHERE name = 'clean'"); }

}  // namespace storage::engine
