// Searches answered with messages in mailbox order: SEARCH, ESEARCH, UIDBATCHES; and CANCELUPDATE.
#include "protocols/imap/commands/search.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "protocols/imap/commands/search_answers.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/search/answer.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/search/sources.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;
using storage::Uid;

// SEARCH and UID SEARCH. RFC 3501 §6.4.4; ESEARCH: RFC 4731; MODSEQ: RFC 7162 §3.1.5, §3.1.10; "$": RFC 5182; PARTIAL:
// RFC 9394. search/answer.h handles RETURN options.
awaitable<void> run(Client& client, wire::Search command) {
    if (client.enabled.rev2 && !command.returns)
        command.returns.emplace().all = true;  // RFC 9051 §6.4.4: ESEARCH, as for RETURN ()
    if (client.selection.contexts().refuse_tag_reuse(command)) co_return;
    Searcher searcher = start_search(client);
    PreparedSearch prepared = prepare_search(client, command, searcher);
    if (!prepared.program) co_return;
    const Searcher::Found matches = co_await searcher.find(*client.selection, prepared.program);
    if (!matches) co_return refuse_search(client, matches.error());
    const bool asks_modseq = prepared.program->asks_modseq;
    const std::vector<SearchFind> finds = co_await number_finds(client, client.selection->numbers(), *matches);
    if (command.returns) {
        if (!say_returns(client, command, *client.selection, finds, asks_modseq)) co_return;
        if (prepared.kept) keep_up_to_date(client, *std::move(prepared.kept), {}, finds);
    } else {
        client.answers.say().search(named_by(finds, command.uid), highest_modseq(finds, asks_modseq));
    }
    co_await answer_found(client, "Searched", command.uid);
}

// ESEARCH: one search of several mailboxes, with a response for each. RFC 7377; UPDATE: RFC 5267 §4.3; MESSAGELIMIT:
// RFC 9738. search/sources.h chooses the mailboxes. They are searched one after the other, each as a newly selecting
// client would see it; the selected one comes first, as this client knows it.

