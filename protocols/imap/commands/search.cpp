// Searches that are answered with messages as they stand: SEARCH, ESEARCH, UIDBATCHES; and CANCELUPDATE.
#include <algorithm>
#include <optional>
#include <utility>

#include "protocols/base/expects.h"
#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/search/sources.h"
#include "protocols/imap/session/session.h"
#include "storage/store.h"

namespace imap {

using asio::awaitable;
using storage::Result;
using storage::Uid;

// SEARCH and UID SEARCH. RFC 3501 §6.4.4; ESEARCH: RFC 4731; MODSEQ: RFC 7162 §3.1.5, §3.1.10; "$": RFC 5182; PARTIAL:
// RFC 9394. What RETURN options come to is search/answer.h's.
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

// ESEARCH: one search of several mailboxes, answered for each by itself. RFC 7377; UPDATE: RFC 5267 §4.3; MESSAGELIMIT:
// RFC 9738. Which mailboxes: search/sources.h.
// One mailbox is searched at a time, each as a client would see it that selects it; the selected one as ours knows it,
// and first.

namespace {

using SourceKind = wire::MailboxFilter::Kind;

// An ESEARCH on its way through the mailboxes.
struct SearchWork {
    const wire::Search& command;
    std::optional<std::uint32_t> messages_left;  // that it may work on; nothing: any number
    bool limited = false;                        // there were more
    Uid limited_to{};                            // in the last mailbox; 0: none of it was searched

    void limit(storage::UidSet& targets, const MessageNumbers& numbers) {
        if (!messages_left) return;
        const std::uint32_t count = numbers.count_in(targets);
        limited = count > *messages_left;
        if (limited) {
            limited_to = *messages_left == 0 ? Uid{} : keep_newest(targets, *messages_left, numbers);
            if (*messages_left == 0) targets = {};
        }
        *messages_left -= std::min(count, *messages_left);
    }
};

std::size_t count_names(const std::vector<wire::MailboxFilter>& filters) {
    std::size_t count = 0;
    for (const wire::MailboxFilter& filter : filters) count += filter.names.size();
    return count;
}

std::uint32_t count_messages(std::uint64_t in_selected, const std::vector<storage::Mailbox>& mailboxes) {
    std::uint64_t count = in_selected;
    for (const storage::Mailbox& mailbox : mailboxes) count += mailbox.messages;
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(count, UINT32_MAX));
}

// What matches in one of them.
struct MailboxFinds {
    std::vector<SearchFind> finds;
    bool asks_modseq = false;
};
awaitable<MailboxFinds> search_one(SearchWork& work, Searcher& searcher, const SelectedMailbox& mailbox,
                                   std::span<const std::string> keywords) {
    std::expected<SearchProgram, SearchFault> prepared = searcher.prepare(work.command, mailbox, keywords);
    base::expects(prepared.has_value(), "what can be searched for in no mailbox can be in any");
    work.limit(prepared->targets, mailbox.numbers());
    const auto program = std::make_shared<const SearchProgram>(*std::move(prepared));
    const std::vector<SearchMatch> matches = co_await searcher.find(mailbox, program);
    co_return MailboxFinds{.finds = known_finds(mailbox.numbers(), matches), .asks_modseq = program->asks_modseq};
}

}  // namespace

awaitable<void> Session::run(wire::Esearch command) {
    const wire::Search& search = command.search;
    const auto is_selected = [](const wire::MailboxFilter& source) { return source.kind == SourceKind::selected; };
    bool selected_too = std::ranges::any_of(command.sources, is_selected);
    if (!selected_ && (selected_too || search.returns->update)) {
        answer_bad("No mailbox is selected");
        co_return;
    }
    if (refuse_tag_reuse(search)) co_return;
    if (search.returns->save) selected_->save_result({});  // should the search fail

    // What is wrong with it is wrong in every mailbox.
    Searcher searcher = start_search();
    const SelectedMailbox nothing({}, {});
    const std::expected<SearchProgram, SearchFault> prepared = searcher.prepare(search, nothing, {});
    if (!prepared) co_return refuse_search(prepared.error());
    if (prepared->asks_modseq) enable_condstore();

    std::vector<storage::Mailbox> others;
    const bool too_many_names = count_names(command.sources) > options_.search_mailboxes;
    if (!too_many_names && !std::ranges::all_of(command.sources, is_selected)) {
        Result<std::vector<storage::Mailbox>> found =
            co_await services_.store.read(read_search_sources(account(), command.sources));
        if (!found) co_return answer_no(found.error());
        others = *std::move(found);
    }
    const auto is_ours = [this](const storage::Mailbox& one) { return selected_ && one.id == selected_->id(); };
    selected_too = std::erase_if(others, is_ours) > 0 || selected_too;
    if (too_many_names || others.size() + (selected_too ? 1 : 0) > options_.search_mailboxes) {
        answer_no("Too many mailboxes to search them at once", "LIMIT");
        co_return;
    }
    co_await search_mailboxes(search, searcher, selected_too, std::move(others));
}

