// One transaction that rolls back unless committed, for changes to the file as a whole. The writer has batches.
#pragma once

#include "storage/engine/connection.h"

namespace storage::engine {

class Transaction {
  public:
    explicit Transaction(Connection& connection) : connection_(connection) { connection_.execute("BEGIN IMMEDIATE"); }
    ~Transaction() {
        try {
            if (connection_.in_transaction()) connection_.execute("ROLLBACK");
        } catch (const Error&) {
            // Nothing was committed; the exception being thrown says why.
        }
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit() { connection_.execute("COMMIT"); }

  private:
    Connection& connection_;
};

}  // namespace storage::engine