namespace {

using SourceKind = wire::MailboxFilter::Kind;

// An ESEARCH in progress.
struct SearchWork {
    const wire::Search& command;
    std::optional<std::uint32_t> messages_left;  // that it may still examine; nullopt: any number
    bool limited = false;                        // there were more messages
    Uid limited_to{};                            // in the last mailbox; 0: none of its messages was searched

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

// The matches in one mailbox.
struct MailboxFinds {
    std::vector<SearchFind> finds;
    bool asks_modseq = false;
};
awaitable<std::expected<MailboxFinds, SearchFault>> search_one(Client& client, SearchWork& work, Searcher& searcher,
                                                               const SelectedMailbox& mailbox,
                                                               std::span<const std::string> keywords) {
    std::expected<SearchProgram, SearchFault> prepared = searcher.prepare(work.command, mailbox, keywords);
    if (!prepared) co_return std::unexpected(prepared.error());
    work.limit(prepared->targets, mailbox.numbers());
    const auto program = std::make_shared<const SearchProgram>(*std::move(prepared));
    const Searcher::Found matches = co_await searcher.find(mailbox, program);
    if (!matches) co_return std::unexpected(matches.error());
    std::vector<SearchFind> finds = co_await number_finds(client, mailbox.numbers(), *matches);
    co_return MailboxFinds{.finds = std::move(finds), .asks_modseq = program->asks_modseq};
}

awaitable<void> search_mailboxes(Client& client, const wire::Search& command, Searcher& searcher, bool selected_too,
                                 std::vector<storage::Mailbox> others) {
    SearchWork work{.command = command, .messages_left = {}};
    if (client.options.message_limit != 0) work.messages_left = client.options.message_limit;
    const bool alone = others.size() + (selected_too ? 1 : 0) == 1;
    if (!alone) searcher.expect(count_messages(selected_too ? client.selection->numbers().size() : 0, others));

    // A mailbox that was deleted, or may no longer be read, stays selected until that can be reported.
    std::expected<MailboxFinds, SearchFault> found;
    std::optional<wire::Search> kept;
    if (selected_too && !client.selection->deleted()) {
        found = co_await search_one(client, work, searcher, *client.selection, client.selection.keywords());
        if (!found) co_return refuse_search(client, found.error());
        kept = frozen(command, *client.selection);  // before "$" changes
        if (!say_returns(client, command, *client.selection, found->finds, found->asks_modseq)) co_return;
        co_await client.stream.drain();
        searcher.pass(client.selection->numbers().size());
    }
    if (kept) {
        keep_up_to_date(client, *std::move(kept), {}, found->finds);
    } else if (command.returns->update) {
        client.answers.say().status("*", wire::Condition::no, wire::no_update_code(client.answers.tag()),
                                    "Only the selected mailbox is kept up to date");
    }
    for (storage::Mailbox& other : others) {
        if (work.limited) break;
        if (other.messages == 0) continue;
        const std::uint32_t messages = other.messages;
        const Result<SearchedMailbox> searched =
            co_await client.services.store.read(look_into(client.login.account(), std::move(other)));
        if (searched) {
            found = co_await search_one(client, work, searcher, searched->mailbox, searched->keywords);
            if (!found) co_return refuse_search(client, found.error());
            if (!say_returns(client, command, searched->mailbox, found->finds, found->asks_modseq)) co_return;
            co_await client.stream.drain();
        }
        searcher.pass(messages);
    }
    // The limit can be reported only for a single mailbox (RFC 9738 §3); otherwise see RFC 7377 §2.4.
    if (work.limited && alone) client.answers.limit(client.options.message_limit, work.limited_to);
    if (!work.limited || alone) co_return client.answers.ok("Searched");
    client.answers.ok("Only so many messages as one command may work on", "LIMIT");
}

}  // namespace

awaitable<void> run(Client& client, wire::Esearch command) {
    const wire::Search& search = command.search;
    const auto is_selected = [](const wire::MailboxFilter& source) { return source.kind == SourceKind::selected; };
    bool selected_too = std::ranges::any_of(command.sources, is_selected);
    if (!client.selection && (selected_too || search.returns->update)) {
        client.answers.bad("No mailbox is selected");
        co_return;
    }
    if (client.selection.contexts().refuse_tag_reuse(search)) co_return;
    if (search.returns->save) client.selection->save_result({});  // in case the search fails

    // An invalid program is invalid in every mailbox.
    Searcher searcher = start_search(client);
    const SelectedMailbox nothing({.access = {{}, client.login.account()}, .owner = {}, .name = {}}, {});
    const std::expected<SearchProgram, SearchFault> prepared = searcher.prepare(search, nothing, {});
    if (!prepared) co_return refuse_search(client, prepared.error());
    if (prepared->asks_modseq) client.selection.enable_condstore();

    std::vector<storage::Mailbox> others;
    const bool too_many_names = count_names(command.sources) > client.options.search_mailboxes;
    if (!too_many_names && !std::ranges::all_of(command.sources, is_selected)) {
        Result<std::vector<storage::Mailbox>> found =
            co_await client.services.store.read_long(read_search_sources(client.login.account(), command.sources));
        if (!found) co_return client.answers.no(found.error());
        others = *std::move(found);
    }
    const auto is_ours = [&client](const storage::Mailbox& one) {
        return client.selection && one.id == client.selection->id();
    };
    selected_too = std::erase_if(others, is_ours) > 0 || selected_too;
    if (too_many_names || others.size() + (selected_too ? 1 : 0) > client.options.search_mailboxes) {
        client.answers.no("Too many mailboxes to search them at once", "LIMIT");
        co_return;
    }
    co_await search_mailboxes(client, search, searcher, selected_too, std::move(others));
}

// CANCELUPDATE: stops updates of these searches. RFC 5267 §4.3.5.
awaitable<void> run(Client& client, wire::CancelUpdate command) {
    if (!client.selection.contexts().cancel(command.tags)) {
        co_return client.answers.bad("Nothing is kept up to date under such a tag");
    }
    client.answers.ok("No further updates");
    co_return;
}

// UIDBATCHES: UID ranges with a given number of messages, for clients that work through a mailbox in pieces. RFC 10022.
// Batches are counted from the newest message. Together their ranges cover every UID, from the last one assigned down
// to 1. Answered from this client's view, without the store, so any number of batches may be requested at once
// (§3.1.7).

namespace {

constexpr std::uint32_t fewest = 500;  // messages in a batch (RFC 10022 §3.1.3.2)

}  // namespace

awaitable<void> run(Client& client, wire::UidBatches command) {
    const auto [from, to] = command.batches.value_or(std::pair{std::uint32_t{1}, UINT32_MAX});
    if (from > to) {
        client.answers.bad("The range of batches is upside down", "CLIENTBUG");
        co_return;
    }
    if (command.size < fewest) {
        client.answers.no("A batch has 500 messages at least", "TOOFEW");
        co_return;
    }
    if (client.selection->batches_again(command)) {
        client.answers.no("The mailbox has hardly changed since these batches were given", "LIMIT");
        co_return;
    }
    const storage::Uid last{client.selection->uid_next().value - 1};
    client.answers.say().uid_batches(client.answers.tag(),
                                     client.selection->numbers().batches(command.size, from, to, last));
    client.answers.ok("Those are the batches");
    co_return;
}

}  // namespace imap
