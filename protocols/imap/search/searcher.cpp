// Finding messages. RFC 9051 §6.4.4, RFC 5256 §3, RFC 5267 §4.3.
// Keys that need only the UID (ALL, sets, RECENT) are answered without the store; for texts the search index, if there
// is one, reduces the messages to read.
#include "protocols/imap/search/searcher.h"

#include <algorithm>
#include <asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "protocols/base/slices.h"
#include "protocols/imap/mailbox/quick_resync.h"
#include "protocols/imap/mailbox/uid_walk.h"
#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/sort_insert.h"
#include "protocols/imap/search/sort_orders.h"
#include "protocols/imap/search/sort_table.h"
#include "protocols/net/thread_turns.h"
#include "protocols/net/worker_pool.h"
#include "storage/search_index.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;

namespace {

// With this many messages two readers are faster than one.
constexpr std::uint64_t worth_two_readers = 200;

// Fewer summaries are read faster than the index answers.
constexpr std::uint64_t worth_asking_index = 2'000;

// In one batch, over all of its messages.
constexpr std::size_t tests_at_once = 200'000;
constexpr std::size_t tests_of_short_reads = 50;

using SortedMatches = std::expected<std::vector<SearchMatch>, TableFault>;

// The matches that still exist, in the same order as reading their keys would give.
storage::Query<std::optional<std::vector<SearchMatch>>> put_in_order(
    storage::Access access, std::shared_ptr<const std::vector<SearchMatch>> matches, SortOrder order) {
    return [=](storage::Snapshot& snapshot) -> Result<std::optional<std::vector<SearchMatch>>> {
        const Result<storage::UidSet> there = storage::mailbox_uids(access)(snapshot);
        if (!there) return std::unexpected(there.error());
        std::optional<std::vector<SearchMatch>> sorted = in_order(*matches, *order);
        if (sorted) std::erase_if(*sorted, [&](const SearchMatch& match) { return !there->contains(match.uid); });
        return sorted;
    };
}

}  // namespace

Searcher::Searcher(const Options& options, const Services& services, storage::AccountId account,
                   std::shared_ptr<net::Allowance> allowance, TellProgress tell_progress, LookAtPeer look_at_peer)
    : options_(options),
      services_(services),
      account_(account),
      allowance_(std::move(allowance)),
      memory_(net::Resource::memory, allowance_),
      tell_progress_(std::move(tell_progress)),
      look_at_peer_(std::move(look_at_peer)),
      told_at_(services.now()) {}

std::expected<SearchProgram, SearchFault> Searcher::prepare(const wire::Search& command, const SelectedMailbox& mailbox,
                                                            std::span<const std::string> keywords) {
    out_of_room_ = false;
    octets_ = octets_to_prepare(command, mailbox);
    if (!memory_.set(octets_)) return std::unexpected(SearchFault{SearchFault::Kind::no_memory});
    return prepare_search(command, {.mailbox = mailbox,
                                    .keywords = keywords,
                                    .now = services_.now(),
                                    .text_octets = options_.search_text_octets,
                                    .texts_octets = options_.commands.max_command,
                                    .fuzzy_words = options_.fuzzy_words,
                                    .text_limits = {options_.header_octets, options_.chunk_octets}});
}

// A match, and what is made of it for the answer.
bool Searcher::has_room_for(std::size_t matches) {
    octets_ += matches * (sizeof(SearchMatch) + sizeof(SearchFind));
    if (!memory_.set(octets_)) out_of_room_ = true;
    return !out_of_room_;
}

Searcher::Found Searcher::room_or(std::vector<SearchMatch> matches) const {
    if (out_of_room_) return std::unexpected(SearchFault{SearchFault::Kind::no_memory});
    return matches;
}

awaitable<Searcher::Found> Searcher::find(const SelectedMailbox& mailbox,
                                          std::shared_ptr<const SearchProgram> program) {
    using namespace asio::experimental::awaitable_operators;
    if (program->root.evidence == Evidence::uid) {
        std::vector<SearchMatch> all = match_by_uid(*program);
        has_room_for(all.size());
        co_return room_or(std::move(all));
    }
    storage::UidSet targets = program->targets;
    const std::uint64_t worth_asking = program->root.evidence < Evidence::header ? worth_asking_index : 0;
    if (services_.search_index && program->must_hold && targets.count() > worth_asking) {
        storage::Query<storage::UidSet> narrower =
            services_.search_index->narrow(mailbox.access(), targets, *program->must_hold);
        const Result<storage::UidSet> fewer = co_await services_.store.read_long(std::move(narrower));
        if (fewer) targets = *fewer;
    }
    if (program->root.evidence < Evidence::content || targets.count() < worth_two_readers) {
        std::vector<SearchMatch> all = co_await match(mailbox, program, std::move(targets), true);
        co_return room_or(std::move(all));
    }
    auto [lower, upper] = halves(targets);
    // Only one of them may report progress: a stream has one writer at a time.
    auto [matches, more] =
        co_await (match(mailbox, program, std::move(lower), true) && match(mailbox, program, std::move(upper), false));
    matches.insert(matches.end(), more.begin(), more.end());
    co_return room_or(std::move(matches));
}

