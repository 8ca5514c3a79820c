// NOTIFY. RFC 5465 §3.1, §5 (BADEVENT), §5.8 (NOTIFICATIONOVERFLOW).
// Takes effect as a whole or not at all. Changes are watched before what is there is read, so none is missed.
// What is told later, and when, is session/notify.cpp's.
#include "protocols/imap/notify/notification.h"
#include "protocols/imap/session/session.h"

namespace imap {

using asio::awaitable;
using storage::Result;

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
    News news;
    Sight sight;
    if (!next->groups->empty() && !too_many) {
        if (!signal_) signal_ = std::make_unique<net::Signal>(stream_.executor());
        watch_owners(*next);
        Result<Sight> seen = co_await services_.store.read(read_sight(account(), next->groups));
        if (!seen) {
            answer_no(seen.error());
            co_return;
        }
        sight = *std::move(seen);
        Notifier::Terms terms{.condstore = condstore_};
        if (selected_) terms.selected = selected_->id();
        news = next->notifier.begin(sight, command.status, terms);
    }
    if (too_many || next->notifier.watched() > options_.notify_mailboxes) {
        answer_no("Too many mailboxes to watch", "NOTIFICATIONOVERFLOW");
        co_return;
    }
    if (!next->groups->empty()) watch_owners(*next);
    if (tells_selected()) co_await sync(true);  // what has changed so far (RFC 5465 §3.1: an implied NOOP)
    notification_ = std::move(next);
    co_await tell(news, sight.names);
    answer_ok(command.none ? "Nothing is notified of" : "That is notified of");
}

}  // namespace imap
