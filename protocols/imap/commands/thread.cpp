// THREAD and UID THREAD. RFC 5256 §3: a SEARCH whose matches are arranged in threads.
// What they are threaded by is read in two halves at once, and threaded off the network thread.
#include <memory>
#include <utility>

#include "protocols/imap/search/searcher.h"
#include "protocols/imap/search/thread_table.h"
#include "protocols/imap/session/session.h"

namespace imap {

using asio::awaitable;
using storage::Result;

namespace {

using Threads = std::optional<std::vector<wire::ThreadNode>>;  // nothing: there are too many messages

// Needs the reader's thread alone, not the store.
storage::Query<Threads> thread_both(std::shared_ptr<ThreadTable> lower, std::shared_ptr<const ThreadTable> upper) {
    return [=](storage::engine::Connection&) -> Result<Threads> {
        if (lower->full() || upper->full()) return std::nullopt;
        lower->append(*upper);
        return lower->threads();
    };
}

}  // namespace

awaitable<void> Session::run(wire::Thread command) {
    Searcher searcher = start_search();
    const std::shared_ptr<const SearchProgram> program = prepare(command.search, searcher);
    if (!program) co_return;
    if (refuse_over_limit("There are too many messages to thread them")) co_return;
    const std::vector<SearchMatch> matches = co_await searcher.find(*selected_, program);
    const ThreadTable::Limits limits{options_.sort_text_octets, options_.sort_octets / 2};
    const auto lower = std::make_shared<ThreadTable>(command.algorithm, limits);
    const auto upper = std::make_shared<ThreadTable>(command.algorithm, limits);
    TakeGlance take_lower = [lower](const Glance& glance) { return lower->take(glance); };
    TakeGlance take_upper = [upper](const Glance& glance) { return upper->take(glance); };
    co_await searcher.glance_at(*selected_, selected_->numbers().known(uids_of(matches)), true, std::move(take_lower),
                                std::move(take_upper));
    storage::Query<Threads> query = thread_both(lower, upper);
    Result<Threads> threads = co_await services_.store.read(std::move(query), storage::Lane::long_reads);
    if (!threads || !*threads) {
        answer_no("There are too many messages to thread them", "LIMIT");
        co_return;
    }
    if (!command.search.uid) {
        for (wire::ThreadNode& node : **threads) {
            if (node.number != 0) node.number = selected_->numbers().number_of(storage::Uid{node.number}).value_or(0);
        }
    }
    say().thread(**threads);
    answer_ok("Threaded");
}

}  // namespace imap
