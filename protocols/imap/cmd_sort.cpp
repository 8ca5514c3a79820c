// SORT and UID SORT. RFC 5256 §3; ESORT: RFC 5267 §3; MODSEQ: RFC 7162 §3.1.9, §3.1.10; SAVE: RFC 5182 §1.
// A SEARCH first; then the matches' keys are read, in two halves at once, and sorted off the network thread.
#include <memory>
#include <optional>
#include <utility>

#include "protocols/imap/search_answer.h"
#include "protocols/imap/searcher.h"
#include "protocols/imap/session.h"
#include "protocols/imap/sort_table.h"

namespace imap {

using asio::awaitable;
using storage::Result;

namespace {

using SortedMatches = std::optional<std::vector<SearchMatch>>;  // nothing: there are too many

// Needs the reader's thread alone, not the store.
storage::Query<SortedMatches> sort_both(std::shared_ptr<SortTable> lower, std::shared_ptr<const SortTable> upper) {
    return [=](storage::engine::Connection&) -> Result<SortedMatches> {
        if (lower->full() || upper->full()) return std::nullopt;
        lower->append(*upper);
        return lower->sorted();
    };
}

}  // namespace

awaitable<void> Session::run(wire::Sort command) {
    if (refuse_tag_reuse(command.search)) co_return;
    std::optional<wire::Search> asked = frozen(command.search, *selected_);
    Searcher searcher = start_search();
    const std::shared_ptr<const SearchProgram> program = prepare(command.search, searcher);
    if (!program) co_return;
    std::vector<SearchMatch> found = co_await searcher.find(*selected_, program);
    const auto matches = std::make_shared<const std::vector<SearchMatch>>(std::move(found));
    const SortTable::Limits limits{options_.sort_text_octets, options_.sort_octets / 2};
    const auto lower = std::make_shared<SortTable>(command.criteria, limits, matches);
    const auto upper = std::make_shared<SortTable>(command.criteria, limits, matches);
    TakeGlance take_lower = [lower](const Glance& glance) { return lower->take(glance); };
    TakeGlance take_upper = [upper](const Glance& glance) { return upper->take(glance); };
    co_await searcher.glance_at(*selected_, uids_of(*matches), lower->needs_summary(), std::move(take_lower),
                                std::move(take_upper));
    storage::Query<SortedMatches> query = sort_both(lower, upper);
    const Result<SortedMatches> sorted = co_await services_.store.read(std::move(query), storage::Lane::long_reads);
    if (!sorted || !*sorted) {
        answer_no("There are too many messages to sort them", "LIMIT");
        co_return;
    }
    const std::vector<SearchFind> finds = known_finds(selected_->numbers(), **sorted);
    if (command.search.returns) {
        tell_returns(command.search, *selected_, finds, program->asks_modseq);
        if (asked) open_context(*std::move(asked), std::move(command.criteria), finds);
    } else {
        say().sort(named_by(finds, command.search.uid), highest_modseq(finds, program->asks_modseq));
    }
    co_await answer_found("Sorted", command.search.uid);
}

}  // namespace imap