awaitable<void> Session::search_mailboxes(const wire::Search& command, Searcher& searcher, bool selected_too,
                                          std::vector<storage::Mailbox> others) {
    std::optional<wire::Search> asked;
    if (selected_) asked = frozen(command, *selected_);
    SearchWork work{.command = command, .messages_left = {}};
    if (options_.message_limit != 0) work.messages_left = options_.message_limit;
    const bool alone = others.size() + (selected_too ? 1 : 0) == 1;
    if (!alone) searcher.expect(count_messages(selected_too ? selected_->numbers().size() : 0, others));

    // A mailbox that is gone, or may not be read any more, stays selected until that can be told.
    MailboxFinds found;
    if (selected_too && !selected_->deleted()) {
        found = co_await search_one(work, searcher, *selected_, keywords_);
        tell_returns(command, *selected_, found.finds, found.asks_modseq);
        co_await stream_.drain();
        searcher.pass(selected_->numbers().size());
    }
    if (asked && selected_too) {
        open_context(*std::move(asked), {}, found.finds);
    } else if (asked) {
        say().status("*", wire::Condition::no, wire::no_update_code(tag_),
                     "Only the selected mailbox is kept up to date");
    }
    for (storage::Mailbox& other : others) {
        if (work.limited) break;
        if (other.messages == 0) continue;
        const std::uint32_t messages = other.messages;
        const Result<SearchedMailbox> searched = co_await services_.store.read(look_into(account(), std::move(other)));
        if (searched) {
            found = co_await search_one(work, searcher, searched->mailbox, searched->keywords);
            tell_returns(command, searched->mailbox, found.finds, found.asks_modseq);
            co_await stream_.drain();
        }
        searcher.pass(messages);
    }
    // How far it came can be told of one mailbox alone (RFC 9738 §3); else: RFC 7377 §2.4.
    if (work.limited && alone) limited_to_ = work.limited_to;
    if (!work.limited || alone) co_return answer_ok("Searched");
    answer_ok("Only so many messages as one command may work on", "LIMIT");
}

// CANCELUPDATE: nothing more is told of these searches. RFC 5267 §4.3.5.
asio::awaitable<void> Session::run(wire::CancelUpdate command) {
    const auto is_open = [this](const std::string& tag) {
        return std::ranges::find(contexts_, tag, &UpdateContext::tag) != contexts_.end();
    };
    if (!std::ranges::all_of(command.tags, is_open)) {
        answer_bad("Nothing is kept up to date under such a tag");
        co_return;
    }
    std::erase_if(contexts_, [&](const UpdateContext& context) {
        return std::ranges::find(command.tags, context.tag()) != command.tags.end();
    });
    answer_ok("No further updates");
    co_return;
}

// UIDBATCHES: UID ranges of so many messages each, for a client that works through a mailbox in pieces. RFC 10022.
// Batches are counted from the newest message. Their ranges leave no UID out, from the last one given down to 1.
// Answered from what this client knows of the mailbox: the store is not asked. So any number of batches may be asked
// for at once (§3.1.7).

namespace {

constexpr std::uint32_t fewest = 500;  // messages in a batch (RFC 10022 §3.1.3.2)

}  // namespace

asio::awaitable<void> Session::run(wire::UidBatches command) {
    const auto [from, to] = command.batches.value_or(std::pair{std::uint32_t{1}, UINT32_MAX});
    if (from > to) {
        answer(wire::Condition::bad, "The range of batches is upside down", "CLIENTBUG");
        co_return;
    }
    if (command.size < fewest) {
        answer_no("A batch has 500 messages at least", "TOOFEW");
        co_return;
    }
    if (selected_->batches_again(command)) {
        answer_no("The mailbox has hardly changed since these batches were given", "LIMIT");
        co_return;
    }
    const storage::Uid last{selected_->uid_next().value - 1};
    say().uid_batches(tag_, selected_->numbers().batches(command.size, from, to, last));
    answer_ok("Those are the batches");
    co_return;
}

}  // namespace imap
