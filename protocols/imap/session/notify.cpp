// What NOTIFY lets a client hear without asking. RFC 5465 §3.1, §4 (in IDLE the same), §5, §5.8.
// A mailbox's change is read by itself; a change of the list of mailboxes, of rights or subscriptions is found by
// looking at all of it. What cannot be told any more ends in NOTIFICATIONOVERFLOW.
#include <algorithm>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "protocols/imap/fetch/fetcher.h"
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
        const std::optional<News> news = seen ? notifier.take_in(*seen, terms) : std::nullopt;
        if (news) co_await tell(*news, nullptr);
        changed.everything = !news;
    }
    if (changed.everything) {
        Result<AccountState> seen = co_await services_.store.read(read_account_state(account(), notification->groups));
        if (!seen) co_return overflow_notifications();
        const auto state = std::make_shared<const AccountState>(*std::move(seen));
        const auto news = std::make_shared<News>();
        net::WorkerPool::Slice slice = [=] {
            *news = notification->notifier.take_in(*state, terms);
            return false;
        };
        co_await services_.compute.complete(std::move(slice));
        if (notifier.watched() > options_.notify_mailboxes) co_return overflow_notifications();
        watch_owners(*notification);
        co_await tell(*news, state);
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
awaitable<void> Session::tell(const News& news, std::shared_ptr<const AccountState> state) {
    if (!news.names.empty()) co_await tell_names(news, std::move(state));
    for (const News::Counters& counters : news.counters) co_await tell_status(counters.mailbox, counters.items);
    for (const News::Entries& entries : news.entries) {
        say().metadata_changed(entries.mailbox, entries.names);
        co_await stream_.drain();
    }
}

// LIST, with all attributes as they are now. RFC 5465 §5.4, §5.5.
awaitable<void> Session::tell_names(const News& news, std::shared_ptr<const AccountState> state) {
    wire::List command;
    command.extended = true;
    command.returns.subscribed = true;
    for (const News::Name& one : news.names) command.patterns.push_back(one.name);
    const std::shared_ptr<const MailboxNames> names(state, &state->names);
    const std::vector<Listed> listed = co_await choose(std::make_shared<MailboxLister>(std::move(command), names));
    std::map<std::string_view, const Listed*> by_name;
    for (const Listed& one : listed) by_name.emplace(one.name, &one);
    std::set<std::string_view> present;
    for (const storage::Mailbox& mailbox : names->mailboxes) present.insert(mailbox.name);
    const std::set<std::string_view> subscribed(names->subscriptions.begin(), names->subscriptions.end());
    for (const News::Name& one : news.names) {
        std::vector<std::string_view> attributes;
        const auto found = by_name.find(one.name);
        if (found != by_name.end()) {
            attributes = found->second->attributes;
        } else {
            if (!one.no_access) attributes.emplace_back("\\NonExistent");
            const std::string inferiors = one.name + storage::hierarchy_delimiter;
            const auto below = present.lower_bound(inferiors);
            if (below != present.end() && below->starts_with(inferiors)) attributes.emplace_back("\\HasChildren");
            if (subscribed.contains(one.name)) attributes.emplace_back("\\Subscribed");
        }
        if (one.no_access) attributes.emplace_back("\\NoAccess");
        std::optional<std::string_view> old_name;
        if (one.old_name) old_name = *one.old_name;
        say().list({.attributes = attributes, .mailbox = one.name, .old_name = old_name});
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
