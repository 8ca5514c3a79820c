// NOTIFY as a session holds it: what was asked for, and what the store has announced since. RFC 5465.
// For changes/mailbox_news.h; what is news is notifier.h's to say.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "protocols/imap/notify/notifier.h"
#include "protocols/imap/wire/command.h"
#include "protocols/locking/mutex.h"
#include "protocols/net/allowance.h"
#include "storage/store.h"
#include "storage/types.h"

namespace imap {

// Mailboxes that have changed; filled on the writer's thread, taken by the session.
class Announcements {
  public:
    struct Taken {
        bool everything = false;  // the list of mailboxes changed, or too many mailboxes to name
        std::set<storage::MailboxId> mailboxes;
        bool empty() const { return !everything && mailboxes.empty(); }
    };
    void note(storage::MailboxId mailbox) {
        const locking::Lock lock(mutex_);
        if (mailbox.value == 0 || noted_.mailboxes.size() == most_named) noted_.everything = true;
        if (!noted_.everything) noted_.mailboxes.insert(mailbox);
    }
    Taken take() {
        const locking::Lock lock(mutex_);
        return std::exchange(noted_, {});
    }
    bool empty() const {
        const locking::Lock lock(mutex_);
        return noted_.empty();
    }

  private:
    static constexpr std::size_t most_named = 100;
    mutable locking::Mutex mutex_;
    Taken noted_ GUARDED_BY(mutex_);
};

struct Notification {
    Notification(storage::AccountId account, const wire::Notify& command,
                 std::shared_ptr<net::Allowance> allowance = nullptr)
        : groups(std::make_shared<const EventGroups>(command)),
          notifier(account, groups),
          memory(net::Resource::memory, std::move(allowance)) {
        for (const wire::NotifyGroup& group : command.groups) {
            using Kind = wire::MailboxFilter::Kind;
            const bool is_selected = group.mailboxes.kind == Kind::selected;
            if (!is_selected && group.mailboxes.kind != Kind::selected_delayed) continue;
            selected = group.events;
            delayed = !is_selected;
        }
    }

    std::shared_ptr<const EventGroups> groups;
    Notifier notifier;
    wire::NotifyEvents selected;  // for the selected mailbox; none set: nothing is reported
    bool delayed = false;         // its expunges wait for a command that allows them (RFC 5465 §6.1.2)
    std::shared_ptr<Announcements> announced = std::make_shared<Announcements>();
    std::map<storage::AccountId, storage::Subscription> subscriptions;
    net::Hold memory;  // for what the notifier knows
};

}  // namespace imap
