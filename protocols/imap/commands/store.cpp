// STORE and UID STORE. RFC 3501 §6.4.6; UNCHANGEDSINCE, MODIFIED: RFC 7162 §3.1.3.
// One operation changes all targets; what came of each is told from its result, and so not again by sync.
// New keywords are made by naming them. Flags that one may not change are passed over (RFC 4314 §4).
#include "storage/store.h"
#include "protocols/imap/session/session.h"
#include "storage/messages.h"

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

}  // namespace

awaitable<void> Session::run(wire::Store command) {
    if (refuse_read_only()) co_return;
    if (command.unchanged_since) enable_condstore();
    std::optional<UidSet> targets = resolve(command.messages, command.uid);
    if (!targets) co_return;
    limit_messages(*targets);
    const std::uint32_t wanted = selected_->numbers().count_in(*targets);

    std::optional<storage::ModSeq> unchanged_since;
    if (command.unchanged_since) unchanged_since = storage::ModSeq{*command.unchanged_since};
    storage::NamedFlags flags{command.flags.system, std::move(command.flags.keywords)};
    const Result<FlagChange> change = co_await services_.store.write(storage::change_flags(
        selected_->id(), std::move(*targets), edit_of(command.mode), std::move(flags), unchanged_since, account()));
    if (!change) {
        answer_no(change.error());
        co_return;
    }
    co_await tell_change(*change, command.uid, !command.silent);

    if (!change->modified.empty()) {
        std::vector<wire::NumberRange> modified = selected_->numbers().numbers_of(change->modified);
        if (command.uid) {
            modified.clear();
            for (const UidSet::Range& range : change->modified.ranges()) {
                modified.push_back({range.first.value, range.last.value});
            }
        }
        std::string code = "MODIFIED ";
        wire::append_sequence_set(code, modified);
        answer_ok("Some had changed meanwhile", code);
    } else if (!command.uid && change->changed.size() < wanted) {
        answer_ok("Some are expunged already", "EXPUNGEISSUED");
    } else {
        answer_ok("Stored");
    }
}

// What this session's own change of flags came to. Under .SILENT only MODSEQ is reported, and only where it is enabled.
awaitable<void> Session::tell_change(const FlagChange& change, bool uid, bool with_flags) {
    std::vector<const storage::Flags*> flags;
    flags.reserve(change.changed.size());
    for (const FlagChange::Changed& one : change.changed) flags.push_back(&one.flags);
    co_await learn_keywords(flags);

    storage::ModSeq modseq;
    UidSet reported;
    UidSet changed;
    for (const FlagChange::Changed& one : change.changed) {
        const std::optional<std::uint32_t> number = selected_->numbers().number_of(one.uid);
        if (!number) continue;
        if (one.modseq != modseq) {
            selected_->reported(modseq, std::exchange(reported, {}));
            modseq = one.modseq;
        }
        reported.insert(one.uid);
        if (one.modseq > selected_->synced()) changed.insert(one.uid);
        if (!with_flags && !condstore_) continue;
        tell_flags_of(*number, one, {.uid = (uid && !uid_only_) || tells_uids(), .flags = with_flags});
        co_await stream_.drain();
    }
    selected_->reported(modseq, reported);
    take_in_own(change.step, changed, {});
}

}  // namespace imap
