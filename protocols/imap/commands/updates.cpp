// Asking for what has changed: NOOP, CHECK, IDLE, NOTIFY.
#include "protocols/imap/notify/notification.h"
#include "protocols/imap/session/session.h"
#include "protocols/net/worker_pool.h"
#include "storage/store.h"

namespace imap {

using asio::awaitable;
using storage::Result;

// NOOP. RFC 3501 §6.1.2.
// Its use is what every command does at its end: telling what has changed (session/sync.cpp).
// No STATUS is sent here: Thunderbird cannot bear it (CLIENTS.md 6).
asio::awaitable<void> Session::run(wire::Noop /*command*/) {
    answer_ok("Nothing done");
    co_return;
}

// CHECK. RFC 3501 §6.4.1.
// Every answer is given after its commit, so there is nothing left to do.
// What has changed is told as after every command.
asio::awaitable<void> Session::run(wire::Check /*command*/) {
    answer_ok("All is in order");
    co_return;
}

// IDLE. RFC 2177.
// Only begins it: waiting, telling and DONE are the loop's (session.cpp), so that an idle session is a shallow one.
// Allowed without a mailbox too: then nothing is told. What has changed already goes out in one piece with the
// continuation: Thunderbird leaves a piece right behind it unread, where COMPRESS has brought both at once, until it
// has something to say itself.
asio::awaitable<void> Session::run(wire::Idle /*command*/) {
    say().continuation("idling");
    co_await catch_up(true);
    idle_tag_ = tag_;
    pushed_at_ = std::chrono::steady_clock::now();
}

// NOTIFY. RFC 5465 §3.1, §5 (BADEVENT), §5.8 (NOTIFICATIONOVERFLOW).
// Takes effect as a whole or not at all. Changes are watched before what is there is read, so none is missed.
// What is told later, and when, is session/notify.cpp's.

namespace {

constexpr std::string_view supported_events =
    "BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange"
    " ServerMetadataChange)";

}  // namespace

awaitable<void> Session::run(wire::Notify command) {
    for (const wire::NotifyGroup& group : command.groups) {
        if (!group.events.unsupported) continue;
        answer_no("There are no such events here", supported_events);
        co_return;
    }
    auto next = std::make_shared<Notification>(account(), command);
    const bool too_many =
        next->groups->size() > options_.notify_groups || next->groups->names() > options_.notify_mailboxes;
    const auto news = std::make_shared<News>();
    std::shared_ptr<const AccountState> state;
    if (!next->groups->empty() && !too_many) {
        if (!signal_) signal_ = std::make_unique<net::Signal>(stream_.executor());
        watch_owners(*next);
        Result<AccountState> seen = co_await services_.store.read(read_account_state(account(), next->groups));
        if (!seen) {
            answer_no(seen.error());
            co_return;
        }
        state = std::make_shared<const AccountState>(*std::move(seen));
        Notifier::Terms terms{.condstore = condstore_};
        if (selected_) terms.selected = selected_->id();
        // All that it uses goes along, should nobody wait for it any more.
        net::WorkerPool::Slice slice = [next, state, news,
                                        work = next->notifier.begin(*state, command.status, terms, *news)]() mutable {
            return work.go_on();
        };
        co_await services_.compute.complete(std::move(slice));
    }
    if (too_many || next->notifier.watched() > options_.notify_mailboxes) {
        answer_no("Too many mailboxes to watch", "NOTIFICATIONOVERFLOW");
        co_return;
    }
    if (!next->groups->empty()) watch_owners(*next);
    if (tells_selected()) co_await sync(true);  // what has changed so far (RFC 5465 §3.1: an implied NOOP)
    notification_ = std::move(next);
    co_await tell(news, state);
    answer_ok(command.none ? "Nothing is notified of" : "That is notified of");
}

}  // namespace imap
