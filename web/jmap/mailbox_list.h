// An account's mailboxes as JMAP has them: names by level, parents by id, roles, one state. RFC 8621 §2.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/mailbox_edits.h"
#include "storage/mailboxes.h"
#include "storage/object_id_text.h"
#include "web/jmap/call.h"
#include "web/jmap/wire/changes.h"

namespace jmap {

inline constexpr std::size_t mailbox_name_octets = 255;  // of one level

// "archive"; empty: it has none. And the use of such a word, nullopt: there is none that can be given.
std::string_view role_of(const storage::Mailbox& mailbox);
std::optional<storage::SpecialUse> use_of(std::string_view role);

class MailboxList {
  public:
    MailboxList(std::vector<storage::Mailbox> mailboxes, storage::RemovedMailboxes removed, State state);
    MailboxList(MailboxList&&) = default;
    MailboxList& operator=(MailboxList&&) = default;

    const std::vector<storage::Mailbox>& mailboxes() const { return mailboxes_; }  // INBOX first, then by name
    const storage::RemovedMailboxes& removed() const { return removed_; }
    // The account's: what a push tells of mailboxes, too.
    const State& state() const { return state_; }
    // nullptr: there is none with that id.
    const storage::Mailbox* find(std::string_view id_text) const;
    const storage::Mailbox* parent_of(const storage::Mailbox& mailbox) const;  // nullptr: it is at the top level
    // The last level of its name; INBOX is "Inbox".
    static std::string name_of(const storage::Mailbox& mailbox);
    // Whether `mailbox` is this one, or lies below it.
    static bool is_within(const storage::Mailbox& mailbox, const storage::Mailbox& above);

  private:
    std::vector<storage::Mailbox> mailboxes_;
    storage::RemovedMailboxes removed_;
    State state_;
    std::map<std::string_view, const storage::Mailbox*> by_name_;
};

// Throws as Call::read.
asio::awaitable<MailboxList> read_mailboxes(Call& call, const CallAccount& account);

// The Mailbox object but for its counts.
Json mailbox_object(const MailboxList& list, const storage::Mailbox& mailbox);
void add_counts(Json& object, const storage::EmailCounts& counts);
asio::awaitable<storage::EmailCounts> counts_of(Call& call, const storage::Mailbox& mailbox);

}  // namespace jmap
