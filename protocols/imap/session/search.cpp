// What SEARCH and its kin say: of what they cannot do, of what they have found, of how far they have come. RFC 9051
// §6.4.4, RFC 5256 §3; RFC 4731; INPROGRESS: RFC 9585. Finding is searcher.h's.
#include <optional>
#include <utility>

#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/session/session.h"

namespace imap {

using asio::awaitable;

Searcher Session::start_search() {
    return {options_, services_, [this](std::uint32_t done, std::uint32_t goal) {
                say().status("*", wire::Condition::ok, wire::in_progress_code(tag_, done, goal), "Still searching");
                return stream_.flush();
            }};
}

std::shared_ptr<const SearchProgram> Session::prepare(const wire::Search& command, const Searcher& searcher) {
    const bool saves = command.returns && command.returns->save;
    std::expected<SearchProgram, SearchFault> prepared = searcher.prepare(command, *selected_, keywords_);
    if (!prepared) {
        if (saves) selected_->save_result({});  // RFC 5182 §2.1: NO
        refuse_search(prepared.error());
        return nullptr;
    }
    if (prepared->asks_modseq) enable_condstore();
    limit_messages(prepared->targets);
    if (saves) selected_->save_result({});  // should the search fail
    return std::make_shared<const SearchProgram>(std::move(*prepared));
}

void Session::refuse_search(const SearchFault& fault) {
    switch (fault.kind) {
        case SearchFault::Kind::unknown_charset:
            return answer_no("This charset is unknown here", "BADCHARSET (US-ASCII UTF-8)");
        case SearchFault::Kind::text_too_long:
            return answer_no("The text to search for is too long", "LIMIT");
    }
}

void Session::tell_returns(const wire::Search& command, const SelectedMailbox& mailbox,
                           const std::vector<SearchFind>& finds, bool with_modseq) {
    SearchAnswer answer = answer_search(*command.returns, finds, command.uid);
    if (command.returns->save) selected_->save_result(std::move(answer.saved));
    if (!answer.speaks || (command.esearch && finds.empty())) return;
    std::optional<std::uint64_t> modseq;
    if (with_modseq && !finds.empty()) modseq = answer.highest_modseq.value;
    std::optional<std::span<const std::uint8_t>> relevancy;
    if (command.returns->relevancy) relevancy = answer.relevancy;
    say().esearch({.of = correlator(command, tag_, mailbox),
                   .uid = command.uid,
                   .min = answer.min,
                   .max = answer.max,
                   .count = answer.count,
                   .all = answer.all,
                   .partial = command.returns->partial,
                   .partial_results = answer.partial,
                   .mod_seq = modseq,
                   .relevancy = relevancy});
}

// What another session has expunged may be missing among the finds, and is not told while numbers stand. RFC 5530 §3.
awaitable<void> Session::answer_found(std::string_view text, bool uid) {
    if (!uid && stale()) co_await sync(false);
    if (uid || selected_->unannounced().empty()) co_return answer_ok(text);
    answer_ok("Some are expunged already", "EXPUNGEISSUED");
}

}  // namespace imap
