// Searches whose matches are put in order or in threads: SORT, THREAD. RFC 5256.
#include <memory>
#include <optional>
#include <utility>

#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/search/thread_table.h"
#include "protocols/imap/session/session.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// SORT and UID SORT. RFC 5256 §3; ESORT: RFC 5267 §3; MODSEQ: RFC 7162 §3.1.9, §3.1.10; SAVE: RFC 5182 §1.
// A SEARCH first, whose matches are then sorted.
awaitable<void> Session::run(wire::Sort command) {
    if (refuse_tag_reuse(command.search)) co_return;
    std::optional<wire::Search> asked = frozen(command.search, *selected_);
    Searcher searcher = start_search();
    const std::shared_ptr<const SearchProgram> program = prepare(command.search, searcher);
    if (!program) co_return;
    std::vector<SearchMatch> found = co_await searcher.find(*selected_, program);
    const std::optional<std::vector<SearchMatch>> sorted =
        co_await searcher.sort(*selected_, command.criteria, std::move(found));
    if (!sorted) {
        answer_no("There are too many messages to sort them", "LIMIT");
        co_return;
    }
    const std::vector<SearchFind> finds = known_finds(selected_->numbers(), *sorted);
    if (command.search.returns) {
        tell_returns(command.search, *selected_, finds, program->asks_modseq);
        if (asked) open_context(*std::move(asked), std::move(command.criteria), finds);
    } else {
        say().sort(named_by(finds, command.search.uid), highest_modseq(finds, program->asks_modseq));
    }
    co_await answer_found("Sorted", command.search.uid);
}

// THREAD and UID THREAD. RFC 5256 §3: a SEARCH whose matches are arranged in threads.
// What they are threaded by is read in two halves at once, and threaded off the network thread.

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
    TakeScanned take_lower = [lower](const ScannedMessage& scanned) { return lower->take(scanned); };
    TakeScanned take_upper = [upper](const ScannedMessage& scanned) { return upper->take(scanned); };
    co_await searcher.scan(*selected_, selected_->numbers().known(uids_of(matches)), true, std::move(take_lower),
                           std::move(take_upper));
    storage::Query<Threads> query = thread_both(lower, upper);
    Result<Threads> threads = co_await services_.store.read(std::move(query), storage::ReaderLane::long_reads);
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
