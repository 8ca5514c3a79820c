// Rights: what an account may do with a mailbox, its own or another's (RFC 4314).
// An account names another's mailbox "Other Users/<account>/<mailbox>", in all operations and queries that take the
// acting account and a name. What it may not do is refused (not_permitted); a mailbox that it may not see does not
// exist for it (no_such_mailbox, RFC 4314 §6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocols/bits/right.h"
#include "storage/query.h"

namespace storage {

namespace right = bits::right;  // the bits of Rights
using Rights = std::uint16_t;

// Who asks: an account, or the server itself, which may do everything. There is no default, so that nobody forgets to
// say it.
class Actor {
  public:
    constexpr Actor(AccountId account) : account_(account) {}
    static constexpr Actor server() { return Actor(); }

    constexpr explicit operator bool() const { return account_.has_value(); }  // it is an account
    constexpr AccountId operator*() const { return *account_; }

  private:
    constexpr Actor() = default;
    std::optional<AccountId> account_;
};
inline constexpr Actor the_server = Actor::server();  // for deliveries and upkeep, never for a client

// A mailbox as somebody uses it. Everything that reads or writes messages takes one, and checks the rights itself, in
// the same snapshot or transaction: so rights that are taken back are gone at once, whatever the session believes.
struct Access {
    MailboxId mailbox;
    Actor actor;

    constexpr Access(MailboxId used, Actor who) : mailbox(used), actor(who) {}
};

inline constexpr std::string_view anyone_name = "anyone";  // the identifier of all accounts together

// One line of a mailbox's access control list.
struct RightsEntry {
    std::string identifier;  // an account's name, or "anyone"
    bool negative = false;   // these rights are denied, whatever other entries give
    Rights rights = 0;
    friend bool operator==(const RightsEntry&, const RightsEntry&) = default;
};

// The rights of an account on a mailbox; none if it does not exist.
Query<Rights> get_rights(AccountId account, MailboxId mailbox);

// The list. The owner is first and always has an entry. Needs `administer`. Refuses no_such_mailbox, not_permitted.
Query<std::vector<RightsEntry>> list_rights(Access access);

// Parses an identifier as clients write it ("Bob", "-anyone", "bob@hamburger.edu"). Without a domain it means the
// default domain. Refuses no_such_account.
Query<RightsEntry> resolve_identifier(std::string identifier);

// Whether the entry may be given rights at all: not "anyone", unless the administrator allows it.
Query<bool> may_be_given(RightsEntry entry);

enum class RightsEdit { replace, add, remove };
// Changes the entry of this identifier; an entry without rights is removed. `actor` needs `administer`. Mailboxes below
// are not changed. Refuses no_such_mailbox, not_permitted (also to give rights to "anyone" where the store does not
// allow that), no_such_account, too_many (entries, or mailboxes that the owner shares).
Operation<std::monostate> set_rights(AccountId actor, MailboxId mailbox, RightsEntry entry, RightsEdit edit,
                                     std::size_t most_entries);
// Removes the entry: an owner then has all rights again.
Operation<std::monostate> remove_rights(AccountId actor, MailboxId mailbox, RightsEntry entry);

// The flags (storage::system_flag) that may be changed with these rights; keywords need `write`.
std::uint8_t changeable_flags(Rights rights);

}  // namespace storage
