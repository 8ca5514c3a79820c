// What a list's content is known by lies beside it (list_mail), and goes with it (blobs.cpp).
#include "storage/filed_lists.h"

#include <optional>
#include <set>
#include <utility>

#include "storage/filing.h"
#include "storage/mailboxes.h"

namespace storage {

namespace {

using engine::Connection;

enum class Meaning { none, filed, disowned };

struct Place {
    std::string name;
    SpecialUse use = SpecialUse::none;
    bool is_junk() const { return use == SpecialUse::junk || name == "Junk"; }
};

Place place_of(Connection& connection, MailboxId mailbox) {
    auto found = connection.statement("SELECT name, special_use FROM mailbox WHERE id = ?");
    if (!found.bind(mailbox).step()) return {};
    return {.name = found.column<std::string>(0), .use = found.column<SpecialUse>(1)};
}

Meaning meaning_of(const Place& from, const Place& to) {
    if (to.is_junk()) return Meaning::disowned;
    if (to.use == SpecialUse::trash || to.use == SpecialUse::sent || to.use == SpecialUse::drafts) return Meaning::none;
    if (to.name == "INBOX" && !from.is_junk()) return Meaning::none;
    return Meaning::filed;
}

void forget_oldest(Connection& connection, AccountId account) {
    connection.run(
        "DELETE FROM filed_list WHERE account_id = ? AND (list_id, domain) NOT IN"
        " (SELECT list_id, domain FROM filed_list WHERE account_id = ?"
        " ORDER BY filed_at DESC, list_id, domain LIMIT ?)",
        account, account, most_filed_lists);
}

}  // namespace

void note_list_mail(Connection& connection, BlobId content, const ListMail& mail) {
    connection.run("INSERT INTO list_mail (blob_id, list_id, domain) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", content,
                   mail.list_id, mail.domain);
}

void note_filing(Connection& connection, AccountId account, MailboxId from, MailboxId to,
                 const std::vector<BlobId>& contents, std::int64_t now) {
    const Meaning meaning = meaning_of(place_of(connection, from), place_of(connection, to));
    if (meaning == Meaning::none) return;
    std::set<std::pair<std::string, std::string>> lists;
    auto known = connection.statement("SELECT list_id, domain FROM list_mail WHERE blob_id = ?");
    for (const BlobId content : contents) {
        known.bind(content);
        while (known.step()) lists.emplace(known.column<std::string>(0), known.column<std::string>(1));
    }
    for (const auto& [list_id, domain] : lists) {
        if (meaning == Meaning::disowned) {
            connection.run("DELETE FROM filed_list WHERE account_id = ? AND list_id = ? AND domain = ?", account,
                           list_id, domain);
            continue;
        }
        connection.run(
            "INSERT INTO filed_list (account_id, list_id, domain, filed_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (account_id, list_id, domain) DO UPDATE SET filed_at = excluded.filed_at",
            account, list_id, domain, now);
    }
    if (meaning == Meaning::filed && !lists.empty()) forget_oldest(connection, account);
}

Query<std::vector<AccountId>> accounts_that_filed(std::vector<AccountId> accounts, std::string list_id,
                                                  std::vector<std::string> domains) {
    return [=](Snapshot& snapshot) -> Result<std::vector<AccountId>> {
        std::vector<AccountId> filed;
        auto row = engine::connection_of(snapshot).statement(
            "SELECT 1 FROM filed_list WHERE account_id = ? AND list_id = ? AND domain = ?");
        for (const AccountId account : accounts) {
            for (const std::string& domain : domains) {
                if (!row.bind(account, list_id, domain).step()) continue;
                filed.push_back(account);
                break;
            }
        }
        return filed;
    };
}

}  // namespace storage
