// The formats are SQLite's: sqlite.org/fileformat2.html §1.3 (database header), §4.1 (log header).
#include "storage/engine/log_owner.h"

#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "storage/engine/connection.h"

namespace storage::engine {

namespace {

constexpr std::size_t log_header_octets = 32;
constexpr std::size_t read_version_offset = 19;  // in the database header
constexpr char with_log = 2;                     // there: the database is used with a write-ahead log
constexpr std::string_view log_magic = "\x37\x7f\x06";

// The first octets of a file; empty if it is missing or shorter.
std::string head_of(const std::filesystem::path& file, std::size_t octets) {
    std::string head(octets, '\0');
    std::ifstream input(file, std::ios::binary);
    if (!input.read(head.data(), static_cast<std::streamsize>(octets))) return {};
    return head;
}

std::filesystem::path log_of(const std::filesystem::path& database) { return database.string() + "-wal"; }

// The mark in the file itself, ignoring the log.
std::optional<std::int64_t> mark_of(const std::filesystem::path& database) {
    try {
        Connection connection({.path = database, .without_log = true});
        Statement row = connection.statement("SELECT value FROM state WHERE name = 'log_mark'");
        if (row.step()) return row.integer(0);
    } catch (const Error&) {
        // Interrupted while copying from the log, or not ours: opening it will show.
    }
    return std::nullopt;
}

}  // namespace

bool log_belongs(const std::filesystem::path& database, std::int64_t noted_mark) {
    if (!head_of(log_of(database), log_header_octets).starts_with(log_magic)) return true;  // it holds nothing
    const std::string head = head_of(database, read_version_offset + 1);
    if (head.empty() || head[read_version_offset] != with_log) return false;
    if (noted_mark == 0) return true;
    const std::optional<std::int64_t> mark = mark_of(database);
    return !mark || *mark == noted_mark;
}

void refuse_foreign_log(const std::filesystem::path& database, std::int64_t noted_mark) {
    if (log_belongs(database, noted_mark)) return;
    const std::string log = log_of(database).string();
    std::error_code missing;
    if (!std::filesystem::exists(database, missing)) {
        throw std::runtime_error("there is no " + database.string() + ", but its log " + log +
                                 ": put the file back where it was, or move the log away to begin anew");
    }
    throw std::runtime_error(log + " is the log of another file than " + database.string() +
                             ", which it would ruin: a copy was put in the store's place beside it. Move " + log +
                             " away, or use `mailstead restore` to put a copy back");
}

}  // namespace storage::engine
