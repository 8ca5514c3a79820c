// Runs NOTIFY. RFC 5465 §3.1, §4 (the same in IDLE), §5, §5.8. The change of one mailbox is read alone; changes of the
// list of mailboxes, of rights or subscriptions are found by reading all of it. If reporting becomes impossible,
// NOTIFICATIONOVERFLOW ends it.
#include "protocols/imap/changes/mailbox_news.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <set>
#include <utility>

#include "protocols/imap/connection/answers.h"
#include "protocols/imap/connection/enabled.h"
#include "protocols/imap/connection/login.h"
#include "protocols/imap/connection/waiting.h"
#include "protocols/imap/notify/name_listing.h"
#include "protocols/imap/notify/notification.h"
#include "protocols/imap/options.h"
#include "protocols/imap/selection/mailbox_status.h"
#include "protocols/imap/selection/selection.h"
#include "protocols/net/stream.h"
#include "protocols/net/worker_pool.h"
#include "protocols/services/event_log.h"
#include "protocols/services/session_end.h"
#include "storage/normal_names.h"
#include "storage/store_await.h"

namespace imap {

using asio::awaitable;
using storage::Result;

namespace {

Notifier::Terms terms_of(const Enabled& enabled, const Selection& selection) {
    Notifier::Terms terms{.condstore = enabled.condstore};
    if (selection) terms.selected = selection->id();
    return terms;
}

}  // namespace

bool MailboxNews::listens() const {
    return notification_ && (notification_->selected.message_new || !notification_->groups->empty());
}

bool MailboxNews::waits() const { return notification_ && !notification_->announced->empty(); }

bool MailboxNews::tells_selected() const { return !notification_ || notification_->selected.message_new; }

bool MailboxNews::tells_flags() const { return !notification_ || notification_->selected.flag_change; }

bool MailboxNews::delays_expunges() const { return notification_ && notification_->delayed; }

const std::vector<wire::FetchItem>& MailboxNews::fetch_atts() const {
    static const std::vector<wire::FetchItem> none;
    return notification_ ? notification_->selected.fetch_atts : none;
}

// Watching begins before the present state is read, so that no change is missed.
awaitable<Result<MailboxNews::Prepared>> MailboxNews::prepare(const wire::Notify& command) {
    const Options& options = connection_.options;
    const storage::AccountId account = connection_.login.account();
    Prepared next{.notification = std::make_shared<Notification>(account, command, connection_.stream.allowance()),
                  .state = nullptr,
                  .news = std::make_shared<News>()};
    const std::shared_ptr<const EventGroups> groups = next.notification->groups;
    const auto too_many = [] { return storage::refuse(storage::Reason::too_many, "Too many mailboxes to watch"); };
    if (groups->size() > options.notify_groups || groups->names() > options.notify_mailboxes) co_return too_many();
    if (groups->empty()) co_return next;
    watch_owners(*next.notification);
    Result<AccountState> seen = co_await connection_.services.store.read(read_account_state(account, groups));
    if (!seen) co_return std::unexpected(std::move(seen.error()));
    next.state = std::make_shared<const AccountState>(*std::move(seen));
    Notifier& notifier = next.notification->notifier;
    const Notifier::Terms terms = terms_of(connection_.enabled, selection_);
    // The slice owns all it uses, in case the caller is destroyed meanwhile.
    net::WorkerPool::Slice slice = [next, work = notifier.begin(*next.state, command.status, terms,
                                                                *next.news)]() mutable { return work.go_on(); };
    co_await connection_.services.compute.complete(party_of(connection_.login.account()), std::move(slice));
    if (notifier.watched() > options.notify_mailboxes) co_return too_many();
    if (!next.notification->memory.set(notifier.octets())) co_return too_many();
    watch_owners(*next.notification);
    co_return next;
}

awaitable<void> MailboxNews::begin(Prepared prepared) {
    notification_ = std::move(prepared.notification);
    connection_.enabled.notify = true;
    co_await report(std::move(prepared.news), std::move(prepared.state));
}

// Also of accounts whose mailboxes are watched only now.
void MailboxNews::watch_owners(Notification& notification) {
    std::set<storage::AccountId> owners = notification.notifier.owners();
    owners.insert(connection_.login.account());
    for (const storage::AccountId owner : owners) {
        if (notification.subscriptions.contains(owner)) continue;
        notification.subscriptions[owner] = connection_.services.store.subscribe(
            owner, [announced = notification.announced,
                    notify = connection_.waiting.notifier(connection_.stream)](const storage::Change& change) {
                announced->note(change.mailbox);
                notify();
            });
    }
}

void MailboxNews::note_own_change(const std::string& name) {
    if (notification_) notification_->notifier.note_own_change(storage::normal_mailbox_name(name));
}

void MailboxNews::note_own_rename(const std::string& from, const std::string& to) {
    std::string old_name = storage::normal_mailbox_name(from);
    if (!notification_ || old_name == "INBOX") return;  // INBOX stays, and so do its inferiors (RFC 9051 §6.3.6)
    notification_->notifier.note_own_rename(std::move(old_name), storage::normal_mailbox_name(to));
}

void MailboxNews::note_own_change(storage::MailboxId mailbox, storage::ModSeqStep step) {
    if (notification_) notification_->notifier.note_own_change(mailbox, step);
}

awaitable<void> MailboxNews::tell() {
    if (!notification_ || notification_->groups->empty()) co_return;
    std::string fault;
    try {
        co_await look();
    } catch (const std::exception& error) {
        if (services::ends_session(error)) throw;
        fault = error.what();
    }
    if (fault.empty()) co_return;
    connection_.log.error("fault", {{"during", "notify"}, {"reason", fault}});
    overflow();
}

awaitable<void> MailboxNews::look() {
    const Services& services = connection_.services;
    const storage::AccountId account = connection_.login.account();
    const std::shared_ptr<Notification> notification = notification_;
    Notifier& notifier = notification->notifier;
    Announcements::Taken changed = notification->announced->take();
    std::erase_if(changed.mailboxes, [&](storage::MailboxId id) { return !notifier.watches(id); });
    const Notifier::Terms terms = terms_of(connection_.enabled, selection_);

    if (!changed.everything && !changed.mailboxes.empty()) {
        const Result<std::vector<MailboxState>> seen =
            co_await services.store.read(read_mailboxes(account, std::move(changed.mailboxes)));
        std::optional<News> news = seen ? notifier.take_in(*seen, terms) : std::nullopt;
        changed.everything = !news;
        if (news) co_await report(std::make_shared<const News>(*std::move(news)), nullptr);
    }
    if (changed.everything) {
        Result<AccountState> seen = co_await services.store.read(read_account_state(account, notification->groups));
        if (!seen) co_return overflow();
        const auto state = std::make_shared<const AccountState>(*std::move(seen));
        const auto news = std::make_shared<News>();
        // The slice owns all it uses, in case the caller is destroyed meanwhile.
        net::WorkerPool::Slice slice = [notification, state, news,
                                        work = notifier.take_in(*state, terms, *news)]() mutable {
            return work.go_on();
        };
        co_await services.compute.complete(party_of(account), std::move(slice));
        const bool fits = notification->memory.set(notifier.octets());
        if (!fits || notifier.watched() > connection_.options.notify_mailboxes) co_return overflow();
        watch_owners(*notification);
        co_await report(news, state);
    }
    notifier.forget_own_changes();
}

// Continues as after NOTIFY NONE (RFC 5465 §5.8).
void MailboxNews::overflow() {
    notification_ = std::make_shared<Notification>(connection_.login.account(),
                                                   wire::Notify{.none = true, .status = false, .groups = {}});
    connection_.answers.say().status("*", wire::Condition::ok, "NOTIFICATIONOVERFLOW",
                                     "More has changed than can be told");
}

// `state`: the one that the news is about; nullptr if it contains no names.
awaitable<void> MailboxNews::report(std::shared_ptr<const News> news, std::shared_ptr<const AccountState> state) {
    if (!news->names.empty()) co_await report_names(news, std::move(state));
    for (const News::Counters& counters : news->counters) {
        co_await tell_status(connection_, selection_, counters.mailbox, counters.items);
    }
    for (const News::Entries& entries : news->entries) {
        connection_.answers.say().metadata_changed(entries.mailbox, entries.names);
        co_await connection_.stream.drain();
    }
}

awaitable<void> MailboxNews::report_names(std::shared_ptr<const News> news, std::shared_ptr<const AccountState> state) {
    const auto listed = std::make_shared<std::vector<ListedName>>();
    // The slice owns all it uses, in case the caller is destroyed meanwhile.
    net::WorkerPool::Slice slice = [news, state, listed, work = list_names(*news, state->names, *listed)]() mutable {
        return work.go_on();
    };
    co_await connection_.services.compute.complete(party_of(connection_.login.account()), std::move(slice));
    for (const ListedName& one : *listed) {
        connection_.answers.say().list({.attributes = one.attributes, .mailbox = one.name, .old_name = one.old_name});
        co_await connection_.stream.drain();
    }
}

}  // namespace imap
