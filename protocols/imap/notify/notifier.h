// What a client wants to hear of mailboxes that it has not selected, and what it knows of them: NOTIFY, RFC 5465 §3,
// §5, §6. Pure: it is given what can be seen now and says what is news. Asking the store and writing responses are
// changes/mailbox_news.h's; the selected mailbox's messages are selected_mailbox.h's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "protocols/base/slices.h"
#include "protocols/imap/mailbox/mailbox_filter.h"
#include "protocols/imap/mailbox/mailbox_list.h"
#include "protocols/imap/wire/command.h"
#include "storage/mailboxes.h"
#include "storage/messages.h"
#include "storage/metadata.h"

namespace imap {

// The events wanted for one mailbox.
struct WantedEvents {
    bool messages = false;  // new ones, and those that vanish
    bool flags = false;
    bool name = false;
    bool subscription = false;
    bool metadata = false;
    bool any() const { return messages || flags || name || subscription || metadata; }
};

// The event groups of NOTIFY SET, without that for the selected mailbox, prepared for fast look-ups. Immutable.
class EventGroups {
  public:
    EventGroups() = default;
    explicit EventGroups(const wire::Notify& command);
    // own: not another account's (RFC 5465 §6.2).
    WantedEvents wanted(const std::string& name, bool own, bool subscribed) const;
    bool server_metadata() const { return server_metadata_; }
    bool empty() const { return groups_.empty(); }
    std::size_t size() const { return groups_.size(); }
    std::size_t names() const;
    std::size_t octets() const;  // memory that it holds, about
    // The approximate cost of wanted() (base::Pace).
    std::size_t steps() const { return 20 * (1 + groups_.size()); }

  private:
    struct Group {
        MailboxFilter mailboxes;
        WantedEvents events;
    };
    std::vector<Group> groups_;
    bool server_metadata_ = false;
};

using Metadata = std::vector<storage::MetadataEntry>;

// What an account can see, at one moment.
struct AccountState {
    MailboxNames names;
    std::map<storage::MailboxId, Metadata> metadata;  // of mailboxes whose metadata is wanted
    Metadata server_metadata;
};
storage::Query<AccountState> read_account_state(storage::AccountId account, std::shared_ptr<const EventGroups> groups);

// One mailbox whose counters or metadata have changed; empty if it is gone or not accessible.
struct MailboxState {
    storage::MailboxId id;
    std::optional<storage::Mailbox> mailbox;  // with its owner's name for it
    Metadata metadata;
};
storage::Query<std::vector<MailboxState>> read_mailboxes(storage::AccountId account, std::set<storage::MailboxId> ids);

// News, to be reported in this order.
struct News {
    struct Name {
        std::string name;
        std::optional<std::string> old_name{};
        bool no_access = false;
    };
    struct Counters {
        storage::Mailbox mailbox;
        std::vector<wire::StatusItem> items;
    };
    struct Entries {
        std::string mailbox;  // empty: the server
        std::vector<std::string> names;
    };
    std::vector<Name> names;  // each once, except a new name that another mailbox had before
    std::vector<Counters> counters;
    std::vector<Entries> entries;

    void add(Name name) {
        places.try_emplace(name.name, names.size());
        names.push_back(std::move(name));
    }
    // The entry of this name; nullptr: none yet.
    Name* find(const std::string& name) {
        const auto found = places.find(name);
        return found == places.end() ? nullptr : &names[found->second];
    }

    std::unordered_map<std::string, std::size_t> places{};  // indexes into names
};

class Notifier {
  public:
    Notifier(storage::AccountId account, std::shared_ptr<const EventGroups> groups)
        : account_(account), groups_(std::move(groups)) {}

    struct Terms {
        bool condstore = false;                        // enabled by the client: report HIGHESTMODSEQ
        std::optional<storage::MailboxId> selected{};  // its messages are reported elsewhere
    };
    // At the beginning: the present state becomes known. News are inaccessible mailboxes and, if requested, counters.
    // In slices of a few milliseconds, like take_in; arguments passed by reference must outlive them.
    base::Slices begin(const AccountState& state, bool with_status, Terms terms, News& news);
    base::Slices take_in(const AccountState& state, Terms terms, News& news);
    // The same if only counters and metadata of these have changed; nullopt if the whole state is needed.
    std::optional<News> take_in(const std::vector<MailboxState>& mailboxes, const Terms& terms);

    // The client itself changes the mailbox of this name, or the server's metadata: not news.
    void note_own_change(std::string name) { own_changes_.insert(std::move(name)); }
    // The client itself has renamed this mailbox with its inferiors, whose subscriptions followed.
    void note_own_rename(std::string from, std::string to) {
        own_renames_.emplace_back(std::move(from), std::move(to));
    }
    void forget_own_changes() {
        own_changes_.clear();
        own_renames_.clear();
    }
    // The client itself has put messages into this mailbox, or emptied it: not news, unless others have changed it too.
    void note_own_change(storage::MailboxId mailbox, storage::ModSeqStep step);

    bool watches(storage::MailboxId mailbox) const { return known_.contains(mailbox); }
    std::size_t watched() const { return known_.size(); }
    // Memory that it holds, about.
    std::size_t octets() const;
    std::set<storage::AccountId> owners() const;  // of the watched mailboxes

  private:
    using Digest = std::map<std::string, std::size_t>;  // of metadata: a hash for each value
    struct Known {
        storage::Mailbox mailbox;
        WantedEvents wanted;
        Digest metadata;
    };
    bool is_own(const storage::Mailbox& mailbox) const { return mailbox.account == account_; }
    WantedEvents wanted(const storage::Mailbox& mailbox) const;
    bool is_own_change(const std::string& name) const;
    // The name after the client's own renamings; may be unchanged.
    std::string as_renamed(std::string name) const;
    bool has_renamed(const std::string& from, const std::string& to) const;
    bool lies_where_renamed(const std::string& name) const;  // whether the client's own renamings have led there
    bool is_own_change(const storage::Mailbox& before, const storage::Mailbox& now);
    void tell_name(News& news, const std::string& name) const;
    static void tell_access(News& news, const std::string& name, bool access);
    void tell_name_and_superior(News& news, const std::string& name, const AccountState& state) const;
    base::Slices drop_gone(const AccountState& state, News& news);
    base::Slices tell_renamed(const AccountState& state, News& news, std::set<std::string>& old_names);
    base::Slices compare_mailboxes(const AccountState& state, Terms terms, News& news);
    void meet(const storage::Mailbox& mailbox, const AccountState& state, const Terms& terms, News& news);
    void meet_from_inbox(const Known& known, const Terms& terms, News& news) const;
    void compare(Known& known, const storage::Mailbox& now, const Metadata& metadata, const Terms& terms, News& news);
    base::Slices compare_subscriptions(const AccountState& state, const std::set<std::string>& renamed, News& news);
    void compare_metadata(const std::string& name, Digest& known, const Metadata& now, News& news) const;
    static std::vector<wire::StatusItem> changed_items(const Known& known, const storage::Mailbox& now, bool condstore);

    storage::AccountId account_;
    std::shared_ptr<const EventGroups> groups_;
    std::map<storage::MailboxId, Known> known_;  // the watched ones
    std::set<storage::MailboxId> existing_;      // all
    std::set<std::string> subscriptions_;
    Digest server_metadata_;
    std::set<std::string> own_changes_;
    std::vector<std::pair<std::string, std::string>> own_renames_;  // from, to; in order
    std::map<storage::MailboxId, storage::ModSeqStep> own_steps_;   // of watched ones, since they were last compared
    base::Pace pace_;
    bool begun_ = false;
};

}  // namespace imap
