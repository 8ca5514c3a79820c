// Commands that store, copy, move or expunge messages: APPEND, REPLACE, COPY, MOVE, EXPUNGE.
#include "protocols/imap/commands/messages.h"

#include "protocols/imap/append/appender.h"
#include "protocols/imap/changes/changes.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/command_reader.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/search/searcher.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/imap/wire/sequence_set.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// APPEND. RFC 3501 §6.3.11; UIDPLUS' APPENDUID: RFC 4315 §3. The Appender does the work, literal by literal. A missing
// mailbox is answered TRYCREATE, before the message is read, unless it is already being sent.
awaitable<void> run(Client& client, wire::Append command) {
    Appender appender(client.connection(), client.reader, client.selection, client.changes);
    co_await appender.run(std::move(command));
}

// REPLACE and UID REPLACE. RFC 8508 §3: stores a message and expunges another, in one step. The Appender does the work.
awaitable<void> run(Client& client, wire::Replace command) {
    Appender appender(client.connection(), client.reader, client.selection, client.changes);
    co_await appender.run(std::move(command));
}

// COPY, MOVE and their UID forms. RFC 3501 §6.4.7, RFC 6851 (MOVE), RFC 4315 §3 (COPYUID).
// COPY is all or nothing. Nothing to copy is OK: NO made clients retry endlessly (CLIENTS.md 12). A missing
// destination is answered TRYCREATE, even if there is nothing to copy.

namespace {

std::string copied_code(const storage::Copied& copied) {
    wire::SequenceSetBuilder from;
    wire::SequenceSetBuilder to;
    for (const storage::Uid uid : copied.from) from.add(uid.value);
    for (const storage::Uid uid : copied.to) to.add(uid.value);
    return wire::copy_uid_code(copied.uid_validity, from.ranges(), to.ranges());
}

storage::UidSet uid_set(const std::vector<storage::Uid>& uids) {
    storage::UidSet set;
    for (const storage::Uid uid : uids) set.insert(uid);
    return set;
}

awaitable<void> transfer(Client& client, wire::SequenceSet messages, bool uid, std::string mailbox, bool move) {
    std::optional<storage::UidSet> targets = client.selection.resolve(messages, uid);
    if (!targets) co_return;
    if (client.selection.limit(*targets) && !move) {
        client.answers.no("Too many messages to copy at once", *client.answers.limit_code());
        co_return;
    }
    const storage::Access& from = client.selection->access();
    storage::Operation<storage::Copied> operation =
        move ? storage::move_messages(from, std::move(*targets), std::move(mailbox), client.services.now())
             : storage::copy_messages(from, std::move(*targets), std::move(mailbox), client.services.now());
    const Result<storage::Copied> copied = co_await client.services.store.write(std::move(operation));
    if (!copied) {
        client.answers.no_target(copied.error());
        co_return;
    }
    client.changes.note_own_change(copied->mailbox, uid_set(copied->to), copied->destination_step);
    if (copied->from.empty()) {
        client.answers.ok("There was nothing to do");
    } else if (!move) {
        client.answers.ok("Copied", copied_code(*copied));
    } else {
        client.answers.say().status("*", wire::Condition::ok, copied_code(*copied), "Moved");
        if (copied->mailbox != from.mailbox)
            client.selection.take_in_own(copied->source_step, {}, uid_set(copied->from));
        co_await client.changes.sync(true);
        const std::string code =
            client.enabled.condstore ? "HIGHESTMODSEQ " + std::to_string(client.selection->announced().value) : "";
        client.answers.ok("Done", code);
    }
}

}  // namespace

awaitable<void> run(Client& client, wire::Copy command) {
    co_await transfer(client, std::move(command.messages), command.uid, std::move(command.mailbox), false);
}

awaitable<void> run(Client& client, wire::Move command) {
    if (client.selection.refuse_read_only()) co_return;
    co_await transfer(client, std::move(command.messages), command.uid, std::move(command.mailbox), true);
}

// EXPUNGE and UID EXPUNGE. RFC 3501 §6.4.3, RFC 4315 §2.1 (UIDPLUS).
// Expunges are reported before the tagged answer, those of other sessions too. With CONDSTORE enabled the answer has
// the new HIGHESTMODSEQ (RFC 7162 §3.2.7).

namespace {

storage::UidSet from_on(storage::Uid uid) {
    storage::UidSet uids;
    uids.insert(uid, storage::Uid{UINT32_MAX});
    return uids;
}

// MESSAGELIMIT, counting only \Deleted messages: a client repeats the command until nothing is left (RFC 9738 §3).
awaitable<void> limit_deleted(Client& client, storage::UidSet& targets) {
    if (!client.selection.is_over_limit(targets)) co_return;
    wire::Search search;
    search.key = {.kind = wire::SearchKey::Kind::flag, .flag = wire::system_flag::deleted};
    // Without progress reports.
    Searcher searcher(client.options, client.services, client.login.account(), client.stream.allowance(), {});
    const Searcher::Found deleted =
        co_await searcher.find_among(search, *client.selection, client.selection.keywords(), targets);
    const std::uint32_t most = client.options.message_limit;
    if (!deleted || deleted->size() <= most) co_return;
    const storage::Uid oldest = (*deleted)[deleted->size() - most].uid;
    client.answers.limit(most, oldest);
    targets = targets.intersected(from_on(oldest));
}

}  // namespace

awaitable<void> run(Client& client, wire::Expunge command) {
    if (client.selection.refuse_read_only()) co_return;
    storage::UidSet targets = storage::UidSet::all();
    if (command.uids) {
        std::optional<storage::UidSet> named = client.selection.resolve(*command.uids, true);
        if (!named) co_return;
        targets = std::move(*named);
        co_await limit_deleted(client, targets);
    }
    const Result<storage::Expunged> expunged =
        co_await client.services.store.write(storage::expunge_deleted(client.selection->access(), std::move(targets)));
    if (!expunged) {
        client.answers.no(expunged.error());
        co_return;
    }
    client.selection.take_in_own(expunged->step, {}, expunged->uids);
    co_await client.changes.sync(true);
    if (!expunged->uids.empty() && client.enabled.condstore) {
        client.answers.ok("Expunged", "HIGHESTMODSEQ " + std::to_string(client.selection->announced().value));
    } else {
        client.answers.ok("Expunged");
    }
}

}  // namespace imap
