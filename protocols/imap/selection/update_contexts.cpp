// Searches that are kept up to date. RFC 5267 §4.3: REMOVEFROM comes before an EXPUNGE changes the numbers, ADDTO after
// EXISTS and EXPUNGE. Changed messages are tested again with the frozen search (searcher.h).
#include "protocols/imap/selection/update_contexts.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/net/stream.h"

namespace imap {

using asio::awaitable;

namespace {

// The client's name for a result: its UID, or its number.
UpdateContext::Name name_of(const UpdateContext& context, const SelectedMailbox& mailbox) {
    if (context.search().uid) return [](storage::Uid uid) { return uid.value; };
    return [&mailbox](storage::Uid uid) { return mailbox.numbers().number_of(uid).value_or(0); };
}

}  // namespace

bool UpdateContexts::refuse_tag_reuse(const wire::Search& command) const {
    Answers& answers = connection_.answers;
    if (!command.returns || !command.returns->update) return false;
    if (std::ranges::find(contexts_, answers.tag(), &UpdateContext::tag) == contexts_.end()) return false;
    answers.bad("A search under this tag is kept up to date already");
    return true;
}

void UpdateContexts::open(wire::Search asked, std::vector<wire::SortCriterion> criteria,
                          const std::vector<SearchFind>& finds, const std::function<bool()>& hold) {
    Answers& answers = connection_.answers;
    const auto no_update = [&answers](std::string_view why) {
        answers.say().status("*", wire::Condition::no, wire::no_update_code(answers.tag()), why);
    };
    const bool by_relevancy =
        std::ranges::find(criteria, wire::SortCriterion::Key::relevancy, &wire::SortCriterion::key) != criteria.end();
    if (by_relevancy) return no_update("Relevancy is not kept up to date");
    const std::string_view too_many = "Too many searches are kept up to date";
    if (contexts_.size() >= connection_.options.update_contexts) return no_update(too_many);
    std::vector<storage::Uid> results;
    results.reserve(finds.size());
    for (const SearchFind& find : finds) results.push_back(find.uid);
    contexts_.emplace_back(answers.tag(), std::move(asked), std::move(criteria)).begin(std::move(results));
    if (hold()) return;
    contexts_.pop_back();
    no_update(too_many);
}

std::size_t UpdateContexts::octets() const {
    std::size_t octets = changed_.octets() + vanished_.octets();
    for (const UpdateContext& context : contexts_) octets += context.octets();
    return octets;
}

bool UpdateContexts::cancel(const std::vector<std::string>& tags) {
    const auto is_open = [this](const std::string& tag) {
        return std::ranges::find(contexts_, tag, &UpdateContext::tag) != contexts_.end();
    };
    if (!std::ranges::all_of(tags, is_open)) return false;
    std::erase_if(contexts_,
                  [&](const UpdateContext& context) { return std::ranges::find(tags, context.tag()) != tags.end(); });
    return true;
}

void UpdateContexts::drop() {
    for (const UpdateContext& context : contexts_) {
        connection_.answers.say().status("*", wire::Condition::no, wire::no_update_code(context.tag()),
                                         "Results are not kept up to date");
    }
    contexts_ = {};
}

void UpdateContexts::clear() {
    contexts_ = {};
    changed_ = {};
    vanished_ = {};
}

void UpdateContexts::note(const storage::UidSet& changed, const storage::UidSet& vanished) {
    changed_.merge(changed);
    vanished_.merge(vanished);
}

awaitable<std::vector<ContextChange>> UpdateContexts::judge(const SelectedMailbox& mailbox,
                                                            std::span<const std::string> keywords) {
    std::vector<ContextChange> changes;
    std::string fault;
    try {
        // Without progress reports.
        Searcher searcher(connection_.options, connection_.services, connection_.login.account(),
                          connection_.stream.allowance(), {});
        for (const UpdateContext& context : contexts_) {
            std::optional<ContextChange> change =
                co_await searcher.judge(context, mailbox, keywords, changed_, vanished_);
            if (!change) break;
            changes.push_back(*std::move(change));
        }
    } catch (const std::exception& error) {
        fault = error.what();
    }
    if (!fault.empty()) connection_.log.error("fault", {{"during", "search contexts"}, {"reason", fault}});
    if (changes.size() < contexts_.size()) drop();
    changed_ = {};
    vanished_ = {};
    co_return std::move(changes);
}

awaitable<void> UpdateContexts::tell_removed(const std::vector<ContextChange>& changes,
                                             const SelectedMailbox& mailbox) {
    Answers& answers = connection_.answers;
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        UpdateContext& context = contexts_[i];
        answers.say().results_removed(correlator(context.search(), context.tag(), mailbox), context.search().uid,
                                      context.remove(changes[i].removed, name_of(context, mailbox)));
        // Each may take long: let other connections run.
        co_await connection_.stream.give_way();
    }
}

awaitable<void> UpdateContexts::tell_added(std::vector<ContextChange>& changes, const SelectedMailbox& mailbox) {
    Answers& answers = connection_.answers;
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        if (changes[i].added.empty()) continue;
        UpdateContext& context = contexts_[i];
        const UpdateContext::Name name = name_of(context, mailbox);
        answers.say().results_added(correlator(context.search(), context.tag(), mailbox), context.search().uid,
                                    context.is_sorted() ? context.reorder(std::move(changes[i].order), name)
                                                        : context.add(changes[i].added, name));
        co_await connection_.stream.give_way();
    }
}

}  // namespace imap
