// Messages come, are copied and go: APPEND, REPLACE, COPY, MOVE, EXPUNGE.
#include "storage/messages.h"
#include "protocols/imap/append/appender.h"
#include "protocols/imap/session/session.h"
#include "protocols/imap/wire/sequence_set.h"
#include "storage/store.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// APPEND. RFC 3501 §6.3.11; UIDPLUS' APPENDUID: RFC 4315 §3.
// The work is the Appender's, literal by literal.
// A missing mailbox is answered TRYCREATE, before a message is read that is not on its way already.
asio::awaitable<void> Session::run(wire::Append command) {
    Appender appender(*this);
    co_await appender.run(std::move(command));
}

// REPLACE and UID REPLACE. RFC 8508 §3: one message comes, another goes, in one step.
// The work is the Appender's.
asio::awaitable<void> Session::run(wire::Replace command) {
    Appender appender(*this);
    co_await appender.run(std::move(command));
}

// COPY, MOVE and their UID forms. RFC 3501 §6.4.7, RFC 6851 (MOVE), RFC 4315 §3 (COPYUID).
// All or nothing, in one commit. Nothing to copy is OK: NO drove clients into endless retries (CLIENTS.md 12).
// A missing destination is answered TRYCREATE, also where there is nothing to copy.

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

}  // namespace

awaitable<void> Session::run(wire::Copy command) {
    co_await transfer(std::move(command.messages), command.uid, std::move(command.mailbox), false);
}

awaitable<void> Session::run(wire::Move command) {
    if (refuse_read_only()) co_return;
    co_await transfer(std::move(command.messages), command.uid, std::move(command.mailbox), true);
}

awaitable<void> Session::transfer(wire::SequenceSet messages, bool uid, std::string mailbox, bool move) {
    std::optional<storage::UidSet> targets = resolve(messages, uid);
    if (!targets) co_return;
    if (limit_messages(*targets) && !move) {
        answer_no("Too many messages to copy at once", limit_code());
        co_return;
    }
    const storage::MailboxId from = selected_->id();
    storage::Operation<storage::Copied> operation =
        move ? storage::move_messages(from, std::move(*targets), std::move(mailbox), services_.now(), account())
             : storage::copy_messages(from, std::move(*targets), std::move(mailbox), services_.now(), account());
    const Result<storage::Copied> copied = co_await services_.store.write(std::move(operation));
    if (!copied) {
        answer_no_target(copied.error());
        co_return;
    }
    caused(copied->mailbox, uid_set(copied->to), copied->destination_step);
    if (copied->from.empty()) {
        answer_ok("There was nothing to do");
    } else if (!move) {
        answer_ok("Copied", copied_code(*copied));
    } else {
        say().status("*", wire::Condition::ok, copied_code(*copied), "Moved");
        if (copied->mailbox != from) take_in_own(copied->source_step, {}, uid_set(copied->from));
        co_await sync(true);
        const std::string code = condstore_ ? "HIGHESTMODSEQ " + std::to_string(selected_->announced().value) : "";
        answer_ok("Done", code);
    }
}

// EXPUNGE and UID EXPUNGE. RFC 3501 §6.4.3, RFC 4315 §2.1 (UIDPLUS).
// What vanishes is told before the tagged answer, with what others have expunged meanwhile.
// With CONDSTORE enabled the answer says the HIGHESTMODSEQ that is reached (RFC 7162 §3.2.7).
asio::awaitable<void> Session::run(wire::Expunge command) {
    if (refuse_read_only()) co_return;
    storage::UidSet targets = storage::UidSet::all();
    if (command.uids) {
        std::optional<storage::UidSet> named = resolve(*command.uids, true);
        if (!named) co_return;
        targets = std::move(*named);
        co_await limit_deleted(targets);
    }
    const Result<storage::Expunged> expunged =
        co_await services_.store.write(storage::expunge_deleted(selected_->id(), std::move(targets), account()));
    if (!expunged) {
        answer_no(expunged.error());
        co_return;
    }
    take_in_own(expunged->step, {}, expunged->uids);
    co_await sync(true);
    if (!expunged->uids.empty() && condstore_) {
        answer_ok("Expunged", "HIGHESTMODSEQ " + std::to_string(selected_->announced().value));
    } else {
        answer_ok("Expunged");
    }
}

}  // namespace imap
