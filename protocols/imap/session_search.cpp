// What SEARCH and its kin share: a program made ready, the messages of a mailbox that match it, what must be read of
// them to put them in order, and what is said of it all. RFC 9051 §6.4.4, RFC 5256 §3.
// Prepared here, judged on the store's reader threads batch by batch, so that no snapshot is held for long.
// What the UID alone decides (ALL, sets, RECENT) needs no look at the store; where texts are looked for, the search
// index, if there is one, says which messages are worth a look.
#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
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

// As many messages as keep two of the store's readers busy for longer than it takes to put them to work.
constexpr std::uint64_t worth_two_readers = 200;

// Fewer summaries are read faster than the index is asked.
constexpr std::uint64_t worth_asking_index = 2'000;

}  // namespace

SearchContext Session::search_context(const SelectedMailbox& mailbox, std::span<const std::string> keywords) const {
    return {.mailbox = mailbox,
            .keywords = keywords,
            .now = services_.now(),
            .text_octets = options_.search_text_octets,
            .fuzzy_words = options_.fuzzy_words,
            .text_limits = {options_.header_octets, options_.chunk_octets}};
}

std::shared_ptr<const SearchProgram> Session::prepare(const wire::Search& command) {
    const bool saves = command.returns && command.returns->save;
    std::expected<SearchProgram, SearchFault> prepared = prepare_search(command, search_context(*selected_, keywords_));
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

awaitable<std::vector<SearchMatch>> Session::find_matches(const SelectedMailbox& mailbox,
                                                          std::shared_ptr<const SearchProgram> program) {
    using namespace asio::experimental::awaitable_operators;
    if (program->root.evidence == Evidence::uid) co_return match_by_uid(*program);
    storage::UidSet targets = program->targets;
    const std::uint64_t worth_asking = program->root.evidence < Evidence::header ? worth_asking_index : 0;
    if (services_.search_index && program->must_hold && targets.count() > worth_asking) {
        storage::Query<storage::UidSet> narrower =
            services_.search_index->narrow(mailbox.id(), targets, *program->must_hold);
        const Result<storage::UidSet> fewer =
            co_await services_.store.read(std::move(narrower), storage::Lane::long_reads);
        if (fewer) targets = *fewer;
    }
    if (program->root.evidence < Evidence::content || targets.count() < worth_two_readers) {
        co_return co_await find_matches_among(mailbox, program, std::move(targets), true);
    }
    auto [lower, upper] = halves(targets);
    // One of them alone may speak: a stream has one writer at a time.
    auto [matches, more] = co_await (find_matches_among(mailbox, program, std::move(lower), true) &&
                                     find_matches_among(mailbox, program, std::move(upper), false));
    matches.insert(matches.end(), more.begin(), more.end());
    co_return std::move(matches);
}

awaitable<std::vector<SearchMatch>> Session::find_matches_among(const SelectedMailbox& mailbox,
                                                                std::shared_ptr<const SearchProgram> program,
                                                                storage::UidSet targets, bool tells_progress) {
    const storage::Lane lane =
        program->root.evidence == Evidence::row ? storage::Lane::short_reads : storage::Lane::long_reads;
    const SearchLimits limits{options_.search_batch_messages, options_.search_batch_octets};
    std::vector<SearchMatch> matches;
    for (UidWalk walk(targets); !walk.done();) {
        storage::Query<SearchBatch> query = search_batch(mailbox.id(), program, walk.next(), limits);
        const Result<SearchBatch> batch = co_await services_.store.read(std::move(query), lane);
        if (!batch) break;  // the mailbox is gone: nothing matches any more
        walk.passed(batch->done);
        matches.insert(matches.end(), batch->matches.begin(), batch->matches.end());
        if (tells_progress) co_await tell_progress(mailbox.numbers(), targets, batch->done);
    }
    co_return matches;
}

// A client that waits long is told how far its search has come, so that it does not give up. RFC 9585.
awaitable<void> Session::tell_progress(const MessageNumbers& numbers, const storage::UidSet& targets,
                                       storage::Uid done) {
    const std::int64_t now = services_.now();
    if (now - progress_.told_at < options_.progress_interval.count()) co_return;
    const std::uint32_t here = numbers.count_in(targets);
    const std::uint32_t left = numbers.count_in(behind(targets, done));
    const std::uint32_t goal = progress_.goal.value_or(here);
    const std::uint32_t come = std::min(goal, progress_.before + (here - left));
    if (come == goal) co_return;  // the answer says that (RFC 9585 §4)
    progress_.told_at = now;
    say().status("*", wire::Condition::ok, wire::in_progress_code(tag_, come, goal), "Still searching");
    co_await stream_.flush();
}

std::vector<SearchFind> Session::known_finds(const MessageNumbers& numbers, const std::vector<SearchMatch>& matches) {
    std::vector<SearchFind> finds;
    finds.reserve(matches.size());
    for (const SearchMatch& match : matches) {
        const std::optional<std::uint32_t> number = numbers.number_of(match.uid);
        if (number) finds.push_back({*number, match.uid, match.modseq, match.score});
    }
    return finds;
}

wire::SearchCorrelator Session::correlator(const wire::Search& command, std::string_view tag,
                                           const SelectedMailbox& mailbox) {
    wire::SearchCorrelator of{.tag = tag, .uid_validity = mailbox.uid_validity()};
    if (command.esearch) of.mailbox = mailbox.name();
    return of;
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

awaitable<void> Session::glance_at(storage::UidSet uids, bool with_summary, TakeGlance lower, TakeGlance upper) {
    using namespace asio::experimental::awaitable_operators;
    auto [first, second] = halves(uids);
    // One of them alone may speak: a stream has one writer at a time.
    co_await (glance_at_half(std::move(first), with_summary, std::move(lower), true) &&
              glance_at_half(std::move(second), with_summary, std::move(upper), false));
}

awaitable<void> Session::glance_at_half(storage::UidSet uids, bool with_summary, TakeGlance take, bool tells_progress) {
    const GlancePlan plan{with_summary, options_.search_batch_messages, options_.header_octets};
    for (UidWalk walk(uids); !walk.done();) {
        storage::Query<GlanceBatch> query = glance_batch(selected_->id(), plan, walk.next(), take);
        const Result<GlanceBatch> batch = co_await services_.store.read(std::move(query), storage::Lane::long_reads);
        if (!batch || batch->enough) co_return;
        walk.passed(batch->done);
        if (tells_progress) co_await tell_progress(selected_->numbers(), uids, batch->done);
    }
}

}  // namespace imap
