// SEARCH and UID SEARCH. RFC 3501 §6.4.4; ESEARCH: RFC 4731; MODSEQ: RFC 7162 §3.1.5, §3.1.10; "$": RFC 5182; PARTIAL:
// RFC 9394. What RETURN options come to is search/answer.h's.
#include <optional>
#include <utility>

#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/session/session.h"

namespace imap {

asio::awaitable<void> Session::run(wire::Search command) {
    if (rev2_ && !command.returns) command.returns.emplace().all = true;  // RFC 9051 §6.4.4: ESEARCH, as for RETURN ()
    if (refuse_tag_reuse(command)) co_return;
    std::optional<wire::Search> asked = frozen(command, *selected_);
    Searcher searcher = start_search();
    const std::shared_ptr<const SearchProgram> program = prepare(command, searcher);
    if (!program) co_return;
    const std::vector<SearchMatch> matches = co_await searcher.find(*selected_, program);
    const std::vector<SearchFind> finds = known_finds(selected_->numbers(), matches);
    if (command.returns) {
        tell_returns(command, *selected_, finds, program->asks_modseq);
        if (asked) open_context(*std::move(asked), {}, finds);
    } else {
        say().search(named_by(finds, command.uid), highest_modseq(finds, program->asks_modseq));
    }
    co_await answer_found("Searched", command.uid);
}

}  // namespace imap