awaitable<std::vector<SearchMatch>> Searcher::match(const SelectedMailbox& mailbox,
                                                    std::shared_ptr<const SearchProgram> program,
                                                    storage::UidSet targets, bool tells_progress) {
    // A batch must be quick, however many keys there are: other clients wait for the readers, too.
    const bool quick = program->root.evidence == Evidence::row && program->tests <= tests_of_short_reads;
    const std::size_t most =
        std::min(std::max<std::size_t>(tests_at_once / program->tests, 16), options_.search_batch_messages);
    const SearchLimits limits{most, options_.search_batch_octets};
    std::vector<SearchMatch> matches;
    for (UidWalk walk(targets); !walk.done();) {
        expect_peer();
        storage::Query<SearchBatch> query = search_batch(mailbox.access(), program, walk.next(), limits);
        awaitable<Result<SearchBatch>> reading =
            quick ? services_.store.read(std::move(query)) : services_.store.read_long(std::move(query));
        const Result<SearchBatch> batch = co_await std::move(reading);
        if (!batch) break;  // the mailbox is gone: nothing can match any more
        walk.passed(batch->done);
        if (!has_room_for(batch->matches.size())) break;
        matches.insert(matches.end(), batch->matches.begin(), batch->matches.end());
        if (tells_progress) co_await tell_progress(mailbox.numbers(), targets, batch->done);
    }
    co_return matches;
}

awaitable<Searcher::Found> Searcher::find_among(const wire::Search& command, const SelectedMailbox& mailbox,
                                                std::span<const std::string> keywords,
                                                const storage::UidSet& messages) {
    std::expected<SearchProgram, SearchFault> prepared = prepare(command, mailbox, keywords);
    if (!prepared) co_return std::unexpected(prepared.error());
    prepared->targets = prepared->targets.intersected(messages);
    const auto program = std::make_shared<const SearchProgram>(std::move(*prepared));
    if (program->root.evidence == Evidence::uid) co_return match_by_uid(*program);
    std::vector<SearchMatch> matches = co_await match(mailbox, program, program->targets, false);
    co_return room_or(std::move(matches));
}

awaitable<std::optional<ContextChange>> Searcher::judge(const UpdateContext& context, const SelectedMailbox& mailbox,
                                                        std::span<const std::string> keywords,
                                                        const storage::UidSet& changed,
                                                        const storage::UidSet& vanished) {
    const Found matches = co_await find_among(context.search(), mailbox, keywords, changed);
    if (!matches) co_return std::nullopt;
    const storage::UidSet found = uids_of(*matches);
    constexpr std::size_t steps_of_a_message = 10;
    base::Pace pace;
    ContextChange change;
    storage::UidSet no_more;
    for (const auto& [first, last] : changed.ranges()) {
        for (std::uint64_t value = first.value; value <= last.value; ++value) {
            if (pace.step(steps_of_a_message).pauses)
                co_await net::ThreadTurns::give_way(net::ThreadTurns::Party::account(account_.value));
            const storage::Uid uid{static_cast<std::uint32_t>(value)};
            const bool matched = context.holds(uid);
            const bool matches_now = found.contains(uid) && !vanished.contains(uid);
            if (matched && !matches_now) no_more.insert(uid);
            if (!matched && matches_now) change.added.insert(uid);
        }
    }
    change.removed = vanished;
    change.removed.merge(no_more);
    if (!context.is_sorted() || change.added.empty()) co_return std::move(change);
    Result<std::vector<storage::Uid>> order = co_await sorted(context, mailbox.access(), change);
    if (order) {
        change.order = *std::move(order);
    } else {
        change.added = {};  // the mailbox is gone
    }
    co_return std::move(change);
}

awaitable<Result<std::vector<storage::Uid>>> Searcher::sorted(const UpdateContext& context, storage::Access access,
                                                              const ContextChange& change) {
    std::vector<storage::Uid> kept = context.order();
    std::erase_if(kept, [&](storage::Uid uid) { return change.removed.contains(uid); });
    InsertPlan plan{.access = access,
                    .scan = {.with_summary = true,
                             .messages = options_.search_batch_messages,
                             .header_octets = options_.header_octets},
                    .criteria = context.criteria(),
                    .limits = {.text_octets = options_.sort_text_octets,
                               .octets = options_.sort_octets,
                               .of_all = &services_.sort_memory,
                               .allowance = allowance_}};
    storage::Query<std::vector<storage::Uid>> query = insert_results(std::move(plan), std::move(kept), change.added);
    co_return co_await services_.store.read_long(std::move(query));
}

