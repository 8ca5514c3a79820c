// Searches whose results are kept up to date. RFC 5267 §4.3: ADDTO and REMOVEFROM come with what they follow from,
// those that take out before an EXPUNGE changes the numbers, those that put in behind EXISTS and EXPUNGE. What has
// changed is judged anew by the search as it was frozen (searcher.h); what the results are now: update_context.h.
#include <algorithm>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/session/session.h"

namespace imap {

using asio::awaitable;

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
        log_.error("fault", {{"during", "search contexts"}, {"reason", fault}});
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
        co_await asio::post(stream_.executor(), asio::use_awaitable);  // each may be long: others have their turn
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
        co_await asio::post(stream_.executor(), asio::use_awaitable);
    }
}

awaitable<std::vector<ContextChange>> Session::judge_contexts() {
    Searcher searcher = start_search();
    std::vector<ContextChange> changes;
    for (const UpdateContext& context : contexts_) {
        ContextChange change = co_await searcher.judge(context, *selected_, keywords_, changed_, vanished_);
        changes.push_back(std::move(change));
    }
    co_return std::move(changes);
}

void Session::drop_contexts() {
    for (const UpdateContext& context : contexts_) {
        say().status("*", wire::Condition::no, wire::no_update_code(context.tag()), "Results are not kept up to date");
    }
    contexts_ = {};
}

}  // namespace imap
