// Reading mailboxes as the asking account may see them. RFC 9051 §6.3.9; others' mailboxes: RFC 4314 §4 (LIST), §6.
#include <algorithm>
#include <map>
#include <utility>

#include "storage/access.h"
#include "storage/engine/connection.h"
#include "storage/mailboxes.h"
#include "storage/normal_names.h"

namespace storage {

namespace {

using engine::Connection;

const std::string select_mailbox =
    "SELECT id, account_id, name, uid_validity, uid_next, highest_modseq, recent_from, special_use, messages, unseen,"
    " deleted, size_octets, deleted_octets, EXISTS (SELECT 1 FROM subscription"
    "   WHERE subscription.account_id = mailbox.account_id AND subscription.name = mailbox.name), from_inbox,"
    " created_modseq, changed_modseq, sort_order"
    " FROM mailbox ";

Mailbox mailbox_of(const engine::Statement& row) {
    return {.id = row.column<MailboxId>(0),
            .account = row.column<AccountId>(1),
            .name = row.column<std::string>(2),
            .uid_validity = row.column<std::uint32_t>(3),
            .uid_next = row.column<Uid>(4),
            .highest_modseq = row.column<ModSeq>(5),
            .recent_from = row.column<Uid>(6),
            .special_use = row.column<SpecialUse>(7),
            .subscribed = row.column<bool>(13),
            .messages = row.column<std::uint32_t>(8),
            .unseen = row.column<std::uint32_t>(9),
            .deleted = row.column<std::uint32_t>(10),
            .size_octets = row.column<std::uint64_t>(11),
            .deleted_octets = row.column<std::uint64_t>(12),
            .from_inbox = row.column<bool>(14),
            .created_modseq = row.column<ModSeq>(15),
            .changed_modseq = row.column<ModSeq>(16),
            .sort_order = row.column<std::uint32_t>(17)};
}

// INBOX, then by name.
bool comes_before(const std::string& a, const std::string& b) {
    return std::pair(a != "INBOX", a) < std::pair(b != "INBOX", b);
}

// Names of accounts, each looked up only once.
class AccountNames {
  public:
    explicit AccountNames(Connection& connection) : connection_(connection) {}
    const std::string& of(AccountId account) {
        const auto [known, is_new] = names_.try_emplace(account);
        if (is_new) {
            auto found = connection_.statement("SELECT name FROM account WHERE id = ?");
            if (found.bind(account).step()) known->second = found.column<std::string>(0);
        }
        return known->second;
    }

