// A savepoint that rolls back unless kept. The writer puts one around every operation; an operation may nest its own.
#pragma once

#include "storage/engine/connection.h"

namespace storage::engine {

class Savepoint {
  public:
    explicit Savepoint(Connection& connection);
    ~Savepoint();  // rolls back unless kept; does nothing if SQLite has rolled back the whole transaction
    Savepoint(const Savepoint&) = delete;
    Savepoint& operator=(const Savepoint&) = delete;

    void keep();

  private:
    Connection& connection_;
    bool open_ = true;
};

}  // namespace storage::engine
