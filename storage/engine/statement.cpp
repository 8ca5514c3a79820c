// Binds, steps and reads one prepared statement. Connection prepares and caches it.
#include "storage/engine/statement.h"

#include <sqlite3.h>

#include "storage/engine/error.h"

namespace storage::engine {

namespace {

void check(int code, sqlite3_stmt* handle) {
    if (code == SQLITE_OK) return;
    sqlite3* database = sqlite3_db_handle(handle);
    throw_error(sqlite3_extended_errcode(database),
                std::string(sqlite3_errmsg(database)) + " in " + sqlite3_sql(handle));
}

}  // namespace

Statement::~Statement() {
    if (!handle_) return;
    if (in_use_) {
        sqlite3_reset(handle_);
        sqlite3_clear_bindings(handle_);
        *in_use_ = false;
    } else {
        sqlite3_finalize(handle_);
    }
}

bool Statement::step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    sqlite3* database = sqlite3_db_handle(handle_);
    const std::string what = std::string(sqlite3_errmsg(database)) + " in " + sqlite3_sql(handle_);
    throw_error(sqlite3_extended_errcode(database), what);
}

void Statement::run() {
    while (step()) {
    }
    sqlite3_reset(handle_);
}

void Statement::reset() {
    sqlite3_reset(handle_);
    bound_ = 0;
}

bool Statement::is_null(int index) const { return sqlite3_column_type(handle_, index) == SQLITE_NULL; }

std::int64_t Statement::integer(int index) const { return sqlite3_column_int64(handle_, index); }

std::string_view Statement::octets(int index) const {
    const void* data = sqlite3_column_blob(handle_, index);
    const int size = sqlite3_column_bytes(handle_, index);
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

void Statement::put_null() { check(sqlite3_bind_null(handle_, ++bound_), handle_); }

void Statement::put_integer(std::int64_t value) { check(sqlite3_bind_int64(handle_, ++bound_, value), handle_); }

void Statement::put_text(std::string_view value) {
    const char* data = value.data() ? value.data() : "";
    // NOLINTNEXTLINE: SQLITE_TRANSIENT is SQLite's own cast
    check(sqlite3_bind_text64(handle_, ++bound_, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8), handle_);
}

void Statement::put_blob(std::string_view value) {
    const char* data = value.data() ? value.data() : "";
    check(sqlite3_bind_blob64(handle_, ++bound_, data, value.size(), SQLITE_STATIC), handle_);
}

}  // namespace storage::engine
