// Searches whose matches are put in order or in threads: SORT, THREAD. RFC 5256.
#include <expected>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/search/thread_table.h"
#include "protocols/imap/session/session.h"
#include "protocols/net/worker_pool.h"
#include "storage/store.h"

namespace imap {

using asio::awaitable;

// SORT and UID SORT. RFC 5256 §3; ESORT: RFC 5267 §3; MODSEQ: RFC 7162 §3.1.9, §3.1.10; SAVE: RFC 5182 §1.
// A SEARCH first, whose matches are then sorted.
awaitable<void> Session::run(wire::Sort command) {
    if (refuse_tag_reuse(command.search)) co_return;
    std::optional<wire::Search> asked = frozen(command.search, *selected_);
    Searcher searcher = start_search();
    const std::shared_ptr<const SearchProgram> program = prepare(command.search, searcher);
    if (!program) co_return;
    std::vector<SearchMatch> found = co_await searcher.find(*selected_, program);
    const std::expected<std::vector<SearchMatch>, TableFault> sorted =
        co_await searcher.sort(*selected_, command.criteria, std::move(found));
    if (!sorted) {
        answer_no(text_of(sorted.error()), "LIMIT");
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

awaitable<void> Session::run(wire::Thread command) {
    Searcher searcher = start_search();
    const std::shared_ptr<const SearchProgram> program = prepare(command.search, searcher);
    if (!program) co_return;
    if (refuse_over_limit("There are too many messages to thread them")) co_return;
    const std::vector<SearchMatch> matches = co_await searcher.find(*selected_, program);
    const ThreadTable::Limits limits{options_.sort_text_octets, options_.sort_octets / 2, &services_.sort_memory};
    const auto lower = std::make_shared<ThreadTable>(command.algorithm, limits);
    const auto upper = std::make_shared<ThreadTable>(command.algorithm, limits);
    TakeScanned take_lower = [lower](const ScannedMessage& scanned) { return lower->take(scanned); };
    TakeScanned take_upper = [upper](const ScannedMessage& scanned) { return upper->take(scanned); };
    co_await searcher.scan(*selected_, selected_->numbers().known(uids_of(matches)), true, std::move(take_lower),
                           std::move(take_upper));
    const auto threading = std::make_shared<Threading>(lower, upper);
    net::WorkerPool::Slice slice = [threading] { return threading->go_on(); };
    co_await services_.compute.complete(std::move(slice));
    std::expected<std::vector<wire::ThreadNode>, TableFault> threads = threading->take_threads();
    if (!threads) {
        answer_no(text_of(threads.error()), "LIMIT");
        co_return;
    }
    if (!command.search.uid) {
        for (wire::ThreadNode& node : *threads) {
            if (node.number != 0) node.number = selected_->numbers().number_of(storage::Uid{node.number}).value_or(0);
        }
    }
    say().thread(*threads);
    answer_ok("Threaded");
}

}  // namespace imap
