// A snapshot lasts for one job only, so that the log can be checkpointed.
#include "storage/engine/reader.h"

#include "storage/engine/error.h"

namespace storage::engine {

namespace {

// A read transaction: everything in its scope is one snapshot.
class ReadTransaction {
  public:
    explicit ReadTransaction(Connection& connection) : connection_(connection) { connection_.statement("BEGIN").run(); }
    ~ReadTransaction() {
        try {
            if (connection_.in_transaction()) connection_.statement("COMMIT").run();
        } catch (const Error&) {
            // A read has nothing to lose; if the connection is broken, the next BEGIN fails.
        }
    }
    ReadTransaction(const ReadTransaction&) = delete;
    ReadTransaction& operator=(const ReadTransaction&) = delete;

  private:
    Connection& connection_;
};

}  // namespace

void Reader::run(Store::ReadJob& job) {
    try {
        if (!connection_) {
            connection_ = std::make_unique<Connection>(options_);
            connection_->set_give_way(give_way_);
        }
        const ReadTransaction snapshot(*connection_);
        job.run(*connection_);
    } catch (...) {
        job.failed(std::current_exception());
    }
    job.finish();
}

}  // namespace storage::engine
