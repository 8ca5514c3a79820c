// STORE and UID STORE. RFC 3501 §6.4.6; UNCHANGEDSINCE, MODIFIED: RFC 7162 §3.1.3.
// One operation changes all targets; its result is reported here, and not again by sync. New keywords are created by
// using them. Flags that the client may not change are ignored (RFC 4314 §4).
#include "protocols/imap/commands/store.h"

#include "protocols/base/slices.h"
#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"
#include "storage/messages.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::FlagChange;
using storage::Result;
using storage::UidSet;

namespace {

storage::FlagEdit edit_of(wire::Store::Mode mode) {
    switch (mode) {
        case wire::Store::Mode::add:
            return storage::FlagEdit::add;
        case wire::Store::Mode::remove:
            return storage::FlagEdit::remove;
        case wire::Store::Mode::replace:
            break;
    }
    return storage::FlagEdit::replace;
}

// Reports the result of this session's own change. With .SILENT only MODSEQ is reported, if that is enabled: where
// others have changed the flags too, and the client has not been told, sync tells the outcome (RFC 9051 §6.4.6).
awaitable<void> tell_change(Client& client, const FlagChange& change, bool uid, bool with_flags) {
    constexpr std::size_t steps_of_a_message = 10;
    base::Pace pace;
    co_await client.stream.drain();  // results of many sessions may have come at once
    storage::KeywordSet keywords;
    for (const FlagChange::Changed& one : change.changed) {
        keywords.merge(one.flags.keywords);
        if (pace.step().pauses) co_await client.stream.give_way();
    }
    co_await client.selection.learn_keywords(keywords);

    storage::ModSeq modseq;
    UidSet reported;
    UidSet changed;
    for (const FlagChange::Changed& one : change.changed) {
        if (pace.step(steps_of_a_message).pauses) co_await client.stream.give_way();
        const std::optional<std::uint32_t> number = client.selection->numbers().number_of(one.uid);
        if (!number) continue;
        if (one.modseq != modseq) {
            client.selection->reported(modseq, std::exchange(reported, {}));
            modseq = one.modseq;
        }
        if (with_flags || client.selection->knows(one.uid, one.before)) reported.insert(one.uid);
        if (one.modseq > client.selection->synced()) changed.insert(one.uid);
        if (!with_flags && !client.enabled.condstore) continue;
        client.selection.say_flags_of(
            *number, one,
            {.uid = (uid && !client.enabled.uid_only) || client.enabled.tells_uids(), .flags = with_flags});
        co_await client.stream.drain();
    }
    client.selection->reported(modseq, reported);
    client.selection.take_in_own(change.step, changed, {});
}

}  // namespace

awaitable<void> run(Client& client, wire::Store command) {
    if (client.selection.refuse_read_only()) co_return;
    if (command.unchanged_since) client.selection.enable_condstore();
    std::optional<UidSet> targets = client.selection.resolve(command.messages, command.uid);
    if (!targets) co_return;
    client.selection.limit(*targets);
    const std::uint32_t wanted = client.selection->numbers().count_in(*targets);
    const std::size_t sets = 2 * targets->ranges().size() * sizeof(UidSet::Range);  // this one, and the operation's
    if (!client.selection.hold(wanted * sizeof(FlagChange::Changed) + sets)) {
        co_return client.answers.no("Your account is doing too much at once: try again later", "LIMIT");
    }

    std::optional<storage::ModSeq> unchanged_since;
    if (command.unchanged_since) unchanged_since = storage::ModSeq{*command.unchanged_since};
    storage::NamedFlags flags{command.flags.system, std::move(command.flags.keywords)};
    const Result<FlagChange> change = co_await client.services.store.write(storage::change_flags(
        client.selection->access(), std::move(*targets), edit_of(command.mode), std::move(flags), unchanged_since));
    if (!change) {
        client.answers.no(change.error());
        co_return;
    }
    co_await tell_change(client, *change, command.uid, !command.silent);

    if (!change->modified.empty()) {
        std::vector<wire::NumberRange> modified = client.selection->numbers().numbers_of(change->modified);
        if (command.uid) {
            modified.clear();
            for (const UidSet::Range& range : change->modified.ranges()) {
                modified.push_back({range.first.value, range.last.value});
            }
        }
        std::string code = "MODIFIED ";
        wire::append_sequence_set(code, modified);
        client.answers.ok("Some had changed meanwhile", code);
    } else if (!command.uid && change->changed.size() < wanted) {
        client.answers.ok("Some are expunged already", "EXPUNGEISSUED");
    } else {
        client.answers.ok("Stored");
    }
}

}  // namespace imap
