// A savepoint that rolls back unless kept.
#include "storage/engine/savepoint.h"

namespace storage::engine {

Savepoint::Savepoint(Connection& connection) : connection_(connection) { connection_.statement("SAVEPOINT s").run(); }

Savepoint::~Savepoint() {
    if (!open_ || !connection_.in_transaction()) return;
    try {
        connection_.statement("ROLLBACK TO s").run();
        connection_.statement("RELEASE s").run();
    } catch (const Error&) {
        // If ROLLBACK TO fails, the following COMMIT fails too and reports it.
    }
}

void Savepoint::keep() {
    connection_.statement("RELEASE s").run();
    open_ = false;
}

}  // namespace storage::engine