awaitable<SortedMatches> Searcher::sort(const SelectedMailbox& mailbox,
                                        const std::vector<wire::SortCriterion>& criteria,
                                        std::vector<SearchMatch> found) {
    const storage::Uid last = mailbox.numbers().largest();
    const bool lasting = is_lasting(criteria);
    const bool whole = found.size() == mailbox.numbers().size();
    const auto matches = std::make_shared<const std::vector<SearchMatch>>(std::move(found));
    if (SortOrder order = lasting ? services_.sort_orders.find(mailbox.id(), last, criteria) : nullptr) {
        auto query = put_in_order(mailbox.access(), matches, std::move(order));
        Result<std::optional<std::vector<SearchMatch>>> known = co_await services_.store.read_long(std::move(query));
        if (known && *known) co_return **std::move(known);
    }
    const SortTable::Limits limits{.text_octets = options_.sort_text_octets,
                                   .octets = options_.sort_octets / 2,
                                   .of_all = &services_.sort_memory,
                                   .allowance = allowance_};
    const auto lower = std::make_shared<SortTable>(criteria, limits, matches);
    const auto upper = std::make_shared<SortTable>(criteria, limits, matches);
    const std::size_t half = matches->size() / 2 + 1;
    if (!lower->reserve(half) || !upper->reserve(half)) {
        co_return std::unexpected(*(lower->fault() ? lower->fault() : upper->fault()));
    }
    TakeScanned take_lower = [lower](const ScannedMessage& scanned) { return lower->take(scanned); };
    TakeScanned take_upper = [upper](const ScannedMessage& scanned) { return upper->take(scanned); };
    co_await scan(mailbox, uids_of(*matches), lower->needs_summary(), std::move(take_lower), std::move(take_upper));
    const auto sorting = std::make_shared<Sorting>(lower, upper);
    net::WorkerPool::Slice slice = [sorting] { return sorting->go_on(); };
    co_await services_.compute.complete(party_of(account_), std::move(slice));
    SortedMatches sorted = sorting->take_sorted();
    if (sorted && lasting && whole) services_.sort_orders.keep(mailbox.id(), last, criteria, *sorted);
    co_return std::move(sorted);
}

// Nobody waits for what would be found.
void Searcher::expect_peer() const {
    if (look_at_peer_ && look_at_peer_() == net::PeerState::gone)
        throw net::PeerGone("connection lost while searching");
}

// During a long search the client gets progress reports, so that it does not give up. RFC 9585. One that sends no more
// may have closed the connection: a report shows it.
awaitable<void> Searcher::tell_progress(const MessageNumbers& numbers, const storage::UidSet& targets,
                                        storage::Uid done) {
    const std::int64_t now = services_.now();
    const bool probes = !probed_ && look_at_peer_ && look_at_peer_() == net::PeerState::sends_no_more;
    if (now - told_at_ < options_.progress_interval.count() && !probes) co_return;
    const std::uint32_t here = numbers.count_in(targets);
    const std::uint32_t left = numbers.count_in(behind(targets, done));
    const std::uint32_t goal = goal_.value_or(here);
    const std::uint32_t come = std::min(goal, before_ + (here - left));
    if (come == goal) co_return;  // the answer implies it (RFC 9585 §4)
    told_at_ = now;
    probed_ = probed_ || probes;
    co_await tell_progress_(come, goal);
}

awaitable<void> Searcher::scan(const SelectedMailbox& mailbox, storage::UidSet uids, bool with_summary,
                               TakeScanned lower, TakeScanned upper) {
    using namespace asio::experimental::awaitable_operators;
    auto [first, second] = halves(uids);
    // Only one of them may report progress: a stream has one writer at a time.
    co_await (scan_half(mailbox, std::move(first), with_summary, std::move(lower), true) &&
              scan_half(mailbox, std::move(second), with_summary, std::move(upper), false));
}

awaitable<void> Searcher::scan_half(const SelectedMailbox& mailbox, storage::UidSet uids, bool with_summary,
                                    TakeScanned take, bool tells_progress) {
    const ScanPlan plan{with_summary, options_.search_batch_messages, options_.header_octets};
    for (UidWalk walk(uids); !walk.done();) {
        expect_peer();
        storage::Query<ScanBatch> query = scan_batch(mailbox.access(), plan, walk.next(), take);
        const Result<ScanBatch> batch = co_await services_.store.read_long(std::move(query));
        if (!batch || batch->enough) co_return;
        walk.passed(batch->done);
        if (tells_progress) co_await tell_progress(mailbox.numbers(), uids, batch->done);
    }
}

}  // namespace imap
