// Searches whose results are kept up to date. RFC 5267 §4.3: ADDTO and REMOVEFROM come with what they follow from,
// those that take out before an EXPUNGE changes the numbers, those that put in behind EXISTS and EXPUNGE. What has
// changed is judged anew by the search as it was frozen; what the results are now: update_context.h.
#include <algorithm>
#include <exception>
#include <utility>

#include "protocols/imap/search_answer.h"
#include "protocols/imap/search_match.h"
#include "protocols/imap/search_program.h"
#include "protocols/imap/session.h"
#include "protocols/imap/sort_place.h"

namespace imap {

using asio::awaitable;
using storage::Result;

bool Session::refuse_tag_reuse(const wire::Search& command) {
    if (!command.returns || !command.returns->update) return false;
    if (std::ranges::find(contexts_, tag_, &UpdateContext::tag) == contexts_.end()) return false;
    answer_bad("A search under this tag is kept up to date already");
    return true;
}

void Session::open_context(wire::Search asked, std::vector<wire::SortCriterion> criteria,
                           const std::vector<SearchFind>& finds) {
    const bool by_relevancy =
        std::ranges::find(criteria, wire::SortCriterion::Key::relevancy, &wire::SortCriterion::key) != criteria.end();
    if (by_relevancy || contexts_.size() >= options_.update_contexts) {
        const std::string_view why =
            by_relevancy ? "Relevancy is not kept up to date" : "Too many searches are kept up to date";
        return say().status("*", wire::Condition::no, wire::no_update_code(tag_), why);
    }
    std::vector<storage::Uid> results;
    results.reserve(finds.size());
    for (const SearchFind& find : finds) results.push_back(find.uid);
    contexts_.emplace_back(tag_, std::move(asked), std::move(criteria)).begin(std::move(results));
}

// What may be said now, with what it does to the results of searches.
awaitable<void> Session::tell_updates(bool expunges_allowed) {
    if (contexts_.empty() || (changed_.empty() && vanished_.empty())) {
        const std::vector<ContextChange> none(contexts_.size());
        co_await tell(selected_->take_updates(expunges_allowed));
        co_await tell_arrivals(none);
        co_return;
    }
    std::vector<ContextChange> changes;
    std::string fault;
    try {
        changes = co_await judge_contexts();
    } catch (const std::exception& error) {
        fault = error.what();
    }
    if (!fault.empty()) {
        log_.error("fault", {{"during", "search contexts"}, {"what", fault}});
        drop_contexts();
    }
    changed_ = {};
    vanished_ = {};
    const UpdateContext::Name number = [this](storage::Uid uid) {
        return selected_->numbers().number_of(uid).value_or(0);
    };
    const UpdateContext::Name itself = [](storage::Uid uid) { return uid.value; };
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        const bool uid = contexts_[i].search().uid;
        say().results_removed(correlator(contexts_[i].search(), contexts_[i].tag(), *selected_), uid,
                              contexts_[i].remove(changes[i].removed, uid ? itself : number));
    }
    co_await tell(selected_->take_updates(expunges_allowed));
    co_await tell_arrivals(changes);
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        if (changes[i].added.empty()) continue;
        const bool uid = contexts_[i].search().uid;
        const UpdateContext::Name& name = uid ? itself : number;
        say().results_added(correlator(contexts_[i].search(), contexts_[i].tag(), *selected_), uid,
                            contexts_[i].is_sorted() ? contexts_[i].reorder(std::move(changes[i].order), name)
                                                     : contexts_[i].add(changes[i].added, name));
    }
}

awaitable<std::vector<Session::ContextChange>> Session::judge_contexts() {
    std::vector<ContextChange> changes;
    for (const UpdateContext& context : contexts_) {
        ContextChange change = co_await judge_context(context);
        changes.push_back(std::move(change));
    }
    co_return std::move(changes);
}

awaitable<Session::ContextChange> Session::judge_context(const UpdateContext& context) {
    const std::vector<SearchMatch> matches = co_await matching(context.search(), changed_);
    const storage::UidSet found = uids_of(matches);
    ContextChange change;
    change.removed = vanished_;
    for (const auto& [first, last] : changed_.ranges()) {
        for (std::uint64_t value = first.value; value <= last.value; ++value) {
            const storage::Uid uid{static_cast<std::uint32_t>(value)};
            const bool matched = context.holds(uid);
            const bool matches_now = found.contains(uid) && !vanished_.contains(uid);
            if (matched && !matches_now) change.removed.insert(uid);
            if (!matched && matches_now) change.added.insert(uid);
        }
    }
    if (!context.is_sorted() || change.added.empty()) co_return std::move(change);
    std::vector<storage::Uid> kept = context.order();
    std::erase_if(kept, [&](storage::Uid uid) { return change.removed.contains(uid); });
    PlacePlan plan{.mailbox = selected_->id(),
                   .glance = {.with_summary = true,
                              .messages = options_.search_batch_messages,
                              .header_octets = options_.header_octets},
                   .criteria = context.criteria(),
                   .limits = {options_.sort_text_octets, options_.sort_octets}};
    storage::Query<std::vector<storage::Uid>> query = place_results(std::move(plan), std::move(kept), change.added);
    Result<std::vector<storage::Uid>> order =
        co_await services_.store.read(std::move(query), storage::Lane::long_reads);
    if (order) change.order = std::move(*order);
    if (!order) change.added = {};  // the mailbox is gone
    co_return std::move(change);
}

// Those of a few messages that match, asked without a word to the client.
awaitable<std::vector<SearchMatch>> Session::matching(const wire::Search& search, const storage::UidSet& among) {
    const SearchContext context = search_context(*selected_, keywords_);
    std::expected<SearchProgram, SearchFault> prepared = prepare_search(search, context);
    if (!prepared) co_return std::vector<SearchMatch>();
    prepared->targets = prepared->targets.intersected(among);
    const auto program = std::make_shared<const SearchProgram>(std::move(*prepared));
    if (program->root.evidence == Evidence::uid) co_return match_by_uid(*program);
    co_return co_await find_matches_among(*selected_, program, program->targets, false);
}

void Session::drop_contexts() {
    for (const UpdateContext& context : contexts_) {
        say().status("*", wire::Condition::no, wire::no_update_code(context.tag()), "Results are not kept up to date");
    }
    contexts_ = {};
}

}  // namespace imap
