// Names of others' mailboxes, and the rights that result from entries. RFC 4314 §2, §4, §6.
#include "storage/access.h"

#include <utility>

#include "storage/normal_names.h"
#include "storage/shared_rows.h"

namespace storage {

namespace {

using engine::Connection;

// The entries of one mailbox that apply to one account.
class AppliedEntries {
  public:
    // What is given to anyone counts only where the administrator allows that; what is taken from anyone always does.
    explicit AppliedEntries(const Connection& connection) : with_anyone_(connection.sharing().with_anyone) {}

    // `whose`: this account, or anyone.
    void take(AccountId whose, bool negative, Rights rights) {
        if (negative) {
            taken_ |= rights;
        } else if (whose == anyone) {
            if (with_anyone_) given_ |= rights;
        } else {
            own_ = rights;
        }
    }
    Rights rights(bool owner) const {
        const Rights granted = own_.value_or(owner ? right::all : Rights{0}) | given_;
        return static_cast<Rights>((granted & ~taken_) | (owner ? right::of_owner : 0));
    }

  private:
    std::optional<Rights> own_;
    Rights given_ = 0;  // to anyone
    Rights taken_ = 0;
    bool with_anyone_ = false;
};

}  // namespace

std::optional<NamedMailbox> mailbox_named_by(Connection& connection, AccountId actor, const std::string& name) {
    if (!is_in_other_users(name)) return NamedMailbox{.owner = actor, .name = name};
    const std::optional<OtherUsersName> parts = split_other_users_name(name);
    if (!parts) return std::nullopt;
    const std::optional<AccountId> owner = account_id(connection, parts->account);
    if (!owner || *owner == actor) return std::nullopt;
    return NamedMailbox{.owner = *owner, .name = normal_mailbox_name(parts->mailbox)};
}

std::unexpected<Refusal> no_such_mailbox(const std::string& name) {
    if (!is_utf8(name)) return refuse(Reason::invalid_name, "no mailbox can have that name: it is not well encoded");
    return refuse(Reason::no_such_mailbox, "no such mailbox: " + name);
}

Rights rights_on(Connection& connection, AccountId actor, AccountId owner, MailboxId mailbox) {
    AppliedEntries entries(connection);
    // With "account_id IN (?, ?)" SQLite makes a table of the two, which costs more than all the rest.
    auto rows = connection.statement(
        "SELECT account_id, negative, rights FROM mailbox_right WHERE mailbox_id = ? AND account_id = ? UNION ALL"
        " SELECT account_id, negative, rights FROM mailbox_right WHERE mailbox_id = ? AND account_id = ?");
    rows.bind(mailbox, actor, mailbox, anyone);
    while (rows.step()) entries.take(rows.column<AccountId>(0), rows.column<bool>(1), rows.column<Rights>(2));
    return entries.rights(actor == owner);
}

std::unordered_map<MailboxId, Rights> rights_by_entries(Connection& connection, AccountId actor) {
    std::unordered_map<MailboxId, AppliedEntries> found;
    std::unordered_map<MailboxId, bool> owned;
    auto rows = connection.statement(
        "SELECT mailbox_right.mailbox_id, mailbox_right.account_id, negative, rights, mailbox.account_id"
        " FROM mailbox_right JOIN mailbox ON mailbox.id = mailbox_right.mailbox_id"
        " WHERE mailbox_right.account_id IN (?, ?) ORDER BY mailbox_right.mailbox_id");
    rows.bind(actor, anyone);
    while (rows.step()) {
        const auto [mailbox, whose, negative, rights, owner] =
            rows.row<MailboxId, AccountId, bool, Rights, AccountId>();
        found.try_emplace(mailbox, connection).first->second.take(whose, negative, rights);
        owned[mailbox] = owner == actor;
    }
    std::unordered_map<MailboxId, Rights> result;
    for (const auto& [mailbox, entries] : found) result[mailbox] = entries.rights(owned[mailbox]);
    return result;
}

// RFC 4314 §4: with one of these rights MYRIGHTS is allowed, and so the mailbox may be known to exist.
Result<std::monostate> check_rights(Rights rights, Rights needed) {
    constexpr Rights visible = right::lookup | right::read | right::insert | right::create_mailboxes |
                               right::delete_mailbox | right::administer;
    if (needed == 0 ? (rights & visible) != 0 : (rights & needed) == needed) return std::monostate();
    if ((rights & right::lookup) != 0) return refuse(Reason::not_permitted, "you have not the right to do that");
    return refuse(Reason::no_such_mailbox, "there is no such mailbox");
}

Result<std::monostate> check_rights(Connection& connection, AccountId actor, AccountId owner, MailboxId mailbox,
                                    Rights needed) {
    return check_rights(rights_on(connection, actor, owner, mailbox), needed);
}

Result<Rights> check_rights(engine::Batch& batch, const Access& access, Rights needed) {
    const engine::MailboxCounters* counters = batch.mailbox(access.mailbox);
    if (counters == nullptr) return refuse(Reason::no_such_mailbox, "the mailbox is gone");
    if (!access.actor) return right::all;
    const Rights rights = rights_on(batch.connection(), *access.actor, counters->account, access.mailbox);
    Result<std::monostate> permitted = check_rights(rights, needed);
    if (!permitted) return std::unexpected(std::move(permitted.error()));
    return rights;
}

std::unexpected<Refusal> not_readable() {
    return refuse(Reason::no_such_mailbox, "the mailbox is gone, or may no longer be read");
}

Result<std::monostate> check_reading(Connection& connection, const Access& access) {
    if (!access.actor) return std::monostate();
    auto found = connection.statement("SELECT account_id FROM mailbox WHERE id = ?");
    if (!found.bind(access.mailbox).step()) return not_readable();
    const auto owner = found.column<AccountId>(0);
    if ((rights_on(connection, *access.actor, owner, access.mailbox) & right::read) == 0) return not_readable();
    return std::monostate();
}

NamedFlags allowed_flags(const NamedFlags& flags, Rights rights) {
    NamedFlags allowed;
    allowed.system = flags.system & changeable_flags(rights);
    if ((rights & right::write) != 0) allowed.keywords = flags.keywords;
    return allowed;
}

bool inherit_rights(Connection& connection, MailboxId mailbox, MailboxId superior) {
    const std::int64_t inherited = connection.run(
        "INSERT INTO mailbox_right (mailbox_id, account_id, negative, rights)"
        " SELECT ?, account_id, negative, rights FROM mailbox_right WHERE mailbox_id = ? ORDER BY account_id",
        mailbox, superior);
    return inherited > 0;
}

Result<std::monostate> check_shares(Connection& connection, AccountId owner) {
    auto count = connection.statement(
        "SELECT count(*) FROM mailbox WHERE account_id = ? AND EXISTS (SELECT 1 FROM mailbox_right"
        "   WHERE mailbox_right.mailbox_id = mailbox.id AND mailbox_right.account_id <> ? AND negative = 0)");
    count.bind(owner, owner).step();
    if (count.column<std::size_t>(0) <= connection.sharing().mailboxes_per_account) return std::monostate();
    return refuse(Reason::too_many, "the account shares too many mailboxes");
}

}  // namespace storage
