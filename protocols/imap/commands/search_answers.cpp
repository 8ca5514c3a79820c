// Responses of SEARCH and related commands: refusals, results, progress. RFC 9051 §6.4.4, RFC 5256 §3; RFC 4731;
// INPROGRESS: RFC 9585. searcher.h finds the messages.
#include "protocols/imap/commands/search_answers.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocols/imap/changes/changes.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"

namespace imap {

using asio::awaitable;

Searcher start_search(Client& client) {
    const auto tell_progress = [&client](std::uint32_t done, std::uint32_t goal) {
        client.answers.say().status("*", wire::Condition::ok, wire::in_progress_code(client.answers.tag(), done, goal),
                                    "Still searching");
        return client.stream.flush();
    };
    const auto look_at_peer = [&client] { return client.stream.peer_state(); };
    return {client.options, client.services, client.login.account(), client.stream.allowance(),
            tell_progress,  look_at_peer};
}

void refuse_search(Client& client, const SearchFault& fault) {
    switch (fault.kind) {
        case SearchFault::Kind::unknown_charset:
            return client.answers.no("This charset is unknown here", "BADCHARSET (US-ASCII UTF-8)");
        case SearchFault::Kind::text_too_long:
            return client.answers.no("The text to search for is too long", "LIMIT");
        case SearchFault::Kind::no_memory:
            return client.answers.no(text_of(TableFault::account), "LIMIT");
    }
}

PreparedSearch prepare_search(Client& client, const wire::Search& command, Searcher& searcher) {
    const bool saves = command.returns && command.returns->save;
    std::expected<SearchProgram, SearchFault> prepared =
        searcher.prepare(command, *client.selection, client.selection.keywords());
    if (!prepared) {
        if (saves) client.selection->save_result({});  // RFC 5182 §2.1: NO
        refuse_search(client, prepared.error());
        return {};
    }
    if (prepared->asks_modseq) client.selection.enable_condstore();
    client.selection.limit(prepared->targets);
    std::optional<wire::Search> kept = frozen(command, *client.selection);
    if (saves) client.selection->save_result({});  // in case the search fails
    return {std::make_shared<const SearchProgram>(std::move(*prepared)), std::move(kept)};
}

bool say_returns(Client& client, const wire::Search& command, const SelectedMailbox& mailbox,
                 const std::vector<SearchFind>& finds, bool with_modseq) {
    SearchAnswer answer = answer_search(*command.returns, finds, command.uid);
    if (command.returns->save) {
        client.selection->save_result(std::move(answer.saved));
        if (!client.selection.hold()) {
            client.selection->save_result({});
            client.answers.no("The result is too long to be kept", "NOTSAVED");  // RFC 5182 §2.1
            return false;
        }
    }
    if (!answer.speaks || (command.esearch && finds.empty())) return true;
    std::optional<std::uint64_t> modseq;
    if (with_modseq && !finds.empty()) modseq = answer.highest_modseq.value;
    std::optional<std::span<const std::uint8_t>> relevancy;
    if (command.returns->relevancy) relevancy = answer.relevancy;
    client.answers.say().esearch({.of = correlator(command, client.answers.tag(), mailbox),
                                  .uid = command.uid,
                                  .min = answer.min,
                                  .max = answer.max,
                                  .count = answer.count,
                                  .all = answer.all,
                                  .partial = command.returns->partial,
                                  .partial_results = answer.partial,
                                  .mod_seq = modseq,
                                  .relevancy = relevancy});
    return true;
}

awaitable<std::vector<SearchFind>> number_finds(Client& client, const MessageNumbers& numbers,
                                                std::span<const SearchMatch> matches) {
    constexpr std::size_t at_once = 16'384;  // about a millisecond
    std::vector<SearchFind> finds;
    co_await client.stream.drain();
    while (!matches.empty()) {
        const std::span<const SearchMatch> some = matches.first(std::min(matches.size(), at_once));
        const std::vector<SearchFind> known = known_finds(numbers, some);
        finds.insert(finds.end(), known.begin(), known.end());
        matches = matches.subspan(some.size());
        co_await client.stream.drain();
    }
    co_return std::move(finds);
}

void keep_up_to_date(Client& client, wire::Search search, std::vector<wire::SortCriterion> criteria,
                     const std::vector<SearchFind>& finds) {
    client.selection.contexts().open(std::move(search), std::move(criteria), finds,
                                     [&client] { return client.selection.hold(); });
}

// Messages expunged by other sessions may be missing in the result, although they still have numbers. RFC 5530 §3.
awaitable<void> answer_found(Client& client, std::string_view text, bool uid) {
    if (!uid && client.changes.stale()) co_await client.changes.sync(false);
    if (uid || client.selection->unannounced().empty()) co_return client.answers.ok(text);
    client.answers.ok("Some are expunged already", "EXPUNGEISSUED");
}

}  // namespace imap
