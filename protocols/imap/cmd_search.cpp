// SEARCH and UID SEARCH. RFC 3501 §6.4.4; ESEARCH: RFC 4731; MODSEQ: RFC 7162 §3.1.5, §3.1.10; "$": RFC 5182; PARTIAL:
// RFC 9394. What RETURN options come to is search_answer.h's.
// Prepared here, judged on the store's reader threads batch by batch, so that no snapshot is held for long.
// What the UID alone decides (ALL, sets, RECENT) needs no look at the store.
#include <optional>
#include <utility>

#include "protocols/imap/quick_resync.h"
#include "protocols/imap/search_answer.h"
#include "protocols/imap/search_match.h"
#include "protocols/imap/search_program.h"
#include "protocols/imap/session.h"
#include "protocols/imap/uid_walk.h"

namespace imap {

using asio::awaitable;
using storage::Result;

namespace {

std::vector<SearchMatch> match_by_uid(const SearchProgram& program) {
    std::vector<SearchMatch> matches;
    for (const storage::UidSet::Range& range : program.targets.ranges()) {
        for (std::uint64_t uid = range.first.value; uid <= range.last.value; ++uid) {
            const storage::Uid one{static_cast<std::uint32_t>(uid)};
            if (matches_uid(program.root, one)) matches.push_back({one, {}});
        }
    }
    return matches;
}

}  // namespace

awaitable<void> Session::run(wire::Search command) {
    if (rev2_ && !command.returns) command.returns.emplace().all = true;  // RFC 9051 §6.4.4: ESEARCH, as for RETURN ()
    const SearchContext context{.mailbox = *selected_,
                                .keywords = keywords_,
                                .now = services_.now(),
                                .text_octets = options_.search_text_octets,
                                .header_octets = options_.header_octets};
    const bool saves = command.returns && command.returns->save;
    std::expected<SearchProgram, SearchFault> prepared = prepare_search(command, context);
    if (!prepared) {
        using Kind = SearchFault::Kind;
        if (saves && prepared.error().kind != Kind::no_such_number) selected_->save_result({});  // RFC 5182 §2.1: NO
        if (prepared.error().kind == Kind::no_such_number) answer_bad("There is no message with such a number");
        if (prepared.error().kind == Kind::unknown_charset) {
            answer_no("This charset is unknown here", "BADCHARSET (US-ASCII UTF-8)");
        }
        if (prepared.error().kind == Kind::text_too_long) answer_no("The text to search for is too long", "LIMIT");
        co_return;
    }
    if (prepared->asks_modseq) enable_condstore();
    const auto program = std::make_shared<const SearchProgram>(std::move(*prepared));
    if (saves) selected_->save_result({});  // should the search fail
    const std::vector<SearchMatch> matches = co_await find_matches(program);
    tell_matches(command, matches, program->asks_modseq);
    answer_ok("Searched");
}

awaitable<std::vector<SearchMatch>> Session::find_matches(std::shared_ptr<const SearchProgram> program) {
    if (program->root.evidence == Evidence::uid) co_return match_by_uid(*program);
    const storage::Lane lane =
        program->root.evidence == Evidence::row ? storage::Lane::short_reads : storage::Lane::long_reads;
    const SearchLimits limits{options_.search_batch_messages, options_.search_batch_octets, options_.chunk_octets};
    std::vector<SearchMatch> matches;
    for (UidWalk walk(program->targets); !walk.done();) {
        const Result<SearchBatch> batch =
            co_await services_.store.read(search_batch(selected_->id(), program, walk.next(), limits), lane);
        if (!batch) break;  // the mailbox is gone: nothing matches any more
        walk.passed(batch->done);
        matches.insert(matches.end(), batch->matches.begin(), batch->matches.end());
        co_await tell_progress(program->targets, batch->done);
    }
    co_return matches;
}

// A client that waits long is told how far its search has come, so that it does not give up. RFC 9585.
awaitable<void> Session::tell_progress(const storage::UidSet& targets, storage::Uid done) {
    const std::int64_t now = services_.now();
    if (now - progress_told_at_ < options_.progress_interval.count()) co_return;
    progress_told_at_ = now;
    const std::uint32_t goal = selected_->numbers().count_in(targets);
    const std::uint32_t left = selected_->numbers().count_in(behind(targets, done));
    say().status("*", wire::Condition::ok, wire::in_progress_code(tag_, goal - left, goal), "Still searching");
    co_await stream_.flush();
}

// Matches as numbers, or UIDs, that this client knows.
void Session::tell_matches(const wire::Search& command, const std::vector<SearchMatch>& matches, bool with_modseq) {
    std::vector<SearchFind> finds;
    finds.reserve(matches.size());
    for (const SearchMatch& match : matches) {
        const std::optional<std::uint32_t> number = selected_->numbers().number_of(match.uid);
        if (number) finds.push_back({*number, match.uid, match.modseq});
    }
    SearchAnswer answer = answer_search(command.returns.value_or(wire::SearchReturn()), finds, command.uid);
    std::optional<std::uint64_t> modseq;
    if (with_modseq && !finds.empty()) modseq = answer.highest_modseq.value;
    if (!command.returns) {
        std::vector<std::uint32_t> numbers;
        numbers.reserve(finds.size());
        for (const SearchFind& find : finds) numbers.push_back(command.uid ? find.uid.value : find.number);
        return say().search(numbers, modseq);
    }
    if (command.returns->save) selected_->save_result(std::move(answer.saved));
    if (!answer.speaks) return;
    say().esearch({.tag = tag_,
                   .uid = command.uid,
                   .min = answer.min,
                   .max = answer.max,
                   .count = answer.count,
                   .all = answer.all,
                   .partial = command.returns->partial,
                   .partial_results = answer.partial,
                   .mod_seq = modseq});
}

}  // namespace imap
