// SORT and UID SORT. RFC 5256 §3; ESORT: RFC 5267 §3; MODSEQ: RFC 7162 §3.1.9, §3.1.10; SAVE: RFC 5182 §1.
// A SEARCH first, whose matches are then sorted.
#include <memory>
#include <optional>
#include <utility>

#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/session/session.h"

namespace imap {

using asio::awaitable;

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

}  // namespace imap
