// A savepoint that rolls back unless kept. Leaves the transaction around it to the writer.
#include "storage/engine/savepoint.h"

namespace storage::engine {

Savepoint::Savepoint(Connection& connection) : connection_(connection) { connection_.statement("SAVEPOINT s").run(); }

Savepoint::~Savepoint() {
    if (!open_ || !connection_.in_transaction()) return;
    try {
        connection_.statement("ROLLBACK TO s").run();
        connection_.statement("RELEASE s").run();
    } catch (const Error&) {
        // What a ROLLBACK TO cannot do, the failing COMMIT after it reports.
    }
}

void Savepoint::keep() {
    connection_.statement("RELEASE s").run();
    open_ = false;
}

}  // namespace storage::engine
