// The credentials' generation is raised with each change, and the row is gone with its account.
#include "storage/log_in.h"

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

namespace {

bool exists(engine::Connection& connection, AppPasswordId id) {
    return connection.statement("SELECT 1 FROM app_password WHERE id = ?").bind(id).step();
}

Result<std::monostate> check(engine::Connection& connection, const LogIn& log_in) {
    auto found = connection.statement("SELECT generation FROM credential WHERE account_id = ?");
    const bool same = found.bind(log_in.account).step() && found.integer(0) == log_in.generation;
    if (same && (log_in.app_password.value == 0 || exists(connection, log_in.app_password))) return std::monostate();
    return refuse(Reason::logged_out, "your log-in has ended: log in again");
}

}  // namespace

Result<std::monostate> check_log_in(Snapshot& snapshot, const LogIn& log_in) {
    return check(engine::connection_of(snapshot), log_in);
}

Result<std::monostate> check_log_in(engine::Batch& batch, const LogIn& log_in) {
    return check(batch.connection(), log_in);
}

Query<std::monostate> valid_log_in(LogIn log_in) {
    return [log_in](Snapshot& snapshot) { return check_log_in(snapshot, log_in); };
}

}  // namespace storage
