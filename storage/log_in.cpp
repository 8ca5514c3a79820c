// The credentials' generation is raised with each change, and the row is gone with its account.
#include "storage/log_in.h"

#include "storage/engine/batch.h"
#include "storage/engine/connection.h"

namespace storage {

namespace {

Result<std::monostate> check(engine::Connection& connection, const LogIn& log_in) {
    auto found = connection.statement("SELECT generation FROM credential WHERE account_id = ?");
    if (found.bind(log_in.account).step() && found.integer(0) == log_in.generation) return std::monostate();
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
