// Decides what is news in watched mailboxes. RFC 5465 §5 (responses for each event), §5.9 (rights), §6 (filters). A
// mailbox is identified by its id, so a new name is a renaming. For a client without the right to read it has no
// counters.
#include "protocols/imap/notify/notifier.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "storage/normal_names.h"
#include "storage/rights.h"

namespace imap {

using storage::Mailbox;
using storage::MailboxId;
using wire::StatusItem;

namespace {

// Units of base::Pace.
constexpr std::size_t steps_of_a_look_up = 10;
constexpr std::size_t steps_of_a_mailbox = 100;

bool is_or_is_below(std::string_view name, std::string_view top) {
    return name.starts_with(top) && (name.size() == top.size() || name[top.size()] == storage::hierarchy_delimiter);
}

bool is_readable(const Mailbox& mailbox) { return (mailbox.rights & storage::right::read) != 0; }

bool is_listable(const Mailbox& mailbox) { return (mailbox.rights & storage::right::lookup) != 0; }

void add_new(std::vector<StatusItem>& items, std::initializer_list<StatusItem> more) {
    for (const StatusItem item : more) {
        if (std::ranges::find(items, item) == items.end()) items.push_back(item);
    }
}

std::map<std::string, std::size_t> digest(const Metadata& entries) {
    std::map<std::string, std::size_t> hashes;
    for (const storage::MetadataEntry& entry : entries) hashes[entry.name] = std::hash<std::string>()(entry.value);
    return hashes;
}

// Of a set or map: its node, a short value, what the allocator adds, and the name.
std::size_t octets_of_entry(std::string_view name) { return 96 + name.size(); }

const Metadata& metadata_of(const AccountState& state, MailboxId mailbox) {
    static const Metadata none;
    const auto found = state.metadata.find(mailbox);
    return found == state.metadata.end() ? none : found->second;
}

}  // namespace

EventGroups::EventGroups(const wire::Notify& command) {
    using Kind = wire::MailboxFilter::Kind;
    for (const wire::NotifyGroup& group : command.groups) {
        if (group.mailboxes.kind == Kind::selected || group.mailboxes.kind == Kind::selected_delayed) continue;
        const wire::NotifyEvents& events = group.events;
        server_metadata_ = server_metadata_ || events.server_metadata_change;
        groups_.push_back({.mailboxes = MailboxFilter(group.mailboxes),
                           .events = {.messages = events.message_new,
                                      .flags = events.flag_change,
                                      .name = events.mailbox_name,
                                      .subscription = events.subscription_change,
                                      .metadata = events.mailbox_metadata_change}});
    }
}

std::size_t EventGroups::names() const {
    std::size_t count = 0;
    for (const Group& group : groups_) count += group.mailboxes.names().size();
    return count;
}

std::size_t EventGroups::octets() const {
    std::size_t octets = sizeof(*this);
    for (const Group& group : groups_) {
        octets += sizeof(group);
        for (const std::string& name : group.mailboxes.names()) octets += octets_of_entry(name);
    }
    return octets;
}

WantedEvents EventGroups::wanted(const std::string& name, bool own, bool subscribed) const {
    WantedEvents all;
    for (const Group& group : groups_) {
        if (!group.mailboxes.fits(name, own, subscribed)) continue;
        all.messages = all.messages || group.events.messages;
        all.flags = all.flags || group.events.flags;
        all.name = all.name || group.events.name;
        all.subscription = all.subscription || group.events.subscription;
        all.metadata = all.metadata || group.events.metadata;
    }
    return all;
}

storage::Query<AccountState> read_account_state(storage::AccountId account, std::shared_ptr<const EventGroups> groups) {
    return [account, groups = std::move(groups)](storage::Snapshot& snapshot) -> storage::Result<AccountState> {
        storage::Result<MailboxNames> names = read_mailbox_names(account)(snapshot);
        if (!names) return std::unexpected(std::move(names.error()));
        AccountState state{.names = *std::move(names), .metadata = {}, .server_metadata = {}};
        for (const Mailbox& mailbox : state.names.mailboxes) {
            const bool own = mailbox.account == account;
            if (!groups->wanted(mailbox.name, own, mailbox.subscribed).metadata) continue;
            storage::Result<Metadata> entries = storage::list_metadata(account, mailbox.id)(snapshot);
            if (entries) state.metadata.emplace(mailbox.id, *std::move(entries));
        }
        if (groups->server_metadata()) {
            storage::Result<Metadata> entries = storage::list_metadata(account, {})(snapshot);
            if (entries) state.server_metadata = *std::move(entries);
        }
        return state;
    };
}

storage::Query<std::vector<MailboxState>> read_mailboxes(storage::AccountId account, std::set<MailboxId> ids) {
    return [account, ids = std::move(ids)](storage::Snapshot& snapshot) -> storage::Result<std::vector<MailboxState>> {
        std::vector<MailboxState> seen;
        for (const MailboxId id : ids) {
            MailboxState& one = seen.emplace_back(MailboxState{.id = id, .mailbox = {}, .metadata = {}});
            storage::Result<Mailbox> mailbox = storage::get_mailbox({id, account})(snapshot);
            if (!mailbox) continue;
            one.mailbox = *std::move(mailbox);
            storage::Result<Metadata> entries = storage::list_metadata(account, id)(snapshot);
            if (entries) one.metadata = *std::move(entries);
        }
        return seen;
    };
}

WantedEvents Notifier::wanted(const Mailbox& mailbox) const {
    return groups_->wanted(mailbox.name, is_own(mailbox), mailbox.subscribed);
}

// Superiors are created with a mailbox, so they have the same cause.
bool Notifier::is_own_change(const std::string& name) const {
    if (own_changes_.empty() || name.empty()) return own_changes_.contains(name);
    if (own_changes_.contains(name)) return true;
    const std::string inferiors = name + storage::hierarchy_delimiter;
    const auto below = own_changes_.lower_bound(inferiors);
    return below != own_changes_.end() && below->starts_with(inferiors);
}

std::string Notifier::as_renamed(std::string name) const {
    for (const auto& [from, to] : own_renames_) {
        if (is_or_is_below(name, from)) name.replace(0, from.size(), to);
    }
    return name;
}

bool Notifier::lies_where_renamed(const std::string& name) const {
    return std::ranges::any_of(own_renames_, [&](const auto& one) { return is_or_is_below(name, one.second); });
}

bool Notifier::has_renamed(const std::string& from, const std::string& to) const {
    return !own_renames_.empty() && from != to && as_renamed(from) == to;
}

void Notifier::note_own_change(MailboxId mailbox, storage::ModSeqStep step) {
    if (!watches(mailbox)) return;
    const auto [known, is_new] = own_steps_.try_emplace(mailbox, step);
    if (is_new) return;
    if (known->second.after != step.before) known->second.before = step.before;
    known->second.after = step.after;
}

// Every change raises HIGHESTMODSEQ: all changes are ours if our own steps lead from the known one to the present.
bool Notifier::is_own_change(const Mailbox& before, const Mailbox& now) {
    const auto step = own_steps_.find(now.id);
    if (step == own_steps_.end()) return false;
    const bool is_own = step->second.before == before.highest_modseq && step->second.after == now.highest_modseq;
    own_steps_.erase(step);
    return is_own;
}

void Notifier::tell_name(News& news, const std::string& name) const {
    if (!is_own_change(name) && news.find(name) == nullptr) news.add({.name = name});
}

void Notifier::tell_access(News& news, const std::string& name, bool access) {
    if (News::Name* const told = news.find(name)) {
        told->no_access = !access;
    } else {
        news.add({.name = name, .no_access = !access});
    }
}

// Creating or deleting a mailbox also affects its direct superior (RFC 5465 §5.4).
void Notifier::tell_name_and_superior(News& news, const std::string& name, const AccountState& state) const {
    if (is_own_change(name)) return;
    tell_name(news, name);
    const std::string superior = superior_of(name);
    if (superior.empty()) return;
    const bool subscribed = std::ranges::binary_search(state.names.subscriptions, superior);
    const bool own = !storage::is_in_other_users(superior);
    if (groups_->wanted(superior, own, subscribed).name) tell_name(news, superior);
}

std::size_t Notifier::octets() const {
    std::size_t octets = groups_->octets() + existing_.size() * octets_of_entry("");
    for (const std::string& name : subscriptions_) octets += octets_of_entry(name);
    for (const auto& [entry, hash] : server_metadata_) octets += octets_of_entry(entry);
    for (const auto& [id, known] : known_) {
        octets += octets_of_entry(known.mailbox.name) + sizeof(known);
        for (const auto& [entry, hash] : known.metadata) octets += octets_of_entry(entry);
    }
    return octets;
}

base::Slices Notifier::begin(const AccountState& state, bool with_status, Terms terms, News& news) {
    for (base::Slices part = take_in(state, terms, news); part.go_on();) co_yield base::pause;
    begun_ = true;
    if (!with_status) co_return;
    for (const auto& [id, known] : known_) {
        co_await pace_.step(steps_of_a_mailbox);
        if (!known.wanted.messages || !is_readable(known.mailbox) || terms.selected == id) continue;
        std::vector<StatusItem> items = {StatusItem::messages, StatusItem::uid_next, StatusItem::uid_validity};
        if (known.wanted.flags) items.push_back(StatusItem::unseen);
        if (known.wanted.flags || terms.condstore) items.push_back(StatusItem::highest_mod_seq);
        news.counters.push_back({known.mailbox, std::move(items)});
    }
}

base::Slices Notifier::take_in(const AccountState& state, Terms terms, News& news) {
    std::set<std::string> renamed;
    std::array stages{drop_gone(state, news), tell_renamed(state, news, renamed), compare_mailboxes(state, terms, news),
                      compare_subscriptions(state, renamed, news)};
    for (base::Slices& stage : stages) {
        while (stage.go_on()) co_yield base::pause;
    }
    if (groups_->server_metadata()) compare_metadata("", server_metadata_, state.server_metadata, news);
}

// Deleted or no longer accessible: the same for the client (RFC 5465 §5.4). A client that did not ask for names is told
// that it has no access any more (§5.9).
base::Slices Notifier::drop_gone(const AccountState& state, News& news) {
    std::unordered_set<MailboxId> present;
    for (const Mailbox& mailbox : state.names.mailboxes) {
        if (is_listable(mailbox)) present.insert(mailbox.id);
        co_await pace_.step(steps_of_a_look_up);
    }
    for (auto known = known_.begin(); known != known_.end();) {
        co_await pace_.step(steps_of_a_look_up);
        if (present.contains(known->first)) {
            ++known;
            continue;
        }
        const Mailbox& gone = known->second.mailbox;
        if (known->second.wanted.name) {
            tell_name_and_superior(news, gone.name, state);
            co_await pace_.step(groups_->steps());
        } else if (!is_own(gone)) {
            tell_access(news, gone.name, false);
        }
        own_steps_.erase(known->first);
        known = known_.erase(known);
    }
}

// Inferiors are renamed with their superior, and not reported (RFC 5465 §5.4). `old_names`: the former names.
base::Slices Notifier::tell_renamed(const AccountState& state, News& news, std::set<std::string>& old_names) {
    std::map<std::string, std::string> renamed;
    for (const Mailbox& mailbox : state.names.mailboxes) {
        co_await pace_.step(steps_of_a_look_up);
        const auto known = known_.find(mailbox.id);
        if (known == known_.end() || known->second.mailbox.name == mailbox.name) continue;
        co_await pace_.step(groups_->steps());
        if (known->second.wanted.name || wanted(mailbox).name)
            renamed.emplace(known->second.mailbox.name, mailbox.name);
    }
    const auto goes_along = [&](const std::string& from, const std::string& to) {
        for (std::string top = superior_of(from); !top.empty(); top = superior_of(top)) {
            const auto found = renamed.find(top);
            if (found != renamed.end() && to == found->second + from.substr(top.size())) return true;
        }
        return false;
    };
    for (const auto& [from, to] : renamed) {
        co_await pace_.step(steps_of_a_mailbox);
        old_names.insert(old_names.end(), from);
        if (!goes_along(from, to) && !is_own_change(to) && !has_renamed(from, to)) {
            news.add({.name = to, .old_name = from});
        }
    }
}

base::Slices Notifier::compare_mailboxes(const AccountState& state, Terms terms, News& news) {
    for (const Mailbox& mailbox : state.names.mailboxes) {
        co_await pace_.step(steps_of_a_mailbox + groups_->steps());
        const auto known = known_.find(mailbox.id);
        if (known == known_.end()) {
            if (is_listable(mailbox)) meet(mailbox, state, terms, news);
            continue;
        }
        compare(known->second, mailbox, metadata_of(state, mailbox.id), terms, news);
        if (!known->second.wanted.any()) known_.erase(known);
    }
    existing_.clear();
    for (const Mailbox& mailbox : state.names.mailboxes) {
        existing_.insert(mailbox.id);
        co_await pace_.step(steps_of_a_look_up);
    }
}

// A mailbox that was not watched so far: it is new, or now matches the filter.
void Notifier::meet(const Mailbox& mailbox, const AccountState& state, const Terms& terms, News& news) {
    Known known{.mailbox = mailbox, .wanted = wanted(mailbox), .metadata = digest(metadata_of(state, mailbox.id))};
    if (!known.wanted.any()) return;
    if (begun_ && !existing_.contains(mailbox.id)) {
        if (mailbox.from_inbox && is_own(mailbox) && !is_own_change(mailbox.name)) {
            meet_from_inbox(known, terms, news);
        } else if (known.wanted.name) {
            tell_name_and_superior(news, mailbox.name, state);
        }
    } else if (begun_ && known.wanted.subscription && mailbox.subscribed && !lies_where_renamed(mailbox.name)) {
        tell_name(news, mailbox.name);
    }
    const bool readable_wanted = known.wanted.messages || known.wanted.flags;
    if (readable_wanted && !is_readable(mailbox)) tell_access(news, mailbox.name, false);
    known_.emplace(mailbox.id, std::move(known));
}

// RENAME of INBOX is no event of INBOX's name (RFC 5465 §5.4); INBOX still exists, without its messages.
void Notifier::meet_from_inbox(const Known& known, const Terms& terms, News& news) const {
    const Mailbox& mailbox = known.mailbox;
    if (known.wanted.name) news.add({.name = mailbox.name, .old_name = "INBOX"});
    if (!known.wanted.messages || !is_readable(mailbox) || mailbox.messages == 0) return;
    std::vector<StatusItem> items = {StatusItem::messages, StatusItem::uid_next, StatusItem::uid_validity};
    if (terms.condstore) items.push_back(StatusItem::highest_mod_seq);
    news.counters.push_back({mailbox, std::move(items)});
}

void Notifier::compare(Known& known, const Mailbox& now, const Metadata& metadata, const Terms& terms, News& news) {
    const WantedEvents before = std::exchange(known.wanted, wanted(now));
    const bool subscribed_otherwise =
        known.mailbox.subscribed != now.subscribed && (before.subscription || known.wanted.subscription);
    // A subscription with a new name; with MailboxName, OLDNAME says so.
    const bool renamed = known.mailbox.name != now.name && now.subscribed && known.wanted.subscription &&
                         !known.wanted.name && !has_renamed(known.mailbox.name, now.name);
    if (subscribed_otherwise || renamed) tell_name(news, now.name);
    const bool readable_wanted = known.wanted.messages || known.wanted.flags;
    if (readable_wanted && is_readable(known.mailbox) != is_readable(now)) {
        tell_access(news, now.name, is_readable(now));
    }
    const bool is_ours = is_own_change(known.mailbox, now);
    if (is_readable(now) && terms.selected != now.id && !is_ours) {
        std::vector<StatusItem> items = changed_items(known, now, terms.condstore);
        if (!items.empty()) news.counters.push_back({now, std::move(items)});
    }
    if (known.wanted.metadata) compare_metadata(now.name, known.metadata, metadata, news);
    known.mailbox = now;
}

// RFC 5465 §5.1 to §5.3.
std::vector<StatusItem> Notifier::changed_items(const Known& known, const Mailbox& now, bool condstore) {
    const Mailbox& before = known.mailbox;
    const bool unseen = before.unseen != now.unseen;
    const bool renewed = before.uid_validity != now.uid_validity;
    std::vector<StatusItem> items;
    if (known.wanted.messages && (before.messages != now.messages || before.uid_next != now.uid_next)) {
        add_new(items, {StatusItem::messages, StatusItem::uid_next});
    }
    if (known.wanted.messages && renewed) add_new(items, {StatusItem::uid_validity});
    if (known.wanted.flags && unseen) add_new(items, {StatusItem::uid_validity, StatusItem::unseen});
    if (known.wanted.flags && condstore && before.highest_modseq != now.highest_modseq) {
        add_new(items, {StatusItem::uid_validity});
    }
    if (condstore && !items.empty()) add_new(items, {StatusItem::highest_mod_seq});
    return items;
}

// Subscribed names without a mailbox are handled here. If a mailbox was renamed, its subscription followed, as OLDNAME
// says.
base::Slices Notifier::compare_subscriptions(const AccountState& state, const std::set<std::string>& renamed,
                                             News& news) {
    std::unordered_set<std::string_view> present;
    for (const Mailbox& mailbox : state.names.mailboxes) {
        present.insert(mailbox.name);
        co_await pace_.step(steps_of_a_look_up);
    }
    std::set<std::string> expected;
    for (const std::string& name : subscriptions_) {
        const std::string renamed_to = as_renamed(name);
        expected.insert(present.contains(renamed_to) ? renamed_to : name);  // names without a mailbox do not follow
        co_await pace_.step(steps_of_a_look_up);
    }
    std::set<std::string> now;
    for (const std::string& name : state.names.subscriptions) {
        now.insert(now.end(), name);
        co_await pace_.step(steps_of_a_look_up);
    }
    std::vector<std::string> changed;
    std::ranges::set_symmetric_difference(expected, now, std::back_inserter(changed));
    subscriptions_ = std::move(now);
    if (!begun_) co_return;
    for (const std::string& name : changed) {
        co_await pace_.step(groups_->steps());
        if (renamed.contains(name)) continue;
        const bool own = !storage::is_in_other_users(name);
        if (!present.contains(name) && groups_->wanted(name, own, true).subscription) tell_name(news, name);
    }
}

void Notifier::compare_metadata(const std::string& name, Digest& known, const Metadata& now, News& news) const {
    Digest present = digest(now);
    std::vector<std::pair<std::string, std::size_t>> changed;
    std::ranges::set_symmetric_difference(known, present, std::back_inserter(changed));
    known = std::move(present);
    if (!begun_ || changed.empty() || own_changes_.contains(name)) return;
    News::Entries entries{.mailbox = name, .names = {}};
    for (auto& [entry, hash] : changed) {
        if (entries.names.empty() || entries.names.back() != entry) entries.names.push_back(std::move(entry));
    }
    news.entries.push_back(std::move(entries));
}

std::optional<News> Notifier::take_in(const std::vector<MailboxState>& mailboxes, const Terms& terms) {
    // Before any is compared: what is compared counts as told, so a return after it would lose its news.
    for (const MailboxState& seen : mailboxes) {
        const auto known = known_.find(seen.id);
        if (known == known_.end()) continue;
        if (!seen.mailbox || seen.mailbox->rights != known->second.mailbox.rights) return std::nullopt;
    }
    News news;
    for (const MailboxState& seen : mailboxes) {
        const auto known = known_.find(seen.id);
        if (known == known_.end()) continue;
        Mailbox now = *seen.mailbox;
        now.name = known->second.mailbox.name;
        now.subscribed = known->second.mailbox.subscribed;
        now.special_use = known->second.mailbox.special_use;
        compare(known->second, now, seen.metadata, terms, news);
    }
    return news;
}

std::set<storage::AccountId> Notifier::owners() const {
    std::set<storage::AccountId> owners;
    for (const auto& [id, known] : known_) owners.insert(known.mailbox.account);
    return owners;
}

}  // namespace imap