  private:
    Connection& connection_;
    std::map<AccountId, std::string> names_;
};

// Sets name and subscription of another's mailbox for `account`, and removes its special use: that is only for the
// owner, since other clients would file their own sent mail there.
void show_to(Connection& connection, AccountId account, AccountNames& names, Mailbox& mailbox) {
    mailbox.name = other_users_name(names.of(mailbox.account), mailbox.name);
    mailbox.special_use = SpecialUse::none;
    auto subscribed = connection.statement("SELECT 1 FROM subscription WHERE account_id = ? AND name = ?");
    mailbox.subscribed = subscribed.bind(account, mailbox.name).step();
}

std::optional<Mailbox> mailbox_by_id(Connection& connection, MailboxId id) {
    auto found = connection.statement(select_mailbox + "WHERE id = ?");
    if (!found.bind(id).step()) return std::nullopt;
    return mailbox_of(found);
}

// Of each owner the first ones: no account fills the lists of others. The rest can be named.
void keep_first_of_each(std::vector<Mailbox>& mailboxes, std::size_t most) {
    std::map<AccountId, std::size_t> counts;
    std::erase_if(mailboxes, [&](const Mailbox& mailbox) { return ++counts[mailbox.account] > most; });
}

Result<Mailbox> find(Connection& connection, AccountId account, const std::string& name, Rights needed) {
    const std::optional<NamedMailbox> place = mailbox_named_by(connection, account, name);
    if (!place) return no_such_mailbox(name);
    auto found = connection.statement(select_mailbox + "WHERE account_id = ? AND name = ?");
    if (!found.bind(place->owner, place->name).step()) return no_such_mailbox(name);
    Mailbox mailbox = mailbox_of(found);
    mailbox.rights = rights_on(connection, account, place->owner, mailbox.id);
    Result<std::monostate> permitted = check_rights(mailbox.rights, needed);
    if (!permitted && permitted.error().reason == Reason::no_such_mailbox) return no_such_mailbox(name);
    if (!permitted) return std::unexpected(std::move(permitted.error()));
    if (place->owner != account) {
        AccountNames names(connection);
        show_to(connection, account, names, mailbox);
    }
    return mailbox;
}

}  // namespace

Query<std::vector<Mailbox>> list_mailboxes(AccountId account) {
    return [=](Snapshot& snapshot) -> Result<std::vector<Mailbox>> {
        Connection& connection = engine::connection_of(snapshot);

        std::vector<Mailbox> mailboxes;
        auto rows = connection.statement(select_mailbox + "WHERE account_id = ? ORDER BY name = 'INBOX' DESC, name");
        rows.bind(account);
        while (rows.step()) mailboxes.push_back(mailbox_of(rows));
        const std::unordered_map<MailboxId, Rights> rights = rights_by_entries(connection, account);
        for (Mailbox& mailbox : mailboxes) {
            if (const auto found = rights.find(mailbox.id); found != rights.end()) mailbox.rights = found->second;
        }
        return mailboxes;
    };
}

Query<std::vector<Mailbox>> list_shared_mailboxes(AccountId account) {
    return [=](Snapshot& snapshot) -> Result<std::vector<Mailbox>> {
        Connection& connection = engine::connection_of(snapshot);

        std::vector<Mailbox> mailboxes;
        AccountNames names(connection);
        for (const auto& [id, rights] : rights_by_entries(connection, account)) {
            if ((rights & right::lookup) == 0) continue;
            std::optional<Mailbox> mailbox = mailbox_by_id(connection, id);
            if (!mailbox || mailbox->account == account) continue;
            mailbox->rights = rights;
            show_to(connection, account, names, *mailbox);
            mailboxes.push_back(*std::move(mailbox));
        }
        std::ranges::sort(mailboxes, {}, &Mailbox::name);
        keep_first_of_each(mailboxes, connection.sharing().listed_mailboxes_per_owner);
        return mailboxes;
    };
}

Query<std::vector<std::string>> list_subscriptions(AccountId account) {
    return [=](Snapshot& snapshot) -> Result<std::vector<std::string>> {
        Connection& connection = engine::connection_of(snapshot);

        std::vector<std::string> names;
        auto rows = connection.statement("SELECT name FROM subscription WHERE account_id = ? ORDER BY name");
        rows.bind(account);
        while (rows.step()) names.push_back(rows.column<std::string>(0));
        std::ranges::sort(names, comes_before);
        return names;
    };
}

Query<bool> has_more_names(AccountId account, std::size_t most) {
    return [=](Snapshot& snapshot) -> Result<bool> {
        auto counts = engine::connection_of(snapshot).statement(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM mailbox WHERE account_id = ?1 LIMIT ?2) AS own)"
            " + (SELECT count(*) FROM (SELECT 1 FROM subscription WHERE account_id = ?1 LIMIT ?2) AS subscribed)"
            " + (SELECT count(*) FROM (SELECT 1 FROM mailbox_right WHERE account_id IN (?1, ?3) LIMIT ?2) AS shared)");
        counts.bind(account, most + 1, anyone).step();
        return counts.column<std::size_t>(0) > most;
    };
}

Query<Mailbox> find_mailbox(AccountId account, std::string name, Rights needed) {
    return [account, needed, name = normal_mailbox_name(name)](Snapshot& snapshot) {
        Connection& connection = engine::connection_of(snapshot);

        return find(connection, account, name, needed);
    };
}

Query<Mailbox> get_mailbox(Access access, Rights needed) {
    return [=](Snapshot& snapshot) -> Result<Mailbox> {
        Connection& connection = engine::connection_of(snapshot);

        std::optional<Mailbox> mailbox = mailbox_by_id(connection, access.mailbox);
        if (!mailbox) return refuse(Reason::no_such_mailbox, "the mailbox is gone");
        if (!access.actor) return *std::move(mailbox);
        mailbox->rights = rights_on(connection, *access.actor, mailbox->account, mailbox->id);
        Result<std::monostate> permitted = check_rights(mailbox->rights, needed);
        if (!permitted) return std::unexpected(std::move(permitted.error()));
        return *std::move(mailbox);
    };
}

}  // namespace storage
