// What NOTIFY lets a client hear without asking. RFC 5465 §3.1, §4 (in IDLE the same), §5, §5.8.
// A mailbox's change is read by itself; a change of the list of mailboxes, of rights or subscriptions is found by
// looking at all of it. What cannot be told any more ends in NOTIFICATIONOVERFLOW.
#include <algorithm>
#include <exception>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "protocols/imap/fetch/fetcher.h"
#include "protocols/imap/notify/name_listing.h"
#include "protocols/imap/notify/notification.h"
#include "protocols/imap/session/session.h"
#include "protocols/net/worker_pool.h"
#include "protocols/services/session_end.h"
#include "storage/normal_names.h"
#include "storage/store.h"

namespace imap {

using asio::awaitable;
using storage::Result;

bool Session::listens() const {
    if (idle_tag_) return true;
    return notification_ && (notification_->selected.message_new || !notification_->groups->empty());
}

bool Session::has_news() const { return listens() && notification_ && !notification_->announced->empty(); }

bool Session::tells_selected() const { return !notification_ || notification_->selected.message_new; }

awaitable<void> Session::push() {
    signal_->clear();
    const bool delayed = notification_ && notification_->delayed && !idle_tag_;
    co_await catch_up(!delayed);
}

// Also of accounts whose mailboxes have come to be watched.
void Session::watch_owners(Notification& notification) {
    std::set<storage::AccountId> owners = notification.notifier.owners();
    owners.insert(account());
    for (const storage::AccountId owner : owners) {
        if (notification.subscriptions.contains(owner)) continue;
        notification.subscriptions[owner] = services_.store.subscribe(
            owner, [announced = notification.announced, notify = signal_->notifier()](const storage::Change& change) {
                announced->note(change.mailbox);
                notify();
            });
    }
}

void Session::caused(const std::string& name) {
    if (notification_) notification_->notifier.caused(storage::normal_mailbox_name(name));
}

void Session::caused_renaming(const std::string& from, const std::string& to) {
    std::string old_name = storage::normal_mailbox_name(from);
    if (!notification_ || old_name == "INBOX") return;  // INBOX stays, and so do its inferiors (RFC 9051 §6.3.6)
    notification_->notifier.caused_renaming(std::move(old_name), storage::normal_mailbox_name(to));
}

void Session::caused(storage::MailboxId mailbox, const storage::UidSet& uids, storage::ModSeqStep step) {
    if (notification_) notification_->notifier.caused(mailbox, step);
    if (!selected_ || selected_->id() != mailbox) return;
    own_.merge(uids);
}

awaitable<void> Session::tell_news() {
    if (!notification_ || notification_->groups->empty()) co_return;
    std::string fault;
    try {
        co_await look_for_news();
    } catch (const std::exception& error) {
        if (services::ends_session(error)) throw;
        fault = error.what();
    }
    if (fault.empty()) co_return;
    log_.error("fault", {{"during", "notify"}, {"reason", fault}});
    overflow_notifications();
}

awaitable<void> Session::look_for_news() {
    const std::shared_ptr<Notification> notification = notification_;
    Notifier& notifier = notification->notifier;
    Announcements::Taken changed = notification->announced->take();
    std::erase_if(changed.mailboxes, [&](storage::MailboxId id) { return !notifier.watches(id); });
    Notifier::Terms terms{.condstore = condstore_};
    if (selected_) terms.selected = selected_->id();

    if (!changed.everything && !changed.mailboxes.empty()) {
        const Result<std::vector<MailboxState>> seen =
            co_await services_.store.read(read_mailboxes(account(), std::move(changed.mailboxes)));
        std::optional<News> news = seen ? notifier.take_in(*seen, terms) : std::nullopt;
        if (news) co_await tell(std::make_shared<const News>(*std::move(news)), nullptr);
        changed.everything = !news;
    }
    if (changed.everything) {
        Result<AccountState> seen = co_await services_.store.read(read_account_state(account(), notification->groups));
        if (!seen) co_return overflow_notifications();
        const auto state = std::make_shared<const AccountState>(*std::move(seen));
        const auto news = std::make_shared<News>();
        // All that it uses goes along, should nobody wait for it any more.
        net::WorkerPool::Slice slice = [notification, state, news,
                                        work = notifier.take_in(*state, terms, *news)]() mutable {
            return work.go_on();
        };
        co_await services_.compute.complete(std::move(slice));
        if (notifier.watched() > options_.notify_mailboxes) co_return overflow_notifications();
        watch_owners(*notification);
        co_await tell(news, state);
    }
    notifier.forget_caused();
}

// From here on as after NOTIFY NONE (RFC 5465 §5.8).
void Session::overflow_notifications() {
    notification_ =
        std::make_shared<Notification>(account(), wire::Notify{.none = true, .status = false, .groups = {}});
    say().status("*", wire::Condition::ok, "NOTIFICATIONOVERFLOW", "More has changed than can be told");
}

// `state`: what it is news of; null where there are no names among it.
awaitable<void> Session::tell(std::shared_ptr<const News> news, std::shared_ptr<const AccountState> state) {
    if (!news->names.empty()) co_await tell_names(news, std::move(state));
    for (const News::Counters& counters : news->counters) co_await tell_status(counters.mailbox, counters.items);
    for (const News::Entries& entries : news->entries) {
        say().metadata_changed(entries.mailbox, entries.names);
        co_await stream_.drain();
    }
}

awaitable<void> Session::tell_names(std::shared_ptr<const News> news, std::shared_ptr<const AccountState> state) {
    const auto listed = std::make_shared<std::vector<ListedName>>();
    // All that it uses goes along, should nobody wait for it any more.
    net::WorkerPool::Slice slice = [news, state, listed, work = list_names(*news, state->names, *listed)]() mutable {
        return work.go_on();
    };
    co_await services_.compute.complete(std::move(slice));
    for (const ListedName& one : *listed) {
        say().list({.attributes = one.attributes, .mailbox = one.name, .old_name = one.old_name});
        co_await stream_.drain();
    }
}

namespace {

void add_new(std::vector<wire::FetchItem>& items, const std::vector<wire::FetchItem>& more) {
    for (const wire::FetchItem& item : more) {
        if (std::ranges::find(items, item) == items.end()) items.push_back(item);
    }
}

}  // namespace

// One FETCH response for each of them, whoever wants it (RFC 5465 §5.2), and none of those that this client has brought
// itself (§1, §5.2). They come behind EXISTS and before ADDTO, as §7 has it; §5.2 would have them behind ADDTO.
awaitable<void> Session::tell_arrivals(const std::vector<ContextChange>& changes) {
    const storage::UidSet own = std::exchange(own_, {});
    const storage::UidSet arrived = std::exchange(arrived_, {});
    const auto wants_some = [](const UpdateContext& context) { return !context.fetch_atts().empty(); };
    const bool notified = notification_ && !notification_->selected.fetch_atts.empty();
    if (!notified && std::ranges::none_of(contexts_, wants_some)) co_return;
    std::map<std::vector<bool>, storage::UidSet> by_contexts;  // which of these hold them now and want something
    for (const auto& [first, last] : arrived.ranges()) {
        for (std::uint64_t value = first.value; value <= last.value; ++value) {
            const storage::Uid uid{static_cast<std::uint32_t>(value)};
            if (own.contains(uid)) continue;
            std::vector<bool> holding(contexts_.size());
            for (std::size_t i = 0; i < contexts_.size(); ++i) {
                holding[i] = !contexts_[i].fetch_atts().empty() && changes[i].added.contains(uid);
            }
            by_contexts[std::move(holding)].insert(uid);
        }
    }
    for (auto& [holding, uids] : by_contexts) {
        std::vector<wire::FetchItem> items;
        if (notification_) items = notification_->selected.fetch_atts;
        for (std::size_t i = 0; i < contexts_.size(); ++i) {
            if (holding[i]) add_new(items, contexts_[i].fetch_atts());
        }
        if (!items.empty()) co_await tell_arrivals(std::move(uids), std::move(items));
    }
}

awaitable<void> Session::tell_arrivals(storage::UidSet uids, std::vector<wire::FetchItem> items) {
    wire::Fetch fetch;
    fetch.uid = tells_uids();
    fetch.items = std::move(items);
    const auto is_modseq = [](const wire::FetchItem& item) { return item.kind == wire::FetchItem::Kind::mod_seq; };
    if (condstore_ && std::ranges::none_of(fetch.items, is_modseq)) {
        fetch.items.push_back({.kind = wire::FetchItem::Kind::mod_seq});
    }
    std::string fault;
    try {
        Fetcher fetcher(*this, fetch);
        co_await fetcher.run(std::move(uids));
    } catch (const std::exception& error) {
        if (services::ends_session(error) || literal_open_) throw;
        fault = error.what();
    }
    if (!fault.empty()) log_.error("fault", {{"during", "notify"}, {"reason", fault}});
}

}  // namespace imap
