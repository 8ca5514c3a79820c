// Searches whose matches are sorted or threaded: SORT, THREAD. RFC 5256.
#include "protocols/imap/commands/sort.h"

#include <expected>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "protocols/imap/commands/search_answers.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/search/thread_table.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"
#include "protocols/net/worker_pool.h"

namespace imap {

using asio::awaitable;

// SORT and UID SORT. RFC 5256 §3; ESORT: RFC 5267 §3; MODSEQ: RFC 7162 §3.1.9, §3.1.10; SAVE: RFC 5182 §1.
// A SEARCH, whose matches are then sorted.
awaitable<void> run(Client& client, wire::Sort command) {
    if (client.selection.contexts().refuse_tag_reuse(command.search)) co_return;
    Searcher searcher = start_search(client);
    PreparedSearch prepared = prepare_search(client, command.search, searcher);
    if (!prepared.program) co_return;
    const bool asks_modseq = prepared.program->asks_modseq;
    Searcher::Found found = co_await searcher.find(*client.selection, prepared.program);
    if (!found) co_return refuse_search(client, found.error());
    const std::expected<std::vector<SearchMatch>, TableFault> sorted =
        co_await searcher.sort(*client.selection, command.criteria, *std::move(found));
    if (!sorted) {
        client.answers.no(text_of(sorted.error()), "LIMIT");
        co_return;
    }
    const std::vector<SearchFind> finds = co_await number_finds(client, client.selection->numbers(), *sorted);
    if (command.search.returns) {
        if (!say_returns(client, command.search, *client.selection, finds, asks_modseq)) co_return;
        if (prepared.kept) keep_up_to_date(client, *std::move(prepared.kept), std::move(command.criteria), finds);
    } else {
        client.answers.say().sort(named_by(finds, command.search.uid), highest_modseq(finds, asks_modseq));
    }
    co_await answer_found(client, "Sorted", command.search.uid);
}

// THREAD and UID THREAD. RFC 5256 §3: a SEARCH whose matches are arranged in threads.
// The messages are read in two halves at once, and threaded outside the network thread.

awaitable<void> run(Client& client, wire::Thread command) {
    Searcher searcher = start_search(client);
    const std::shared_ptr<const SearchProgram> program = prepare_search(client, command.search, searcher).program;
    if (!program) co_return;
    if (client.selection.refuse_over_limit("There are too many messages to thread them")) co_return;
    const Searcher::Found matches = co_await searcher.find(*client.selection, program);
    if (!matches) co_return refuse_search(client, matches.error());
    const ThreadTable::Limits limits{.text_octets = client.options.sort_text_octets,
                                     .octets = client.options.sort_octets / 2,
                                     .of_all = &client.services.sort_memory,
                                     .allowance = client.stream.allowance()};
    const auto lower = std::make_shared<ThreadTable>(command.algorithm, limits);
    const auto upper = std::make_shared<ThreadTable>(command.algorithm, limits);
    TakeScanned take_lower = [lower](const ScannedMessage& scanned) { return lower->take(scanned); };
    TakeScanned take_upper = [upper](const ScannedMessage& scanned) { return upper->take(scanned); };
    co_await searcher.scan(*client.selection, client.selection->numbers().known(uids_of(*matches)), true,
                           std::move(take_lower), std::move(take_upper));
    const auto threading = std::make_shared<Threading>(lower, upper);
    net::WorkerPool::Slice slice = [threading] { return threading->go_on(); };
    co_await client.services.compute.complete(party_of(client.login.account()), std::move(slice));
    std::expected<std::vector<wire::ThreadNode>, TableFault> threads = threading->take_threads();
    if (!threads) {
        client.answers.no(text_of(threads.error()), "LIMIT");
        co_return;
    }
    co_await client.stream.drain();  // or many results would be worked on one after the other
    if (!command.search.uid) {
        for (wire::ThreadNode& node : *threads) {
            if (node.number != 0)
                node.number = client.selection->numbers().number_of(storage::Uid{node.number}).value_or(0);
        }
        co_await client.stream.drain();
    }
    client.answers.say().thread(*threads);
    client.answers.ok("Threaded");
}

}  // namespace imap
